//! The organisation 组织: a city committee, nine branch companies, two general branches, and under them the branches that
//! have the members: forty-one at first.

use domain::branch::{BranchCommand, BranchKind};
use domain::id::BranchId;
use domain::text::Title;
use jiff::civil::{Date, date};

use super::draft::{Act, Hour, Timeline, id_of};

/// Where the nine branch companies are; the first one reports delivery revenue.
pub const PLACES: [&str; 9] =
    ["青禾区", "云栖区", "望川区", "白鹭县", "松涛县", "梅岗县", "柳浪县", "鹤鸣县", "晴岚县"];
const OFFICES: [&str; 7] = [
    "党建部党支部",
    "综合办公室党支部",
    "金融业务部党支部",
    "财务部党支部",
    "信息技术党支部",
    "人力资源部党支部",
    "安全保卫部党支部",
];
const DELIVERY: [&str; 4] = ["邮件处理党支部", "运输党支部", "市场党支部", "客户服务党支部"];
const ORDINALS: [&str; 4] = ["第一", "第二", "第三", "第四"];
/// When the committee was founded; everything below it a month later.
const FOUNDED: Date = date(2007, 1, 15);
const BELOW: Date = date(2007, 2, 15);

/// The first day of the demo: the first working day of the year.
pub const OPENING: Date = date(2022, 1, 4);
/// One branch is merged into another on this day.
pub const MERGED_ON: Date = date(2022, 7, 15);
/// One branch loses its last members on this day and is closed a week later.
pub const EMPTIED_ON: Date = date(2022, 9, 14);
const CLOSED_ON: Date = date(2022, 9, 21);

/// A node of the tree.
pub struct Node {
    /// Its id.
    pub id: BranchId,
    /// Its kind.
    pub kind: BranchKind,
    /// The node above.
    pub parent: Option<usize>,
    /// Its name at first.
    pub name: String,
}

/// The tree: nodes, each after the one above it.
pub struct Tree {
    /// The nodes; the first is the committee.
    pub nodes: Vec<Node>,
}

impl Tree {
    /// The committee.
    pub const ROOT: usize = 0;
    /// The general branch of the offices 机关党总支.
    pub const OFFICE: usize = 10;
    /// The general branch of delivery 寄递事业部党总支.
    pub const DELIVERY: usize = 11;

    /// Grows the tree.
    #[must_use]
    pub fn grown() -> Self {
        let root =
            Node { id: BranchId::root(), kind: BranchKind::Committee, parent: None, name: "市分公司党委".into() };
        let mut tree = Self { nodes: vec![root] };
        for place in PLACES {
            tree.add(BranchKind::BranchCompany, Self::ROOT, format!("{place}分公司"));
        }
        for name in ["机关党总支", "寄递事业部党总支"] {
            tree.add(BranchKind::GeneralBranch, Self::ROOT, name.into());
        }
        for (company, place) in Self::companies().zip(PLACES) {
            let branches = if is_district(place) { 4 } else { 3 };
            for ordinal in &ORDINALS[..branches] {
                tree.add(BranchKind::Branch, company, format!("{place}分公司{ordinal}党支部"));
            }
        }
        for name in OFFICES {
            tree.add(BranchKind::Branch, Self::OFFICE, name.into());
        }
        for name in DELIVERY {
            tree.add(BranchKind::Branch, Self::DELIVERY, name.into());
        }
        tree
    }

    fn add(&mut self, kind: BranchKind, parent: usize, name: String) {
        let id = BranchId(id_of("branches", self.nodes.len() as u32));
        self.nodes.push(Node { id, kind, parent: Some(parent), name });
    }

    /// The branch companies.
    pub fn companies() -> std::ops::RangeInclusive<usize> {
        1..=9
    }

    /// Whether a node belongs to the company of a district 区: those of counties are smaller.
    #[must_use]
    pub fn is_of_district(&self, node: usize) -> bool {
        let company = self.nodes[node].parent.filter(|parent| Self::companies().contains(parent));
        company.is_some_and(|company| is_district(PLACES[company - 1]))
    }

    /// The id of a node.
    #[must_use]
    pub fn id(&self, node: usize) -> BranchId {
        self.nodes[node].id
    }

    /// The branches 党支部 right below a node.
    #[must_use]
    pub fn below(&self, node: usize) -> Vec<usize> {
        (0..self.nodes.len()).filter(|at| self.nodes[*at].parent == Some(node)).collect()
    }

    /// The branches 党支部, which have the members.
    #[must_use]
    pub fn branches(&self) -> Vec<usize> {
        (0..self.nodes.len()).filter(|at| self.nodes[*at].kind == BranchKind::Branch).collect()
    }

    fn named(&self, name: &str) -> usize {
        self.nodes.iter().position(|node| node.name == name).expect("the tree has what is asked of it by name")
    }

    /// The branch that is merged, and the one it is merged into.
    #[must_use]
    pub fn merger(&self) -> (usize, usize) {
        (self.named("晴岚县分公司第二党支部"), self.named("晴岚县分公司第一党支部"))
    }

    /// The branch that is closed, and the one its members go to.
    #[must_use]
    pub fn closure(&self) -> (usize, usize) {
        (self.named("柳浪县分公司第二党支部"), self.named("柳浪县分公司第一党支部"))
    }

    /// Founds the tree, then what becomes of it in the year.
    pub fn plan(&self, timeline: &mut Timeline) {
        for node in &self.nodes {
            self.found(node, timeline);
        }
        let renamed = self.id(self.named("市场党支部"));
        let day = date(2022, 5, 18);
        timeline.plan(day, Hour::Top, "renames", |_| {
            Act::branch(renamed, BranchCommand::Rename { name: title("市场营销党支部"), on: day })
        });
        let (moved, to, day) = (self.id(self.named("信息技术党支部")), self.id(Self::ROOT), date(2022, 4, 12));
        let reason = [("reason", "信息技术工作改由市分公司直接管理".to_owned())];
        timeline.plan(day, Hour::Top, "moves", |_| {
            Act::branch_saying(moved, reason, move |[reason]| BranchCommand::Move { to, on: day, reason })
        });
        let (merged, into) = self.merger();
        let (merged, into) = (self.id(merged), self.id(into));
        let reason = [("reason", "两支部人员较少,合并后统一开展活动".to_owned())];
        timeline.plan(MERGED_ON, Hour::Top, "mergers", |_| {
            Act::branch_saying(merged, reason, move |[reason]| BranchCommand::Merge { into, on: MERGED_ON, reason })
        });
        let closed = self.id(self.closure().0);
        let reason = [("reason", "成员已全部转入第一党支部".to_owned())];
        timeline.plan(CLOSED_ON, Hour::Top, "closures", |_| {
            Act::branch_saying(closed, reason, |[reason]| BranchCommand::Close { on: CLOSED_ON, reason })
        });
    }

    fn found(&self, node: &Node, timeline: &mut Timeline) {
        let (hour, on) = match node.parent {
            None => (Hour::Top, FOUNDED),
            Some(Self::ROOT) => (Hour::Second, BELOW),
            Some(_) => (Hour::Third, BELOW),
        };
        let parent = node.parent.map(|parent| self.id(parent));
        let command = BranchCommand::Establish { kind: node.kind, parent, name: title(&node.name), on };
        timeline.plan(OPENING, hour, "branches", |_| Act::branch(node.id, command));
    }
}

fn is_district(place: &str) -> bool {
    place.ends_with('区')
}

/// A title of the demo.
#[must_use]
pub fn title(text: &str) -> Title {
    Title::new("name", text).expect("the demo's titles are legal")
}
