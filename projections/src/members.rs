//! Members 成员: standing, branch, and what each did, in counts over all time.
//!
//! # Rules
//! - Who left keeps the last branch and stays a row; no plaque is up any more. Who comes back keeps what was counted
//!   before.
//! - A registration that was merged into another stays a row, keeps what was counted under it and names the other.
//! - A correction of attendance changes the counts of those it names.
//! - `contact_points` counts the standing ones. An end recorded before ends named their cadres takes none away.
//!
//! # Not here
//! Names (joined at read time), counts by year ([`crate::member_years`]), single records ([`crate::records`]).

use domain::branch::BranchEvent;
use domain::event::{Event, Fact};
use domain::id::{BranchId, MemberId, PlaqueId};
use domain::member::{MemberEvent, Outcome, Post};
use domain::text::Sealed;
use jiff::civil::Date;

use crate::projection::Projection;
use crate::row::row;
use crate::words::MemberStanding;

row! {
    /// A member as the roster and the member's page show one.
    pub struct MemberRow("members") key MemberKey {
        /// Which member.
        member: MemberId,
    } columns {
        /// The branch; the last one of a member who left.
        branch: BranchId,
        /// Cadre or staff.
        post: Post,
        /// On duty, suspended, left or merged.
        standing: MemberStanding,
        /// The last day of probation; nothing for a formal member.
        probation_until: Option<Date>,
        /// The first day on the roster, of who came back the first one since.
        joined_on: Date,
        /// The first day outside.
        left_on: Option<Date>,
        /// Badge checks.
        badge_checks: i64,
        /// Badge checks with the badge worn.
        badges_worn: i64,
        /// Volunteer services.
        services: i64,
        /// Minutes of volunteer service.
        service_minutes: i64,
        /// The plaque that is up.
        plaque: Option<PlaqueId>,
        /// Its duty as shown.
        plaque_duty: Option<Sealed>,
        /// Commitments made.
        commitments_made: i64,
        /// Commitments kept.
        commitments_fulfilled: i64,
        /// Commitments missed.
        commitments_missed: i64,
        /// Training sessions attended.
        trainings: i64,
        /// Minutes of training attended.
        training_minutes: i64,
        /// Theme days attended.
        theme_days: i64,
        /// Places taken in contests.
        contests: i64,
        /// Honours granted.
        honours: i64,
        /// Standing contact points the member is paired for.
        contact_points: i64,
        /// Under which registration the person goes on, of one that was merged.
        merged_into: Option<MemberId>,
    } look_up [["branch", "standing"], ["standing"], ["merged_into"]]
}

/// What happens to a member's row.
#[derive(Debug, Clone)]
pub enum Change {
    /// Appears: branch, post, first day, last day of probation.
    Registered(BranchId, Post, Date, Option<Date>),
    /// Is back: branch, post, first day, last day of probation.
    Readmitted(BranchId, Post, Date, Option<Date>),
    /// Has another post.
    Appointed(Post),
    /// Is in another branch.
    Moved(BranchId),
    /// Is a formal member.
    Formal,
    /// Is on duty or off it.
    Stands(MemberStanding),
    /// Is outside from that day.
    Left(Date),
    /// Is another registration of somebody.
    Merged(MemberId),
    /// Was checked; whether the badge was worn.
    Checked(bool),
    /// Volunteered for so many minutes.
    Served(i64),
    /// Shows a plaque with that duty.
    Shows(PlaqueId, Sealed),
    /// Took that plaque down.
    TookDown(PlaqueId),
    /// Attended so many sessions more, of so many minutes.
    Trained(i64, i64),
    /// Is paired for so many contact points more.
    Paired(i64),
    /// A count moves by one.
    Counted(fn(&mut MemberRow) -> &mut i64),
}

/// The projection.
pub struct Members;

impl Projection for Members {
    const NAME: &'static str = "members";
    const VERSION: u32 = 3;
    type Row = MemberRow;
    type Change = Change;

    fn changes(fact: &Fact) -> Vec<(MemberKey, Change)> {
        let keyed = |(member, change)| (MemberKey { member }, change);
        match &fact.event {
            Event::Member(event) => {
                of_member(event).map(|change| keyed((MemberId(fact.stream.id), change))).into_iter().collect()
            }
            Event::Branch(event) => of_branch(event).into_iter().map(keyed).collect(),
            Event::Round(_) => vec![],
        }
    }

    fn apply(row: Option<MemberRow>, key: &MemberKey, change: &Change) -> Option<MemberRow> {
        if let Change::Registered(branch, post, on, probation_until) = change {
            return Some(registered(key.member, *branch, *post, *on, *probation_until));
        }
        let mut row = row?;
        match change {
            Change::Registered(..) => {}
            Change::Readmitted(branch, post, on, probation_until) => {
                let again = registered(key.member, *branch, *post, *on, *probation_until);
                (row.branch, row.post, row.standing) = (again.branch, again.post, again.standing);
                (row.joined_on, row.left_on, row.probation_until) = (again.joined_on, None, again.probation_until);
            }
            Change::Appointed(post) => row.post = *post,
            Change::Moved(branch) => row.branch = *branch,
            Change::Formal => row.probation_until = None,
            Change::Stands(standing) => row.standing = *standing,
            Change::Left(on) => {
                (row.standing, row.left_on) = (MemberStanding::Left, Some(*on));
                (row.plaque, row.plaque_duty) = (None, None);
            }
            Change::Merged(into) => {
                (row.standing, row.merged_into) = (MemberStanding::Merged, Some(*into));
                (row.plaque, row.plaque_duty) = (None, None);
            }
            Change::Checked(worn) => {
                row.badge_checks += 1;
                row.badges_worn += i64::from(*worn);
            }
            Change::Served(minutes) => {
                row.services += 1;
                row.service_minutes += minutes;
            }
            Change::Shows(plaque, duty) => (row.plaque, row.plaque_duty) = (Some(*plaque), Some(duty.clone())),
            Change::TookDown(plaque) if row.plaque == Some(*plaque) => (row.plaque, row.plaque_duty) = (None, None),
            Change::TookDown(_) => {}
            Change::Trained(sessions, minutes) => {
                row.trainings += sessions;
                row.training_minutes += minutes;
            }
            Change::Paired(by) => row.contact_points += by,
            Change::Counted(count) => *count(&mut row) += 1,
        }
        Some(row)
    }
}

fn registered(
    member: MemberId,
    branch: BranchId,
    post: Post,
    joined_on: Date,
    probation_until: Option<Date>,
) -> MemberRow {
    MemberRow {
        member,
        branch,
        post,
        standing: MemberStanding::OnDuty,
        probation_until,
        joined_on,
        left_on: None,
        badge_checks: 0,
        badges_worn: 0,
        services: 0,
        service_minutes: 0,
        plaque: None,
        plaque_duty: None,
        commitments_made: 0,
        commitments_fulfilled: 0,
        commitments_missed: 0,
        trainings: 0,
        training_minutes: 0,
        theme_days: 0,
        contests: 0,
        honours: 0,
        contact_points: 0,
        merged_into: None,
    }
}

fn of_member(event: &MemberEvent) -> Option<Change> {
    use MemberEvent::*;
    Some(match event {
        Registered { branch, post, on, probation_until } => Change::Registered(*branch, *post, *on, *probation_until),
        Readmitted { branch, post, on, probation_until } => Change::Readmitted(*branch, *post, *on, *probation_until),
        Appointed { post, .. } => Change::Appointed(*post),
        Transferred { to, .. } => Change::Moved(*to),
        ProbationEnded { .. } => Change::Formal,
        Suspended { .. } => Change::Stands(MemberStanding::Suspended),
        Reinstated { .. } => Change::Stands(MemberStanding::OnDuty),
        Left { on, .. } => Change::Left(*on),
        Merged { into, .. } => Change::Merged(*into),
        BadgeChecked { worn, .. } => Change::Checked(*worn),
        ServiceRecorded { minutes, .. } => Change::Served(i64::from(*minutes)),
        PlaquePublished { plaque, duty, .. } => Change::Shows(*plaque, duty.clone()),
        PlaqueWithdrawn { plaque, .. } => Change::TookDown(*plaque),
        CommitmentMade { .. } => Change::Counted(|row| &mut row.commitments_made),
        CommitmentSettled { outcome: Outcome::Fulfilled, .. } => Change::Counted(|row| &mut row.commitments_fulfilled),
        CommitmentSettled { outcome: Outcome::Missed, .. } => Change::Counted(|row| &mut row.commitments_missed),
        ContestPlaced { .. } => Change::Counted(|row| &mut row.contests),
        HonourGranted { .. } => Change::Counted(|row| &mut row.honours),
        PersonAmended { .. }
        | CommitmentEvidenced { .. }
        | ContactPointTaken { .. }
        | ContactPointVisited { .. }
        | ContactPointGivenUp { .. }
        | TargetSet { .. }
        | ResultReported { .. }
        | ResultCorrected { .. }
        | ResultWithdrawn { .. }
        | PlacedLast { .. }
        | TalkProposed { .. }
        | TalkApproved { .. }
        | TalkDeclined { .. }
        | TalkHeld { .. }
        | TalkFollowUpCalled { .. }
        | TalkFollowedUp { .. }
        | TalkClosed { .. }
        | Absorbed { .. }
        | AccountLinked { .. }
        | AccountUnlinked { .. } => return None,
    })
}

fn of_branch(event: &BranchEvent) -> Vec<(MemberId, Change)> {
    use BranchEvent::*;
    let each = |members: &[MemberId], change: Change| -> Vec<(MemberId, Change)> {
        members.iter().map(|member| (*member, change.clone())).collect()
    };
    match event {
        ContactPointAssigned { cadres, .. } => each(cadres, Change::Paired(1)),
        ContactPointEnded { cadres, .. } => each(cadres.as_ref().map_or(&[], |cadres| &cadres[..]), Change::Paired(-1)),
        TrainingHeld { minutes, attendees, .. } => each(attendees, Change::Trained(1, i64::from(*minutes))),
        AttendanceCorrected { minutes, added, removed, .. } => {
            let minutes = i64::from(*minutes);
            [each(added, Change::Trained(1, minutes)), each(removed, Change::Trained(-1, -minutes))].concat()
        }
        ThemeDayHeld { attendees, .. } => each(attendees, Change::Counted(|row| &mut row.theme_days)),
        Established { .. }
        | Renamed { .. }
        | Moved { .. }
        | Merged { .. }
        | Absorbed { .. }
        | Closed { .. }
        | SubordinateJoined { .. }
        | SubordinateDeparted { .. }
        | MemberJoined { .. }
        | MemberDeparted { .. }
        | OutletOpened { .. }
        | OutletClosed { .. }
        | StandardDisplayed { .. }
        | OutletInspected { .. }
        | ContactPointVisited { .. }
        | OutletLinked { .. }
        | OutletReleased { .. }
        | MetricDefined { .. }
        | TargetSet { .. }
        | ResultReported { .. }
        | ResultCorrected { .. }
        | ResultWithdrawn { .. }
        | CompetitionAnnounced { .. }
        | CompetitionConcluded { .. }
        | ImprovementReported { .. }
        | ImprovementConfirmed { .. }
        | RulesAdopted { .. }
        | PeriodClaimed { .. }
        | PeriodReleased { .. }
        | TalkProposed { .. }
        | TalkApproved { .. }
        | TalkDeclined { .. }
        | TalkHeld { .. }
        | TalkFollowUpCalled { .. }
        | TalkFollowedUp { .. }
        | TalkClosed { .. }
        | RoleGranted { .. }
        | RoleWithdrawn { .. } => vec![],
    }
}
