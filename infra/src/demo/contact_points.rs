//! Contact points 联系点: two cadres look after one financial outlet and one delivery station.

use domain::branch::{BranchCommand, OutletAt, OutletKind};
use domain::id::{BranchId, ContactPointId, MemberId, OutletId, VisitId};
use jiff::civil::{Date, date};

use super::calendar::workdays;
use super::draft::{Act, Hour, Timeline};
use super::draws::Draws;
use super::outlets::Place;
use super::people::{Line, Person};
use super::tree::{OPENING, Tree};

/// How many each company has; cadres of the offices help out where its own are too few.
const EACH: usize = 7;
const LAST_DAY: Date = date(2022, 12, 31);

struct Pair<'a> {
    cadres: [MemberId; 2],
    outlet: &'a Place,
    station: &'a Place,
    from: Date,
    until: Date,
}

impl Pair<'_> {
    /// The branch that keeps it: the one that holds its outlet.
    fn branch(&self, tree: &Tree, day: Date) -> BranchId {
        self.outlet.holder_on(tree, day)
    }
}

/// Assigns contact points, lets them be visited each quarter, ends a few early.
pub fn plan(tree: &Tree, people: &[Person], places: &[Place], seed: u64, timeline: &mut Timeline) {
    let mut draws = Draws::of(seed, "contact points");
    for (at, pair) in pairs(tree, people, places, &mut draws).iter().enumerate() {
        let early = (at % 29 == 4).then_some(date(2022, 10, 20));
        let last = early.unwrap_or(pair.until);
        let contact_point = ContactPointId(assign(tree, pair, timeline));
        let quarters = [(2, 1, 3, 31), (4, 1, 6, 30), (7, 18, 9, 30), (10, 10, 12, 30)];
        for (from_month, from_day, month, day) in quarters {
            let visited = *draws.pick(&workdays(date(2022, from_month, from_day), date(2022, month, day)));
            if visited < last {
                visit(tree, pair, contact_point, visited, &mut draws, timeline);
            }
        }
        if let Some(on) = early {
            let reason = [("reason", "人员分工调整,联系点提前结束".to_owned())];
            let end = move |[reason]: [_; 1]| BranchCommand::EndContactPoint { contact_point, on, reason };
            timeline.plan(on, Hour::Afternoon, "contact-point-ends", |_| {
                Act::branch_saying(pair.branch(tree, on), reason, end)
            });
        }
    }
}

fn pairs<'a>(tree: &Tree, people: &[Person], places: &'a [Place], draws: &mut Draws) -> Vec<Pair<'a>> {
    let steady = || people.iter().filter(|person| person.is_steady_cadre());
    let mut helpers: Vec<MemberId> =
        steady().filter(|person| person.line == Line::Office).map(|person| person.id).collect();
    let assigned = workdays(date(2022, 1, 17), date(2022, 1, 26));
    let mut pairs = Vec::new();
    for company in Tree::companies() {
        let below = tree.below(company);
        let mut own: Vec<MemberId> =
            steady().filter(|person| below.contains(&person.branch)).map(|person| person.id).collect();
        let of_kind = |kind| {
            let lasting = |place: &&Place| place.recorded == OPENING && place.closed.is_none();
            places.iter().filter(move |place| place.company == company && place.kind == kind).filter(lasting)
        };
        for (outlet, station) in of_kind(OutletKind::Financial).zip(of_kind(OutletKind::Delivery)).take(EACH) {
            let mut next = || own.pop().or_else(|| helpers.pop());
            let (Some(one), Some(other)) = (next(), next()) else { break };
            pairs.push(Pair { cadres: [one, other], outlet, station, from: *draws.pick(&assigned), until: LAST_DAY });
        }
    }
    pairs
}

fn assign(tree: &Tree, pair: &Pair<'_>, timeline: &mut Timeline) -> uuid::Uuid {
    let Pair { cadres, outlet, station, from, until } = *pair;
    let at = |place: &Place| OutletAt { branch: place.holder_on(tree, from), outlet: place.id };
    let outlets = vec![at(outlet), at(station)];
    timeline.plan(from, Hour::Day, "contact-points", |id| {
        let command = BranchCommand::AssignContactPoint {
            contact_point: ContactPointId(id),
            cadres: cadres.to_vec(),
            outlets,
            from,
            until: Some(until),
        };
        Act::branch(pair.branch(tree, from), command)
    })
}

const NOTES: [&str; 5] = [
    "走访网点,了解服务情况,现场解决排队引导问题",
    "检查公示牌和承诺公开情况,听取职工意见",
    "协助梳理投递线路,帮助解决旺季人手不足",
    "宣讲合规要求,查看现场环境和安全设施",
    "与班组座谈,收集改进建议两条",
];

fn visit(
    tree: &Tree,
    pair: &Pair<'_>,
    contact_point: ContactPointId,
    on: Date,
    draws: &mut Draws,
    timeline: &mut Timeline,
) {
    let by = *draws.pick(&pair.cadres);
    let outlet: OutletId = draws.pick(&[pair.outlet, pair.station]).id;
    let note = [("note", (*draws.pick(&NOTES)).to_owned())];
    timeline.plan(on, Hour::Day, "visits", |id| {
        Act::branch_saying(pair.branch(tree, on), note, move |[note]| BranchCommand::VisitContactPoint {
            visit: VisitId(id),
            contact_point,
            by,
            outlet,
            on,
            note,
        })
    });
}
