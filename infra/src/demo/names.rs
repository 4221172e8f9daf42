//! Invented names 姓名: drawn from lists of surnames and characters, rare ones among them.

use super::draws::Draws;

const SURNAMES: [&str; 40] = [
    "云", "穆", "晏", "桑", "涂", "冷", "柏", "雁", "阮", "商", "宁", "竺", "楚", "简", "麦", "乐", "池", "苗", "鹿",
    "闻", "沐", "舒", "谷", "荀", "米", "江", "岳", "樊", "卞", "骆", "水", "羿", "空", "青", "第五", "东郭", "南宫",
    "司空", "百里", "公羊",
];
const GIVEN: [&str; 48] = [
    "禾", "笙", "澈", "砚", "野", "棠", "苒", "朔", "汀", "荔", "珩", "昱", "晗", "沅", "岑", "霁", "槿", "漪", "筠",
    "峤", "旻", "苓", "珞", "桉", "翎", "芃", "樾", "湉", "玥", "屿", "鸢", "燊", "茗", "茵", "骁", "稷", "垚", "秋",
    "河", "石", "桥", "松", "舟", "帆", "穗", "岚", "雪", "星",
];
/// Names whose characters lie outside the usual sets, or which hold an interpunct.
const RARE: [&str; 12] = [
    "云䶮",
    "穆𠮷",
    "晏䶮禾",
    "桑𠮷野",
    "涂㛃",
    "冷䂮",
    "柏𬎆",
    "乌兰朵·松涛",
    "麦尔敦·青石",
    "古丽朵·云舟",
    "阿朵依·禾",
    "羿𣲗",
];

/// The name of the n-th person.
#[must_use]
pub fn invented(draws: &mut Draws, number: usize) -> String {
    let plain = format!("{}{}", draws.pick(&SURNAMES), draws.pick(&GIVEN));
    let longer = match draws.once_in(3) {
        true => plain,
        false => format!("{plain}{}", draws.pick(&GIVEN)),
    };
    match number % 68 {
        7 => RARE[number / 68 % RARE.len()].to_owned(),
        _ => longer,
    }
}
