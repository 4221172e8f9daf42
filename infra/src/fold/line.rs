//! A row with the range it held in, as verification compares it and as the digest has it.
//!
//! # Format
//! The digest is SHA-256 over the lines by group, key and beginning. A line is its beginning and its end (8 bytes each,
//! big-endian; all ones where the row holds), then each cell: a tag, the length of what follows (4 bytes, big-endian),
//! and the value: a UUID's bytes, a text's UTF-8, a count as 8 bytes, a decimal as 16 bytes of its digits without
//! trailing zeros and 4 of how many stand behind the point, a date as year, month and day in 2, 1 and 1 bytes, an
//! instant as 16 bytes of nanoseconds since 1970, yes or no as one byte. A key's group is the first 12 bits of the
//! SHA-256 of its cells. Nothing here goes by how a library prints a value, so a digest means the same for ever.

use domain::stream::Position;
use projections::cell::{Cell, Column};
use projections::projection::Held;
use projections::row::{Key, Row};
use sha2::{Digest, Sha256};

/// How many groups keys fall into.
pub const GROUPS: u16 = 1 << 12;

/// A row with its range.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// The cells of its key.
    pub key: Vec<Cell>,
    /// The position it begins at.
    pub from: Position,
    /// The position it ends at; nothing while it holds.
    pub until: Option<Position>,
    /// All its cells, the key first.
    pub cells: Vec<Cell>,
}

impl Line {
    /// The line of a row.
    pub fn of<R: Row>(held: &Held<R>) -> Self {
        Self { key: held.row.key().cells(), from: held.from, until: held.until, cells: held.row.cells() }
    }

    /// Where it stands: one line at most stands there.
    #[must_use]
    pub fn place(&self) -> (Vec<Cell>, Position) {
        (self.key.clone(), self.from)
    }

    /// A hash of where it stands.
    #[must_use]
    pub fn place_hash(&self) -> [u8; 32] {
        let mut bytes = self.from.0.to_be_bytes().to_vec();
        encode(&self.key, &mut bytes);
        Sha256::digest(bytes).into()
    }

    /// The bytes that the digest is made of.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.from.0.to_be_bytes().to_vec();
        bytes.extend(self.until.map_or(u64::MAX, |until| until.0).to_be_bytes());
        encode(&self.cells, &mut bytes);
        bytes
    }

    /// For people: each cell by its column, and the range.
    #[must_use]
    pub fn shown(&self, columns: &[Column]) -> String {
        let until = self.until.map_or_else(|| "on".to_owned(), |until| format!("until {until}"));
        format!("{} from {} {until}", shown(&self.cells, columns), self.from)
    }
}

/// The group of a key.
#[must_use]
pub fn group(key: &[Cell]) -> u16 {
    let mut bytes = Vec::new();
    encode(key, &mut bytes);
    let hash = Sha256::digest(bytes);
    u16::from_be_bytes([hash[0], hash[1]]) >> 4
}

/// For people: each cell by its column.
#[must_use]
pub fn shown(cells: &[Cell], columns: &[Column]) -> String {
    let one = |(cell, column): (&Cell, &Column)| format!("{}={}", column.name, word(cell));
    cells.iter().zip(columns).map(one).collect::<Vec<_>>().join(" ")
}

fn word(cell: &Cell) -> String {
    match cell {
        Cell::Null => "nothing".to_owned(),
        Cell::Uuid(value) => value.to_string(),
        Cell::Text(value) => format!("{value:?}"),
        Cell::Int(value) => value.to_string(),
        Cell::Decimal(value) => value.to_string(),
        Cell::Date(value) => value.to_string(),
        Cell::Instant(value) => value.to_string(),
        Cell::Flag(value) => value.to_string(),
    }
}

fn encode(cells: &[Cell], bytes: &mut Vec<u8>) {
    for cell in cells {
        let (tag, value): (u8, Vec<u8>) = match cell {
            Cell::Null => (0, Vec::new()),
            Cell::Uuid(value) => (1, value.as_bytes().to_vec()),
            Cell::Text(value) => (2, value.as_bytes().to_vec()),
            Cell::Int(value) => (3, value.to_be_bytes().to_vec()),
            Cell::Decimal(value) => {
                let (mut digits, mut scale) = (value.mantissa(), value.scale());
                while scale > 0 && digits % 10 == 0 {
                    (digits, scale) = (digits / 10, scale - 1);
                }
                (4, [&digits.to_be_bytes()[..], &scale.to_be_bytes()].concat())
            }
            Cell::Date(date) => {
                let [month, day] = [date.month(), date.day()].map(i8::cast_unsigned);
                (5, [&date.year().to_be_bytes()[..], &[month, day]].concat())
            }
            Cell::Instant(at) => (6, at.as_nanosecond().to_be_bytes().to_vec()),
            Cell::Flag(value) => (7, vec![u8::from(*value)]),
        };
        bytes.push(tag);
        bytes.extend(u32::try_from(value.len()).expect("a cell is shorter than 4 GiB").to_be_bytes());
        bytes.extend(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use rust_decimal::Decimal;
    use uuid::Uuid;

    fn line(number: Decimal) -> Line {
        let key = vec![Cell::Uuid(Uuid::from_u128(7)), Cell::Text("数".to_owned())];
        let rest = [
            Cell::Null,
            Cell::Int(-3),
            Cell::Decimal(number),
            Cell::Date(date(2022, 6, 30)),
            Cell::Instant("2022-06-30T01:02:03.000004Z".parse().unwrap()),
            Cell::Flag(true),
        ];
        let cells = [key.clone(), rest.to_vec()].concat();
        Line { key, from: Position(5), until: None, cells }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn a_line_has_the_same_bytes_for_ever() {
        let line = line(Decimal::new(-1250, 3));
        assert_eq!(
            hex(&line.bytes()),
            "0000000000000005ffffffffffffffff\
             010000001000000000000000000000000000000007\
             0200000003e695b0\
             0000000000\
             0300000008fffffffffffffffd\
             0400000014ffffffffffffffffffffffffffffff8300000002\
             050000000407e6061e\
             0600000010000000000000000016fd4049a5c2bda0\
             070000000101"
                .replace(' ', "")
        );
        assert_eq!(group(&line.key), 39);
    }

    #[test]
    fn equal_numbers_have_equal_bytes() {
        for (number, same) in [(Decimal::new(1250, 3), Decimal::new(125, 2)), (Decimal::new(0, 2), -Decimal::ZERO)] {
            assert_eq!(line(number).bytes(), line(same).bytes());
        }
        assert_ne!(line(Decimal::new(1, 0)).bytes(), line(Decimal::new(1, 1)).bytes());
    }
}
