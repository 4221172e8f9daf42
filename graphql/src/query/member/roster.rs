//! The roster: which members, by what is asked of them.

use async_graphql::{ID, InputObject};
use domain::id::{BranchId, MemberId};
use projections::cell::Cell;
use projections::members::MemberRow;
use projections::select::{Condition, Select};

use super::super::filter::{all_of, equals};
use super::Member;
use crate::fault::Result;
use crate::input;
use crate::page::{Connection, Page};
use crate::policy::Action;
use crate::ports::Moment;
use crate::session::Session;
use crate::words::{MemberStanding, Post};

/// The most names a search by name looks through.
const NAMES: usize = 1_000;

/// Which members; all conditions hold together.
#[derive(Debug, Clone, Default, InputObject)]
pub struct MemberFilter {
    /// Only in the subtree of this branch.
    within: Option<ID>,
    /// Only those whose name contains this text. A part that more than a thousand names contain finds only the first.
    name: Option<String>,
    /// Only on duty, suspended, left or merged.
    standing: Option<MemberStanding>,
    /// Only registrations that were merged into this one.
    merged_into: Option<ID>,
    /// Only cadres or staff.
    post: Option<Post>,
}

impl MemberFilter {
    /// The filter within a branch, unless it names one itself.
    #[must_use]
    pub fn within(self, branch: BranchId) -> Self {
        Self { within: Some(self.within.unwrap_or_else(|| branch.into())), ..self }
    }
}

/// Members in reach, by id.
///
/// # Errors
/// [`crate::fault::Fault`].
pub async fn members(session: &Session, filter: MemberFilter, at: Moment, page: &Page) -> Result<Connection<Member>> {
    let within: Option<BranchId> = input::some_id("within", filter.within.as_ref())?;
    let scope = session.scope(Action::SeeRoster, within, at.position).await?;
    let [named, legible] = match &filter.name {
        Some(part) => {
            let names = session.scope(Action::SeeName, within, at.position).await?;
            [Some(named(session, &input::search("name", part)?).await?), names.condition("branch")]
        }
        None => [None, None],
    };
    let select = all_of([
        scope.condition("branch"),
        named,
        legible,
        equals("standing", filter.standing.map(projections::words::MemberStanding::from)),
        equals("merged_into", input::some_id::<MemberId>("mergedInto", filter.merged_into.as_ref())?),
        equals("post", filter.post.map(domain::member::Post::from)),
    ]);
    Connection::select(session, page, at.position, select, |row| Member { row, at }).await
}

/// The condition to be one of those whose name contains the text. Names are today's: they are looked for only where the
/// viewer may see them today, whatever moment is asked for.
async fn named(session: &Session, part: &str) -> Result<Condition> {
    let found = session.reads().by_name(part, NAMES).await?;
    let found = Condition::OneOf("member", found.into_iter().map(|member| Cell::Uuid(member.0)).collect());
    let now = session.pin(None, None).await?.position;
    let Some(in_reach) = session.scope(Action::SeeName, None, now).await?.condition("branch") else {
        return Ok(found);
    };
    let legible = session.every(Select::<MemberRow>::first(NAMES).only(found).only(in_reach), now).await?;
    Ok(Condition::OneOf("member", legible.into_iter().map(|row| Cell::Uuid(row.member.0)).collect()))
}
