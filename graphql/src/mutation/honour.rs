//! What a member won 荣誉: places in skill contests, honours.

use async_graphql::ID;
use domain::id::{ContestId, HonourId};
use domain::member::{MemberCommand, TeamMate};

use super::{inputs, mutations};
use crate::door::{Ask, Asked, Door, Halt, named};
use crate::input;
use crate::policy::Action::KeepRecords;
use crate::scalar::Date;
use crate::words::Level;

mutations! {
    /// What a member won.
    Honours {
        /// Records a place in a skill contest for a member and the team mates 技能比武.
        place_in_contest(PlaceInContestInput);
        /// Grants an honour 荣誉.
        grant_honour(GrantHonourInput);
    }
}

inputs! {
    /// A place in a skill contest.
    PlaceInContestInput {
        /// Who took it.
        member: ID,
        /// The day.
        on: Date,
        /// What the contest was; free text.
        title: String,
        /// Its level.
        level: Level,
        /// The place or prize class taken, 1 the best.
        place: i64,
        /// The other members of the team; none for a single person.
        team_mates: Vec<ID>,
        /// The contest, as an earlier answer named it, for another place taken in it; a new one where it is left out.
        /// Any id is taken: nothing keeps contests apart from the places taken in them.
        contest: Option<ID>,
    }

    /// An honour.
    GrantHonourInput {
        /// Who is honoured.
        member: ID,
        /// The day.
        on: Date,
        /// Its title; free text.
        title: String,
        /// Its level.
        level: Level,
        /// Who granted it; free text.
        body: String,
    }
}

impl Ask for PlaceInContestInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepRecords).await?;
        let contest: ContestId = match &self.contest {
            Some(contest) => named("contest", contest)?,
            None => door.mint("contest"),
        };
        let (on, place) = (self.on.read("on")?, input::count("place", self.place)?);
        let mates = door.members("teamMates", &self.team_mates, KeepRecords).await?;
        let titles = door.seal_each(&mates, "title", &self.title).await?;
        let of_mates = mates.iter().zip(titles);
        let team_mates = of_mates.map(|(mate, title)| TeamMate { member: mate.id(), title }).collect();
        let title = door.seal(member.id().0, "title", &self.title).await?;
        let (level, team) = (self.level.into(), door.mint("team"));
        let command = MemberCommand::PlaceInContest { contest, on, title, level, place, team, team_mates };
        Ok(member.asks(command).naming(contest.0))
    }
}

impl Ask for GrantHonourInput {
    async fn put(self, door: &Door<'_>) -> Result<Asked, Halt> {
        let member = door.member("member", &self.member, KeepRecords).await?;
        let honour: HonourId = door.mint("honour");
        let on = self.on.read("on")?;
        let title = door.seal(member.id().0, "title", &self.title).await?;
        let body = door.seal(member.id().0, "body", &self.body).await?;
        let level = self.level.into();
        Ok(member.asks(MemberCommand::GrantHonour { honour, on, title, level, body }).naming(honour.0))
    }
}
