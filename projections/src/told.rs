//! What an event tells an auditor besides its stream: why it happened, and whom else it concerns.

use domain::branch::BranchEvent;
use domain::event::Event;
use domain::id::{BranchId, MemberId, OutletId, RoundId};
use domain::member::MemberEvent;
use domain::round::{Basis, PutRight, RoundEvent};
use domain::text::Sealed;
use uuid::Uuid;

use crate::words::SubjectKind;

/// Why, and whom else.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// The reason or note that the event carries.
    pub reason: Option<Sealed>,
    /// Members, branches, outlets and contact points named in it, as often as they are named.
    pub concerned: Vec<(SubjectKind, Uuid)>,
}

/// What an event tells.
#[must_use]
pub fn told(event: &Event) -> Told {
    match event {
        Event::Member(event) => by_member(event),
        Event::Branch(event) => by_branch(event),
        Event::Round(event) => by_round(event),
    }
}

impl Told {
    fn why(reason: &Sealed) -> Self {
        Self { reason: Some(reason.clone()), concerned: vec![] }
    }

    fn noted(note: &Option<Sealed>) -> Self {
        Self { reason: note.clone(), concerned: vec![] }
    }

    fn members<'a>(self, members: impl IntoIterator<Item = &'a MemberId>) -> Self {
        self.and(SubjectKind::Member, members.into_iter().map(|member| member.0))
    }

    fn branches<'a>(self, branches: impl IntoIterator<Item = &'a BranchId>) -> Self {
        self.and(SubjectKind::Branch, branches.into_iter().map(|branch| branch.0))
    }

    fn outlets<'a>(self, outlets: impl IntoIterator<Item = &'a OutletId>) -> Self {
        self.and(SubjectKind::Outlet, outlets.into_iter().map(|outlet| outlet.0))
    }

    fn rounds<'a>(self, rounds: impl IntoIterator<Item = &'a RoundId>) -> Self {
        self.and(SubjectKind::Round, rounds.into_iter().map(|round| round.0))
    }

    fn contact_point(self, contact_point: Uuid) -> Self {
        self.and(SubjectKind::ContactPoint, [contact_point])
    }

    fn and(mut self, kind: SubjectKind, ids: impl IntoIterator<Item = Uuid>) -> Self {
        self.concerned.extend(ids.into_iter().map(|id| (kind, id)));
        self
    }
}

fn by_member(event: &MemberEvent) -> Told {
    use MemberEvent::*;
    match event {
        Registered { branch, .. } | Readmitted { branch, .. } => Told::default().branches([branch]),
        Transferred { from, to, reason, .. } => Told::why(reason).branches([from, to]),
        Left { branch, reason, .. } => Told::why(reason).branches([branch]),
        Suspended { reason, .. }
        | Reinstated { reason, .. }
        | PlaqueWithdrawn { reason, .. }
        | ResultCorrected { reason, .. }
        | ResultWithdrawn { reason, .. } => Told::why(reason),
        TalkDeclined { reason, .. } | TalkFollowedUp { note: reason, .. } => Told::why(reason),
        TalkProposed { reason, round, .. } => Told::noted(reason).rounds(round),
        PlacedLast { round, .. } => Told::default().rounds([round]),
        TalkHeld { by, .. } => Told::default().members([by]),
        Merged { into, branch, reason, .. } => Told::why(reason).members([into]).branches(branch),
        Absorbed { from, .. } => Told::default().members([from]),
        CommitmentSettled { note, .. } | PersonAmended { reason: note } => Told::noted(note),
        Appointed { .. }
        | ProbationEnded { .. }
        | BadgeChecked { .. }
        | ServiceRecorded { .. }
        | PlaquePublished { .. }
        | CommitmentMade { .. }
        | CommitmentEvidenced { .. }
        | TargetSet { .. }
        | ResultReported { .. }
        | ContestPlaced { .. }
        | HonourGranted { .. }
        | TalkApproved { .. }
        | TalkFollowUpCalled { .. }
        | TalkClosed { .. }
        | AccountLinked { .. }
        | AccountUnlinked { .. } => Told::default(),
        ContactPointTaken { contact_point, .. }
        | ContactPointVisited { contact_point, .. }
        | ContactPointGivenUp { contact_point, .. } => Told::default().contact_point(contact_point.0),
    }
}

fn by_branch(event: &BranchEvent) -> Told {
    use BranchEvent::*;
    match event {
        Established { parent, .. } => Told::default().branches(parent),
        Moved { from, to, reason, .. } => Told::why(reason).branches([from, to]),
        Merged { into, reason, .. } => Told::why(reason).branches([into]),
        Absorbed { from, members, outlets, contact_points, .. } => {
            let handed = Told::default().branches([from]).members(members);
            let handed = handed.outlets(outlets.iter().map(|handed| &handed.outlet));
            contact_points.iter().fold(handed, |told, handed| told.contact_point(handed.contact_point.0))
        }
        Closed { reason, .. }
        | ResultCorrected { reason, .. }
        | ResultWithdrawn { reason, .. }
        | RoleWithdrawn { reason, .. } => Told::why(reason),
        SubordinateJoined { branch, .. } | SubordinateDeparted { branch, .. } => Told::default().branches([branch]),
        MemberJoined { member, .. } | MemberDeparted { member, .. } => Told::default().members([member]),
        OutletOpened { outlet, .. } | StandardDisplayed { outlet, .. } => Told::default().outlets([outlet]),
        OutletClosed { outlet, reason, .. } => Told::why(reason).outlets([outlet]),
        OutletInspected { outlet, remarks, .. } => Told::noted(remarks).outlets([outlet]),
        ContactPointAssigned { contact_point, cadres, outlet, station, holders, .. } => {
            let told = Told::default().contact_point(contact_point.0).members(cadres).outlets([outlet, station]);
            told.branches(holders.iter().flatten())
        }
        OutletLinked { outlet, contact_point, .. } | OutletReleased { outlet, contact_point, .. } => {
            Told::default().outlets([outlet]).contact_point(contact_point.0)
        }
        ContactPointVisited { contact_point, by, outlet, note, .. } => {
            Told::why(note).contact_point(contact_point.0).members([by]).outlets([outlet])
        }
        ContactPointEnded { contact_point, reason, cadres, outlet, station, .. } => {
            let told = Told::why(reason).contact_point(contact_point.0).members(cadres.iter().flatten());
            told.outlets(outlet.iter().chain(station))
        }
        TrainingHeld { attendees, .. } | ThemeDayHeld { attendees, .. } => Told::default().members(attendees),
        AttendanceCorrected { added, removed, reason, .. } => Told::why(reason).members(added.iter().chain(removed)),
        TalkDeclined { reason, .. } | TalkFollowedUp { note: reason, .. } => Told::why(reason),
        TalkProposed { reason, round, .. } => Told::noted(reason).rounds(round),
        PeriodClaimed { round, .. } | PeriodReleased { round, .. } => Told::default().rounds([round]),
        TalkHeld { by, attendees, .. } => Told::default().members(attendees.iter().chain([by])),
        ImprovementConfirmed { note, .. } => Told::noted(note),
        Renamed { .. }
        | MetricDefined { .. }
        | TargetSet { .. }
        | ResultReported { .. }
        | CompetitionAnnounced { .. }
        | CompetitionConcluded { .. }
        | ImprovementReported { .. }
        | RulesAdopted { .. }
        | TalkApproved { .. }
        | TalkFollowUpCalled { .. }
        | TalkClosed { .. }
        | RoleGranted { .. } => Told::default(),
    }
}

/// Comments, appeals and their answers are shown where they belong, not as reasons.
fn by_round(event: &RoundEvent) -> Told {
    use RoundEvent::*;
    match event {
        Drafted { branches, .. } => Told::default().branches(branches),
        Opened { scrutineers, .. } => Told::default().members(scrutineers),
        RosterFixed { people, leaders, peers, suspended } => {
            let people_of = people.iter().map(|person| &person.member).chain(leaders).chain(peers).chain(suspended);
            Told::default().members(people_of).branches(people.iter().map(|person| &person.branch))
        }
        SelfReviewGiven { member, .. } => Told::default().members([member]),
        ResultPublished { member, branch, result, .. } => {
            let quarters = match &result.basis {
                Basis::Year { quarters, .. } => quarters.as_slice(),
                Basis::Reviews { .. } => &[],
            };
            let rounds = quarters.iter().map(|quarter| &quarter.round);
            Told::default().members([member]).branches([branch]).rounds(rounds)
        }
        Tallied { rounds, .. } => Told::default().rounds(rounds),
        LeaderReviewGiven { reviewer, member, .. } => Told::default().members([reviewer, member]),
        PaperIssued { to, .. } => Told::default().members(to),
        PaperCounted { member, scrutineer, .. } => Told::default().members([member, scrutineer]),
        CommentModerated { reviewer, member, .. } => Told::default().members([reviewer, member]),
        AppealFiled { member, .. } | AppealOverdue { member, .. } | AppealAnswered { member, .. } => {
            Told::default().members([member])
        }
        Corrected { member, reason, put_right, .. } => {
            let leaders = put_right.iter().filter_map(|put_right| match put_right {
                PutRight::Marks { reviewer } => Some(reviewer),
                PutRight::Counts { .. } | PutRight::Grade | PutRight::Recompute => None,
            });
            Told::why(reason).members(leaders.chain([member]))
        }
        ReopeningProposed { reason, .. }
        | ReopeningDeclined { reason, .. }
        | Reopened { reason, .. }
        | AnnulmentProposed { reason, .. }
        | AnnulmentDeclined { reason, .. } => Told::why(reason),
        ScrutineerReplaced { from, to, reason, .. } => Told::why(reason).members([from, to]),
        Annulled { branches, reason, .. } => Told::why(reason).branches(branches),
        ResultWithdrawn { member, branch, .. } => Told::default().members([member]).branches([branch]),
        BranchScored { branch, .. } => Told::default().branches([branch]),
        PaperReturned { .. }
        | Closed { .. }
        | GroupVoided { .. }
        | GroupRepeated { .. }
        | GradesDecided { .. }
        | Published { .. }
        | Finalised { .. } => Told::default(),
    }
}
