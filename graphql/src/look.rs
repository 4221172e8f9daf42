//! Looks: who read what of whom, and who tried to. Each is recorded before it is answered; docs/reads.md says which and why.
//!
//! # Rules
//! - What a request looks at is noted where it is read and recorded at once before the request is answered; where that
//!   fails, nothing is answered.
//! - What a freeze hides is recorded before it is opened.
//! - What is one's own is not recorded, but for what a freeze hides.
//! - What the policy denies is recorded as the action that was denied, where the request was answered with that error.
//! - What follows a board or a trail is recorded when somebody is shown for the first time, and again each hour.

use std::collections::{BTreeSet, HashSet};

use domain::id::{MemberId, RoundId};
use domain::stream::StreamKind;
use projections::standings::StandingRow;
use projections::words::SubjectKind;
use uuid::Uuid;

use crate::fault::{Result, Tried};
use crate::policy::Resource;
use crate::ports::{Look, Moment};
use crate::session::Session;

/// How many subjects an entry names; more of them make several entries.
const SUBJECTS: usize = 500;
/// How long what is followed is not recorded again, in seconds.
const HOUR: i64 = 3_600;

/// What is looked at of a subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// Of members: what only they and those over them see, such as counts, records, results and training.
    Page,
    /// Of members: their published results 评议结果 in rounds.
    Results,
    /// Of members: appeals 申诉 they filed.
    Appeals,
    /// Of members: talks 提醒谈话 with them.
    Talks,
    /// Of members: free texts about them, such as comments 评语 and reasons.
    Texts,
    /// Of members: their places on a board 排行榜.
    Board,
    /// Of members or rounds: what the log holds of an event of theirs.
    Events,
    /// Of a round: what the committee decides on.
    Proposal,
    /// Of a round: the leaders' comments before they are shown.
    Comments,
    /// Of a round: the proposal, by whoever decides grades.
    Decision,
    /// Of a round: what the viewer gave.
    OwnReview,
    /// Of a round: what the viewer counted.
    OwnCounts,
    /// Of a round: everything for recounting it.
    Bundle,
    /// Of a round: everybody's result under other rules.
    WhatIf,
    /// Of rounds: how each leader marks.
    Fairness,
    /// Who looked at a subject, or at all.
    Reads,
}

impl What {
    /// The word it is stored by.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Results => "results",
            Self::Appeals => "appeals",
            Self::Talks => "talks",
            Self::Texts => "texts",
            Self::Board => "board",
            Self::Events => "events",
            Self::Proposal => "proposal",
            Self::Comments => "comments",
            Self::Decision => "decision",
            Self::OwnReview => "own_review",
            Self::OwnCounts => "own_counts",
            Self::Bundle => "bundle",
            Self::WhatIf => "what_if",
            Self::Fairness => "fairness",
            Self::Reads => "reads",
        }
    }
}

/// Somebody or something that is looked at; nothing in particular where the whole is.
pub type Seen = Option<(SubjectKind, Uuid)>;

/// What was looked at of one kind as of one moment.
#[derive(Debug)]
struct Noted {
    what: What,
    kind: Option<SubjectKind>,
    at: Moment,
    subjects: BTreeSet<Uuid>,
}

/// What a request has looked at and not recorded yet.
#[derive(Debug, Default)]
pub struct Looks {
    noted: Vec<Noted>,
    tried: Vec<Tried>,
    /// What a subscription has recorded in this hour.
    recorded: HashSet<(What, Uuid)>,
    hour: i64,
}

impl Looks {
    fn note(&mut self, what: What, seen: Seen, at: Moment) {
        let (kind, subject) = (seen.map(|(kind, _)| kind), seen.map(|(_, subject)| subject));
        let alike = |noted: &&mut Noted| (noted.what, noted.kind, noted.at) == (what, kind, at);
        match self.noted.iter_mut().find(alike) {
            Some(noted) => noted.subjects.extend(subject),
            None => self.noted.push(Noted { what, kind, at, subjects: subject.into_iter().collect() }),
        }
    }

    /// Forgets what was not shown after all.
    pub fn forget(&mut self) {
        self.noted.clear();
        self.tried.clear();
    }

    /// Leaves out what was recorded in this hour.
    fn anew(&mut self, hour: i64, mut noted: Vec<Noted>) -> Vec<Noted> {
        if hour != self.hour {
            (self.hour, self.recorded) = (hour, HashSet::new());
        }
        for noted in &mut noted {
            noted.subjects.retain(|subject| !self.recorded.contains(&(noted.what, *subject)));
        }
        noted.retain(|noted| !noted.subjects.is_empty());
        noted
    }

    fn keep(&mut self, noted: &[Noted]) {
        let all = noted.iter().flat_map(|noted| noted.subjects.iter().map(|subject| (noted.what, *subject)));
        self.recorded.extend(all);
    }
}

impl Session {
    /// Notes that something is about to be shown.
    pub fn note(&self, what: What, seen: Seen, at: Moment) {
        self.looks().note(what, seen, at);
    }

    /// Notes that something of a member is about to be shown.
    pub fn note_member(&self, what: What, member: MemberId, at: Moment) {
        self.note(what, Some((SubjectKind::Member, member.0)), at);
    }

    /// Notes that a place on a board is about to be shown, where it is a member's.
    pub fn note_place(&self, place: &StandingRow, at: Moment) {
        if place.subject_kind == StreamKind::Member {
            self.note_member(What::Board, MemberId(place.subject), at);
        }
    }

    /// Notes what the policy denied, where the answer is null instead of an error.
    pub fn note_tried(&self, tried: Tried) {
        self.looks().tried.push(tried);
    }

    /// Records what was looked at, and what was tried and denied: to be awaited before the request is answered.
    ///
    /// # Errors
    /// [`crate::fault::Fault::Unauthenticated`], [`crate::fault::Fault::Read`]; then nothing is to be shown.
    pub async fn record_looks(&self, tried: &[Tried]) -> Result<()> {
        let (noted, hidden) = {
            let mut looks = self.looks();
            (std::mem::take(&mut looks.noted), std::mem::take(&mut looks.tried))
        };
        let tried = &[tried, &hidden].concat();
        if noted.is_empty() && tried.is_empty() {
            return Ok(());
        }
        let noted = self.others(noted).await?;
        let noted = match self.follows() {
            true => self.looks().anew(self.reads().now().as_second().div_euclid(HOUR), noted),
            false => noted,
        };
        let looks = self.entries(&noted, tried).await?;
        if !looks.is_empty() {
            self.reads().record(&looks).await?;
        }
        if self.follows() {
            self.looks().keep(&noted);
        }
        Ok(())
    }

    /// Without what is the viewer's own.
    async fn others(&self, mut noted: Vec<Noted>) -> Result<Vec<Noted>> {
        let Some(me) = self.myself().await? else { return Ok(noted) };
        noted.retain_mut(|noted| {
            let own = noted.kind == Some(SubjectKind::Member) && noted.subjects.remove(&me.0);
            !(own && noted.subjects.is_empty())
        });
        Ok(noted)
    }

    async fn entries(&self, noted: &[Noted], tried: &[Tried]) -> Result<Vec<Look>> {
        let mut looks = Vec::new();
        for Noted { what, kind, at, subjects } in noted {
            let subjects: Vec<Uuid> = subjects.iter().copied().collect();
            let named = match subjects.is_empty() {
                true => vec![vec![]],
                false => subjects.chunks(SUBJECTS).map(<[Uuid]>::to_vec).collect(),
            };
            for subjects in named {
                looks.push(self.look(what.word(), *kind, subjects, *at)?);
            }
        }
        if tried.is_empty() {
            return Ok(looks);
        }
        let now = self.pin(None, None).await?;
        let tried = tried.iter().enumerate().filter(|(number, one)| !tried[..*number].contains(one));
        for (_, Tried { action, about }) in tried {
            let subjects = about.iter().map(|(_, subject)| *subject).collect();
            let look = self.look(action.word(), about.map(|(kind, _)| kind), subjects, now)?;
            looks.push(Look { denied: true, ..look });
        }
        Ok(looks)
    }

    fn look(&self, what: &'static str, kind: Option<SubjectKind>, subjects: Vec<Uuid>, at: Moment) -> Result<Look> {
        let (viewer, why) = (self.signed_in()?.clone(), self.why().cloned());
        Ok(Look { viewer, what, kind, subjects, position: at.position, denied: false, why })
    }
}

/// What a resource is, as an entry names it.
#[must_use]
pub fn seen(resource: Resource) -> Seen {
    match resource {
        Resource::Organisation => None,
        Resource::Branch(branch) => Some((SubjectKind::Branch, branch.0)),
        Resource::Member(member, _) => Some((SubjectKind::Member, member.0)),
    }
}

/// Records that the viewer looks at what a round hides, once in a request however many parts of it are asked for.
///
/// # Errors
/// As [`record`].
pub async fn record_once(session: &Session, round: RoundId, what: What, at: Moment) -> Result<()> {
    // Held while the look is recorded: nobody else of the request goes on before it is.
    let mut looked = session.looked().await;
    if !looked.contains(&(round, what)) {
        record(session, round, what, at).await?;
        looked.insert((round, what));
    }
    Ok(())
}

/// Records that the viewer looks at what a round hides.
///
/// # Errors
/// [`crate::fault::Fault::Unauthenticated`], [`crate::fault::Fault::Read`] where it cannot be recorded; then nothing is
/// to be shown.
pub async fn record(session: &Session, round: RoundId, what: What, at: Moment) -> Result<()> {
    let look = session.look(what.word(), Some(SubjectKind::Round), vec![round.0], at)?;
    Ok(session.reads().record(&[look]).await?)
}
