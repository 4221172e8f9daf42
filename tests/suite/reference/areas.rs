//! The areas of the reference: which field at the root belongs where. A new field is named here.

/// A part of the API, with a page of its own.
pub struct Area {
    /// The name of its page.
    pub page: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What it is about.
    pub about: &'static str,
    queries: &'static str,
    mutations: &'static str,
    subscriptions: &'static str,
}

impl Area {
    fn of(&self, kind: &str) -> impl Iterator<Item = &'static str> {
        let fields = match kind {
            "query" => self.queries,
            "mutation" => self.mutations,
            _ => self.subscriptions,
        };
        fields.split_whitespace()
    }

    /// Whether a field at a root belongs to it.
    pub fn has(&self, kind: &str, field: &str) -> bool {
        self.of(kind).any(|of| of == field)
    }

    /// Its fields at the roots.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        ["query", "mutation", "subscription"].into_iter().flat_map(|kind| self.of(kind).map(move |field| (kind, field)))
    }
}

/// What several areas have in common.
pub const SHARED: Area = Area {
    page: "shared",
    title: "What several areas share",
    about: "Outcomes of commands, pages, moments, subjects, scalars.",
    queries: "",
    mutations: "",
    subscriptions: "",
};

/// The areas, in the order of the index.
pub const AREAS: &[Area] = &[
    Area {
        page: "organisation",
        title: "The organisation 组织",
        about: "The tree of branches: what stands, what is under what, and how it changes.",
        queries: "organisation branch branches",
        mutations: "establishBranch renameBranch moveBranch mergeBranch closeBranch",
        subscriptions: "",
    },
    Area {
        page: "rights",
        title: "Rights and accounts 授权、账号",
        about: "Who may do what where, since when; and which account acts as which member.",
        queries: "viewer grants",
        mutations: "grantRole withdrawRole linkAccount unlinkAccount",
        subscriptions: "",
    },
    Area {
        page: "members",
        title: "Members 成员",
        about: "The roster: who came, moved, was suspended and left, and the page of each.",
        queries: "member members",
        mutations: "registerMember readmitMember amendPerson appointMember transferMember endProbation suspendMember \
                    reinstateMember recordDeparture mergeMember",
        subscriptions: "",
    },
    Area {
        page: "displays",
        title: "Displays 三亮",
        about: "Badges, volunteer services, plaques and commitments; outlets with standards and inspections; contact points.",
        queries: "outlet outlets contactPoint contactPoints",
        mutations: "checkBadge recordService publishPlaque withdrawPlaque makeCommitment evidenceCommitment settleCommitment \
                    openOutlet closeOutlet displayStandard inspectOutlet assignContactPoint visitContactPoint endContactPoint",
        subscriptions: "",
    },
    Area {
        page: "comparisons",
        title: "Comparisons 三比",
        about: "Metrics, plans and results; competitions and leaderboards; training, theme days, contests, honours, improvements.",
        queries: "metric metrics competition competitions leaderboard rank leaderboardChange training trainings",
        mutations: "defineMetric setMemberTarget reportMemberResult correctMemberResult withdrawMemberResult setBranchTarget \
                    reportBranchResult correctBranchResult withdrawBranchResult announceCompetition concludeCompetition \
                    holdTraining correctAttendance holdThemeDay reportImprovement confirmImprovement placeInContest grantHonour",
        subscriptions: "leaderboard",
    },
    Area {
        page: "rounds",
        title: "Rounds of evaluation 评议轮次",
        about: "Rules of evaluation, and the course of a round from its draft to its end.",
        queries: "round rounds ruleSet ruleSets rulePresets roundPlan",
        mutations: "adoptRules draftRound draftRounds openRound closeRound replaceScrutineer repeatGroup finaliseRound \
                    proposeReopening reopenRound declineReopening proposeAnnulment annulRound declineAnnulment",
        subscriptions: "turnout",
    },
    Area {
        page: "results",
        title: "Reviews, ballots, results and appeals 三评",
        about: "What is given and counted in a round, what comes of it, and what is said against it.",
        queries: "roundResult roundProposal roundComments recordedReads whatIf fairness",
        mutations: "giveSelfReview giveLeaderReview issuePaper returnPaper countPaper tallyRound moderateComment decideGrades \
                    publishRound fileAppeal answerAppeal correctResult",
        subscriptions: "",
    },
    Area {
        page: "talks",
        title: "Reminder talks and what is due 提醒谈话",
        about: "Talks with members and branches, from the proposal to the close; and what waits to be done.",
        queries: "talk talks dues",
        mutations: "proposeTalk approveTalk declineTalk holdTalk followUpTalk closeTalk",
        subscriptions: "",
    },
    Area {
        page: "log",
        title: "The log, the audit trail and the report",
        about: "Every event with who, when, what and why; the figures of a year, each opening to its events; how far the log is; \
                whatever has an id, by it; many commands in one call.",
        queries: "log node nodes auditTrail report",
        mutations: "sendCommands",
        subscriptions: "position auditTrail report",
    },
];

/// How the index begins.
pub const INDEX: &str = "# Reference of the API

Made of [the schema](../graphql/schema.graphql) by `./dev bless`; how requests are sent, and what limits they have, is in
[graphql.md](graphql.md), every code of errors and refusals in [errors.md](errors.md).

- `!` after a type: it is never null. A field without it is null where there is nothing, where your roles do not reach, and
  where it failed (then `errors` says why).
- A *page of* something is a connection by the conventions of Relay: `first` and `after` choose it, and it has `nodes`,
  `edges { cursor node }`, `pageInfo`, `totalCount` and the `position` it was read as of
  ([arguments that come again](api/shared.md#arguments-that-come-again)).
- Mutations are commands: each takes one `input` and answers an [Outcome](api/shared.md#type-outcome): the position of what was
  recorded, or the refusal. The codes listed with a mutation are those that the tests' stories were refused with; those of
  signing in, rights, ids and texts may come to any.
- Units stand in the descriptions; amounts are exact decimals ([Decimal](api/shared.md#type-decimal)).

## Areas
";

/// How the shared page begins.
pub fn shared() -> String {
    format!(
        "# {}\n\n{}\n\n[All areas](../api.md) · generated by `./dev bless`\n\n\
         ## Arguments that come again\n\n\
         | argument | what it is |\n|---|---|\n\
         | `first` | how many rows, 1 to 100; 20 where it is left out |\n\
         | `after` | the cursor of the last row had: `pageInfo {{ endCursor }}`. Later pages are as of the moment of the first |\n\
         | `asOf` | the moment to read as of; now where it is left out |\n\
         | `atLeast` | wait, for a bounded time, until this position is known: the one a mutation answered |\n\n\
         Every page has a [PageInfo](#type-pageinfo).\n",
        SHARED.title, SHARED.about,
    )
}
