//! Outlets 网点: 192 financial outlets and 76 delivery stations, their standards on the wall and 6S inspections.

use domain::branch::{BranchCommand, OutletKind, SixS, StandardKind, Verdict};
use domain::id::{BranchId, InspectionId, OutletId, StandardId};
use jiff::civil::{Date, date};

use super::calendar::workdays;
use super::draft::{Act, Hour, Timeline, id_of};
use super::draws::Draws;
use super::money::split;
use super::tree::{MERGED_ON, OPENING, PLACES, Tree, title};

/// Open at the end of the year.
pub const FINANCIAL: i64 = 192;
/// Open at the end of the year.
pub const STATIONS: i64 = 76;

const WORDS: [&str; 28] = [
    "朝霞", "新禾", "南岭", "北渡", "柳岸", "长桥", "河湾", "石板", "竹园", "梅坞", "枫林", "沙洲", "白塔", "清泉",
    "云台", "稻香", "湖滨", "东坡", "桃源", "红叶", "青石", "晚枫", "杏花", "月牙", "浅水", "高坪", "双溪", "望山",
];

/// An outlet and the course of its year.
pub struct Place {
    /// Its id.
    pub id: OutletId,
    /// Its kind.
    pub kind: OutletKind,
    /// Its name.
    pub name: String,
    /// The company it lies in.
    pub company: usize,
    /// The node that holds it at first.
    pub holder: usize,
    /// Its first day.
    pub opened: Date,
    /// The day its opening is recorded.
    pub recorded: Date,
    /// The first day without it.
    pub closed: Option<Date>,
}

impl Place {
    /// Whether the log has it open on a day.
    #[must_use]
    pub fn is_open(&self, day: Date) -> bool {
        self.recorded <= day && self.closed.is_none_or(|closed| day < closed)
    }

    /// The branch that holds it on a day.
    #[must_use]
    pub fn holder_on(&self, tree: &Tree, day: Date) -> BranchId {
        let (merged, into) = tree.merger();
        match self.holder == merged && day >= MERGED_ON {
            true => tree.id(into),
            false => tree.id(self.holder),
        }
    }
}

/// All outlets, those of a company together.
#[must_use]
pub fn everywhere(tree: &Tree, seed: u64) -> Vec<Place> {
    let mut draws = Draws::of(seed, "outlets");
    let mut places = Vec::new();
    // One more closes in the course of the year.
    for (kind, count) in [(OutletKind::Financial, FINANCIAL + 1), (OutletKind::Delivery, STATIONS)] {
        for (company, size) in Tree::companies().zip(split(count, &[1; 9])) {
            for number in 0..size as usize {
                places.push(place(&mut draws, kind, company, number, places.len()));
            }
        }
    }
    for kind in [OutletKind::Financial, OutletKind::Delivery] {
        let held = places.iter_mut().find(|place| place.company == 9 && place.kind == kind);
        held.expect("every company has outlets of both kinds").holder = tree.merger().0;
    }
    let mut in_company = places.iter_mut().filter(|place| place.kind == OutletKind::Financial);
    let opening = in_company.find(|place| place.company == 1).expect("the first company has outlets");
    (opening.opened, opening.recorded) = (date(2022, 7, 20), date(2022, 7, 20));
    let closing = in_company.find(|place| place.company == 2).expect("the second company has outlets");
    closing.closed = Some(date(2022, 9, 28));
    places
}

fn place(draws: &mut Draws, kind: OutletKind, company: usize, number: usize, all: usize) -> Place {
    let word = WORDS[(number + 5 * company) % WORDS.len()];
    let name = match kind {
        OutletKind::Financial => format!("{}{word}支局", PLACES[company - 1]),
        OutletKind::Delivery => format!("{}{word}揽投部", PLACES[company - 1]),
    };
    let opened = date(draws.between(2008, 2019) as i16, draws.between(1, 12) as i8, draws.between(1, 28) as i8);
    let id = OutletId(id_of("outlets", all as u32 + 1));
    Place { id, kind, name, company, holder: company, opened, recorded: OPENING, closed: None }
}

/// Opens them, puts standards up, inspects them twice.
pub fn plan(tree: &Tree, places: &[Place], seed: u64, timeline: &mut Timeline) {
    let mut draws = Draws::of(seed, "inspections");
    for place in places {
        let open = BranchCommand::OpenOutlet {
            outlet: place.id,
            kind: place.kind,
            name: title(&place.name),
            on: place.opened,
        };
        let holder = tree.id(place.holder);
        timeline.plan(place.recorded, Hour::Outlets, "outlets", |_| Act::branch(holder, open));
        if let Some(on) = place.closed {
            close(place, tree, on, timeline);
        }
        display(place, tree, &mut draws, timeline);
        for (first, last) in [(date(2022, 3, 1), date(2022, 6, 24)), (date(2022, 8, 1), date(2022, 11, 25))] {
            let day = *draws.pick(&workdays(first, last));
            if place.is_open(day) {
                inspect(place, tree, day, &mut draws, timeline);
            }
        }
    }
}

fn close(place: &Place, tree: &Tree, on: Date, timeline: &mut Timeline) {
    let (outlet, holder) = (place.id, place.holder_on(tree, on));
    let reason = [("reason", "与邻近网点合并经营".to_owned())];
    let act = Act::branch_saying(holder, reason, move |[reason]| BranchCommand::CloseOutlet { outlet, on, reason });
    timeline.plan(on, Hour::Outlets, "outlet-closures", |_| act);
}

fn display(place: &Place, tree: &Tree, draws: &mut Draws, timeline: &mut Timeline) {
    let standards = [
        (StandardKind::WorkStandard, "服务工作标准", date(2022, 1, 17), date(2022, 3, 31)),
        (StandardKind::ProcessChart, "业务办理流程图", date(2022, 2, 14), date(2022, 4, 29)),
    ];
    for (kind, text, first, last) in standards {
        let day = *draws.pick(&workdays(first, last));
        if place.is_open(day) {
            let (outlet, holder) = (place.id, place.holder_on(tree, day));
            timeline.plan(day, Hour::Day, "standards", |id| {
                Act::branch_saying(holder, [("title", text.to_owned())], move |[title]| {
                    BranchCommand::DisplayStandard { standard: StandardId(id), outlet, kind, title, on: day }
                })
            });
        }
    }
}

fn inspect(place: &Place, tree: &Tree, day: Date, draws: &mut Draws, timeline: &mut Timeline) {
    let mut verdict = || match draws.below(60) {
        0 => Verdict::NotMet,
        1..=3 => Verdict::Partly,
        _ => Verdict::Met,
    };
    let results = SixS {
        sort: verdict(),
        set_in_order: verdict(),
        shine: verdict(),
        standardise: verdict(),
        sustain: verdict(),
        safety: verdict(),
    };
    let (outlet, holder) = (place.id, place.holder_on(tree, day));
    let inspection = move |id, remarks| BranchCommand::InspectOutlet {
        inspection: InspectionId(id),
        outlet,
        on: day,
        results,
        remarks,
    };
    let flawless = results.verdicts().iter().all(|verdict| *verdict == Verdict::Met);
    timeline.plan(day, Hour::Day, "inspections", |id| match flawless {
        true => Act::branch(holder, inspection(id, None)),
        false => {
            let remarks = [("remarks", "个别项目未达标,已现场指出,限期整改".to_owned())];
            Act::branch_saying(holder, remarks, move |[remarks]| inspection(id, Some(remarks)))
        }
    });
}
