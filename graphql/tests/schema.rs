//! The schema as it is checked in: `BLESS=1 cargo test -p graphql --test schema` writes it anew.

use std::collections::BTreeSet;
use std::path::Path;

/// Which mutation asks for which command of a member.
const OF_MEMBERS: &[(&str, &str)] = &[
    ("Register", "registerMember"),
    ("Readmit", "readmitMember"),
    ("AmendPerson", "amendPerson"),
    ("Appoint", "appointMember"),
    ("Transfer", "transferMember"),
    ("EndProbation", "endProbation"),
    ("Suspend", "suspendMember"),
    ("Reinstate", "reinstateMember"),
    ("Leave", "recordDeparture"),
    ("Merge", "mergeMember"),
    ("CheckBadge", "checkBadge"),
    ("RecordService", "recordService"),
    ("PublishPlaque", "publishPlaque"),
    ("WithdrawPlaque", "withdrawPlaque"),
    ("MakeCommitment", "makeCommitment"),
    ("EvidenceCommitment", "evidenceCommitment"),
    ("SettleCommitment", "settleCommitment"),
    ("SetTarget", "setMemberTarget"),
    ("ReportResult", "reportMemberResult"),
    ("CorrectResult", "correctMemberResult"),
    ("WithdrawResult", "withdrawMemberResult"),
    ("PlaceInContest", "placeInContest"),
    ("GrantHonour", "grantHonour"),
    ("LinkAccount", "linkAccount"),
    ("UnlinkAccount", "unlinkAccount"),
];

/// Which mutation asks for which command of a branch.
const OF_BRANCHES: &[(&str, &str)] = &[
    ("Establish", "establishBranch"),
    ("Rename", "renameBranch"),
    ("Move", "moveBranch"),
    ("Merge", "mergeBranch"),
    ("Close", "closeBranch"),
    ("OpenOutlet", "openOutlet"),
    ("CloseOutlet", "closeOutlet"),
    ("DisplayStandard", "displayStandard"),
    ("InspectOutlet", "inspectOutlet"),
    ("AssignContactPoint", "assignContactPoint"),
    ("VisitContactPoint", "visitContactPoint"),
    ("EndContactPoint", "endContactPoint"),
    ("DefineMetric", "defineMetric"),
    ("SetTarget", "setBranchTarget"),
    ("ReportResult", "reportBranchResult"),
    ("CorrectResult", "correctBranchResult"),
    ("WithdrawResult", "withdrawBranchResult"),
    ("AnnounceCompetition", "announceCompetition"),
    ("ConcludeCompetition", "concludeCompetition"),
    ("HoldTraining", "holdTraining"),
    ("CorrectAttendance", "correctAttendance"),
    ("HoldThemeDay", "holdThemeDay"),
    ("ReportImprovement", "reportImprovement"),
    ("ConfirmImprovement", "confirmImprovement"),
    ("AdoptRules", "adoptRules"),
    ("GrantRole", "grantRole"),
    ("WithdrawRole", "withdrawRole"),
];

/// Which mutation asks for which command of a round; drafts may also come many at a time.
const OF_ROUNDS: &[(&str, &str)] = &[
    ("Draft", "draftRound"),
    ("Open", "openRound"),
    ("GiveSelfReview", "giveSelfReview"),
    ("GiveLeaderReview", "giveLeaderReview"),
    ("IssuePaper", "issuePaper"),
    ("ReturnPaper", "returnPaper"),
    ("CountPaper", "countPaper"),
    ("Close", "closeRound"),
    ("ReplaceScrutineer", "replaceScrutineer"),
    ("RepeatGroup", "repeatGroup"),
    ("Tally", "tallyRound"),
    ("ModerateComment", "moderateComment"),
    ("DecideGrades", "decideGrades"),
    ("Publish", "publishRound"),
    ("FileAppeal", "fileAppeal"),
    ("AnswerAppeal", "answerAppeal"),
    ("Correct", "correctResult"),
    ("Finalise", "finaliseRound"),
    ("ProposeReopening", "proposeReopening"),
    ("Reopen", "reopenRound"),
    ("DeclineReopening", "declineReopening"),
    ("ProposeAnnulment", "proposeAnnulment"),
    ("Annul", "annulRound"),
    ("DeclineAnnulment", "declineAnnulment"),
];

/// Which mutation asks for which command about a talk, of a member and of a branch alike.
const OF_TALKS: &[(&str, &str)] = &[
    ("ProposeTalk", "proposeTalk"),
    ("ApproveTalk", "approveTalk"),
    ("DeclineTalk", "declineTalk"),
    ("HoldTalk", "holdTalk"),
    ("FollowUpTalk", "followUpTalk"),
    ("CloseTalk", "closeTalk"),
];

/// What is asked by deadlines and by nobody else.
const OF_DEADLINES: &[&str] = &["NoteOverdue", "CallFollowUp"];

fn variants(source: &str, of: &str) -> BTreeSet<String> {
    let body = source.split(&format!("pub enum {of} {{")).nth(1).expect("the enum is declared");
    let body = body.split("\n}").next().expect("the enum ends");
    let names = body.lines().filter_map(|line| line.strip_prefix("    "));
    let names = names.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    names.map(|line| line.chars().take_while(char::is_ascii_alphanumeric).collect()).collect()
}

fn mutations(sdl: &str) -> BTreeSet<String> {
    let body = sdl.split("\ntype Mutation {").nth(1).expect("there are mutations");
    let body = body.split("\n}").next().expect("the type ends");
    let fields = body.lines().filter_map(|line| line.strip_prefix('\t')).filter_map(|line| line.split_once('('));
    fields.map(|(name, _)| name.to_owned()).collect()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whoever runs the test says whether it writes")]
fn the_schema_checked_in_is_the_one_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.graphql");
    let served = graphql::schema::sdl();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &served).expect("the schema can be written");
    }
    let checked_in = std::fs::read_to_string(&path).unwrap_or_default();
    let first = served.lines().zip(checked_in.lines()).find(|(served, checked_in)| served != checked_in);
    assert!(served == checked_in, "schema.graphql is stale (first difference: {first:?}); write it anew with BLESS=1");
}

#[test]
fn each_command_has_a_mutation_and_each_mutation_a_command() {
    let listed = |lists: &[&[(&str, &str)]]| {
        lists.concat().iter().map(|(variant, _)| (*variant).to_owned()).collect::<BTreeSet<_>>()
    };
    let asked = |source: &str, of: &str| {
        variants(source, of).into_iter().filter(|variant| !OF_DEADLINES.contains(&variant.as_str())).collect()
    };
    let of_members: BTreeSet<_> = asked(include_str!("../../domain/src/member/command.rs"), "MemberCommand");
    let of_branches: BTreeSet<_> = asked(include_str!("../../domain/src/branch/command.rs"), "BranchCommand");
    let of_rounds: BTreeSet<_> = asked(include_str!("../../domain/src/round/command.rs"), "RoundCommand");
    assert_eq!(of_members, listed(&[OF_MEMBERS, OF_TALKS]));
    assert_eq!(of_branches, listed(&[OF_BRANCHES, OF_TALKS]));
    assert_eq!(of_rounds, listed(&[OF_ROUNDS]));
    let single = [OF_MEMBERS, OF_BRANCHES, OF_ROUNDS, OF_TALKS].concat();
    let all = [&single[..], &[("Draft", "draftRounds"), ("Any", "sendCommands")]].concat();
    let named = all.into_iter().map(|(_, mutation)| mutation.to_owned());
    let sdl = graphql::schema::sdl();
    assert_eq!(mutations(&sdl), named.collect::<BTreeSet<_>>());
    let body = sdl.split("\ninput CommandInput @oneOf {").nth(1).expect("there is the list of commands");
    let body = body.split("\n}").next().expect("the type ends");
    let listed = body.lines().filter_map(|line| line.strip_prefix('\t')).filter_map(|line| line.split_once(':'));
    // A count is of many people, each a command of its own.
    let single =
        single.into_iter().map(|(_, mutation)| mutation.to_owned()).filter(|mutation| mutation != "countPaper");
    assert_eq!(listed.map(|(name, _)| name.to_owned()).collect::<BTreeSet<_>>(), single.collect(), "of many commands");
}

#[test]
fn codes_are_listed_once_and_in_order_and_are_not_the_domains() {
    for list in [graphql::fault::CODES, graphql::refusal::CODES] {
        assert!(list.is_sorted_by(|one, next| one < next), "{list:?}");
    }
    let of_domain: BTreeSet<&str> = domain::refusal::Refusal::all_codes().into_iter().collect();
    let doubled: Vec<&&str> = graphql::refusal::CODES.iter().filter(|code| of_domain.contains(**code)).collect();
    assert!(doubled.is_empty(), "{doubled:?}");
}
