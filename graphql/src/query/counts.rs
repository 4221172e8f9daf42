//! What a member did, in counts.

use async_graphql::{ComplexObject, Context, SimpleObject};
use projections::member_years::MemberYearRow;
use projections::members::MemberRow;

use super::lineage::Opened;
use super::subject::Subject;
use super::trail::Event;
use crate::fault::Result;
use crate::page::{Connection, weight};
use crate::ports::Moment;

/// What a member did, in counts over all time.
#[derive(Debug, SimpleObject)]
pub struct MemberCounts {
    /// Badge checks 党徽佩戴检查.
    badge_checks: i64,
    /// Badge checks with the badge worn.
    badges_worn: i64,
    /// Volunteer services 志愿服务.
    services: i64,
    /// Minutes of volunteer service.
    service_minutes: i64,
    /// Commitments made 承诺.
    commitments_made: i64,
    /// Commitments kept 兑现.
    commitments_fulfilled: i64,
    /// Commitments missed 未兑现.
    commitments_missed: i64,
    /// Training sessions attended 培训.
    trainings: i64,
    /// Minutes of training attended.
    training_minutes: i64,
    /// Theme days attended 主题党日.
    theme_days: i64,
    /// Places taken in contests 技能比武.
    contests: i64,
    /// Honours granted 荣誉.
    honours: i64,
    /// Standing contact points 联系点 the member is paired for.
    contact_points: i64,
}

impl MemberCounts {
    /// The counts of a row.
    #[must_use]
    pub fn of(row: &MemberRow) -> Self {
        Self {
            badge_checks: row.badge_checks,
            badges_worn: row.badges_worn,
            services: row.services,
            service_minutes: row.service_minutes,
            commitments_made: row.commitments_made,
            commitments_fulfilled: row.commitments_fulfilled,
            commitments_missed: row.commitments_missed,
            trainings: row.trainings,
            training_minutes: row.training_minutes,
            theme_days: row.theme_days,
            contests: row.contests,
            honours: row.honours,
            contact_points: row.contact_points,
        }
    }
}

/// What a member did in a calendar year 成员年度, in counts.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct MemberYear {
    /// The row behind it.
    #[graphql(skip)]
    row: MemberYearRow,
    /// The moment it is as of.
    #[graphql(skip)]
    at: Moment,
    /// The calendar year.
    year: i64,
    /// Volunteer services 志愿服务.
    services: i64,
    /// Minutes of volunteer service.
    service_minutes: i64,
    /// Badge checks 党徽佩戴检查.
    badge_checks: i64,
    /// Badge checks with the badge worn.
    badges_worn: i64,
    /// Training sessions attended 培训.
    trainings: i64,
    /// Minutes of training attended.
    training_minutes: i64,
    /// Theme days attended 主题党日.
    theme_days: i64,
    /// Places taken in contests 技能比武.
    contests: i64,
    /// Honours granted 荣誉.
    honours: i64,
    /// Commitments made 承诺.
    commitments_made: i64,
    /// Commitments kept 兑现.
    commitments_fulfilled: i64,
    /// Commitments missed 未兑现.
    commitments_missed: i64,
}

impl MemberYear {
    /// The counts of a row.
    #[must_use]
    pub fn of(row: &MemberYearRow, at: Moment) -> Self {
        Self {
            row: row.clone(),
            at,
            year: row.year,
            services: row.services,
            service_minutes: row.service_minutes,
            badge_checks: row.badge_checks,
            badges_worn: row.badges_worn,
            trainings: row.trainings,
            training_minutes: row.training_minutes,
            theme_days: row.theme_days,
            contests: row.contests,
            honours: row.honours,
            commitments_made: row.commitments_made,
            commitments_fulfilled: row.commitments_fulfilled,
            commitments_missed: row.commitments_missed,
        }
    }
}

#[ComplexObject]
impl MemberYear {
    /// The events behind it, the earliest first: those at which it became what it is; part of the trail.
    #[graphql(complexity = "weight(first, child_complexity)")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, 1 to 100; 20 where it is left out.")] first: Option<i64>,
        #[graphql(desc = "The cursor of the last row had.")] after: Option<String>,
    ) -> Result<Option<Connection<Event>>> {
        Opened::row(&self.row, Subject::of_member(self.row.member, self.at), self.at).events(ctx, first, after).await
    }
}
