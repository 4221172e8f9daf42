//! Who may see or do what: every action for every role, from every place.

use std::sync::Arc;

use domain::id::{ActorId, BranchId, MemberId};
use graphql::fault::Fault;
use graphql::policy::{Action, Resource, Scope, Standing, Verdict, policy};
use graphql::tree::Tree;
use graphql::viewer::{Role, Viewer};
use uuid::Uuid;

const ROLES: [Role; 6] =
    [Role::Member, Role::BranchSecretary, Role::Leader, Role::Office, Role::Auditor, Role::Integration];

/// How far each role reaches, in the order of [`ROLES`]: `-` nowhere, `o` own, `h` home, `s` scope, `a` anywhere.
const TABLE: [(Action, &str); 29] = [
    (Action::SeeMetrics, "aaaaaa"),
    (Action::SeeBranches, "hsssss"),
    (Action::SeeBoards, "hsssss"),
    (Action::SeeRoster, "hsssss"),
    (Action::SeeMember, "ossss-"),
    (Action::SeeName, "hssss-"),
    (Action::SeeContact, "ossss-"),
    (Action::SeeText, "osss--"),
    (Action::SeeReport, "-aaaaa"),
    (Action::SeeTrail, "ossss-"),
    (Action::KeepCommitments, "os-s--"),
    (Action::KeepRoster, "-s-s--"),
    (Action::KeepDisplays, "-s-s--"),
    (Action::KeepOutlets, "-s-s--"),
    (Action::KeepRecords, "-s-s--"),
    (Action::ReportResults, "-s-s-s"),
    (Action::SetTargets, "---s--"),
    (Action::RunCompetitions, "---s--"),
    (Action::ShapeOrganisation, "---s--"),
    (Action::SeeRounds, "hsssss"),
    (Action::SeeResults, "ossss-"),
    (Action::SeeProposal, "---s--"),
    (Action::SeeReads, "---ss-"),
    (Action::TakePart, "oooo--"),
    (Action::KeepBallots, "-s-s--"),
    (Action::RunRounds, "---s--"),
    (Action::KeepTalks, "-sss--"),
    (Action::SeeGrants, "---ss-"),
    (Action::GrantRoles, "---s--"),
];

const ROOT: BranchId = BranchId(Uuid::from_u128(1));
const HOME: BranchId = BranchId(Uuid::from_u128(2));
const SCOPE: BranchId = BranchId(Uuid::from_u128(3));
const UNDER_SCOPE: BranchId = BranchId(Uuid::from_u128(4));
const OUTSIDE: BranchId = BranchId(Uuid::from_u128(5));
const ME: MemberId = MemberId(Uuid::from_u128(11));
const OTHER: MemberId = MemberId(Uuid::from_u128(12));

fn tree() -> Tree {
    Tree::new([
        (ROOT, None),
        (HOME, Some(ROOT)),
        (SCOPE, Some(ROOT)),
        (UNDER_SCOPE, Some(SCOPE)),
        (OUTSIDE, Some(ROOT)),
    ])
}

fn standing(roles: &[Role], scope: Option<BranchId>) -> Standing {
    let viewer = Viewer::holding(ActorId("somebody".to_owned()), roles.iter().copied(), Some(ME), scope);
    Standing { viewer: Arc::new(viewer), home: Some(HOME), tree: Arc::new(tree()) }
}

/// What there is to look at, and the reaches that get there for a viewer with a scope.
const PLACES: [(Resource, &str); 7] = [
    (Resource::Member(ME, HOME), "oha"),
    (Resource::Member(OTHER, HOME), "ha"),
    (Resource::Member(OTHER, UNDER_SCOPE), "sa"),
    (Resource::Member(OTHER, OUTSIDE), "a"),
    (Resource::Branch(HOME), "ha"),
    (Resource::Branch(SCOPE), "sa"),
    (Resource::Organisation, "a"),
];

#[test]
fn the_table_names_every_action_once() {
    assert_eq!(TABLE.map(|(action, _)| action), Action::ALL);
}

#[test]
fn every_role_reaches_as_far_as_the_table_says() {
    for (action, reaches) in TABLE {
        for (role, reach) in ROLES.into_iter().zip(reaches.chars()) {
            for (resource, reached_by) in PLACES {
                let verdict = policy(&standing(&[role], Some(SCOPE)), action, resource);
                let expected = reached_by.contains(reach);
                assert_eq!(verdict == Verdict::Allow, expected, "{role:?} {action:?} {resource:?}: {verdict:?}");
            }
        }
    }
}

#[test]
fn a_scope_of_nothing_in_particular_is_the_whole_organisation() {
    for (action, reaches) in TABLE {
        for (role, reach) in ROLES.into_iter().zip(reaches.chars()) {
            let verdict = policy(&standing(&[role], None), action, Resource::Organisation);
            assert_eq!(verdict == Verdict::Allow, "sa".contains(reach), "{role:?} {action:?}");
        }
    }
}

#[test]
fn names_contacts_and_texts_are_masked_and_everything_else_is_denied() {
    for action in Action::ALL {
        let masked = [Action::SeeName, Action::SeeContact, Action::SeeText].contains(&action);
        let expected = if masked { Verdict::Mask } else { Verdict::Deny };
        assert_eq!(policy(&standing(&[], None), action, Resource::Organisation), expected, "{action:?}");
    }
}

#[test]
fn several_roles_reach_as_far_as_the_farthest() {
    let both = standing(&[Role::Member, Role::BranchSecretary], Some(SCOPE));
    assert_eq!(policy(&both, Action::SeeMember, Resource::Member(ME, HOME)), Verdict::Allow);
    assert_eq!(policy(&both, Action::SeeMember, Resource::Member(OTHER, UNDER_SCOPE)), Verdict::Allow);
    assert_eq!(policy(&both, Action::SeeMember, Resource::Member(OTHER, HOME)), Verdict::Deny);
}

#[test]
fn a_list_is_made_of_the_branches_in_reach() {
    let of = |roles: &[Role], scope, action, wanted| {
        let made = Scope::of(&standing(roles, scope), &tree(), action, wanted);
        made.map(|scope| scope.branches().map(<[BranchId]>::to_vec)).map_err(|fault| matches!(fault, Fault::Denied(_)))
    };
    let secretary = [Role::BranchSecretary];
    assert_eq!(of(&[Role::Office], None, Action::SeeRoster, None), Ok(None), "the whole organisation");
    assert_eq!(of(&secretary, Some(SCOPE), Action::SeeRoster, None), Ok(Some(vec![SCOPE, UNDER_SCOPE])));
    assert_eq!(of(&secretary, Some(SCOPE), Action::SeeRoster, Some(UNDER_SCOPE)), Ok(Some(vec![UNDER_SCOPE])));
    assert_eq!(of(&secretary, Some(SCOPE), Action::SeeRoster, Some(OUTSIDE)), Err(true));
    assert_eq!(of(&secretary, Some(SCOPE), Action::SeeRoster, Some(ROOT)), Err(true));
    assert_eq!(of(&[Role::Member], None, Action::SeeRoster, None), Ok(Some(vec![HOME])));
    assert_eq!(of(&[Role::Member], None, Action::SeeTrail, None), Err(true), "a member's trail is of the member");
    assert_eq!(of(&[Role::Office], None, Action::SeeRoster, Some(SCOPE)), Ok(Some(vec![SCOPE, UNDER_SCOPE])));
}

#[test]
fn a_branch_moved_out_of_the_scope_is_out_of_its_lists_of_the_past() {
    let then = Tree::new([(ROOT, None), (SCOPE, Some(ROOT)), (OUTSIDE, Some(SCOPE))]);
    let made = Scope::of(&standing(&[Role::BranchSecretary], Some(SCOPE)), &then, Action::SeeRoster, Some(SCOPE));
    let made = made.map(|scope| scope.branches().map(<[BranchId]>::to_vec));
    assert!(matches!(made, Ok(Some(branches)) if branches == [SCOPE]));
}
