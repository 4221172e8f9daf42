//! How a talk refuses.

use jiff::civil::Date;

use super::Step;
use crate::id::{MemberId, TalkId};
use crate::refusal::refusals;

refusals! {
    /// Why a command about a talk is refused.
    pub enum TalkRefusal {
        /// No such talk with this subject.
        Unknown { talk: TalkId } = "talk.unknown",
            "there is no talk {talk} with this subject", "没有编号为 {talk} 的谈话";
        /// The id is in use.
        IdInUse { talk: TalkId } = "talk.id_in_use",
            "the talk id {talk} is in use", "谈话编号 {talk} 已被使用";
        /// Not the step that comes next.
        WrongStep { talk: TalkId, step: Step, needed: Step } = "talk.wrong_step",
            "the talk {talk} is {step}; this is done when it is {needed}", "谈话 {talk} {step:#},须在{needed:#}后办理";
        /// Who proposed it does not approve it.
        OwnApproval { talk: TalkId } = "talk.own_approval",
            "the talk {talk} is approved or declined by somebody other than who proposed it", "谈话 {talk} 须由提请人以外的人批准或否决";
        /// A step dated before the one before it.
        BeforeLastStep { talk: TalkId, on: Date, last: Date } = "talk.before_last_step",
            "the talk {talk} was at its last step on {last}; {on} is before that", "谈话 {talk} 上一步日期为 {last},{on} 在其之前";
        /// The day of the follow-up has not come.
        FollowUpNotDue { talk: TalkId, due: Date } = "talk.follow_up_not_due",
            "the follow-up of the talk {talk} is due on {due}", "谈话 {talk} 的回访于 {due} 到期";
        /// It was called for already.
        FollowUpCalled { talk: TalkId } = "talk.follow_up_called",
            "the follow-up of the talk {talk} was called for already", "谈话 {talk} 的回访已提醒过";
        /// A talk with a branch names who came: 1 to 100, each once.
        Attendees { talk: TalkId, given: usize } = "talk.attendees",
            "{given} attendees of the talk {talk}: name 1 to 100, each once", "谈话 {talk} 参加人 {given} 名有误:1 至 100 名,不得重复";
        /// Nobody holds a talk with themselves.
        WithThemselves { member: MemberId } = "talk.with_themselves",
            "{member} cannot hold the talk with themselves", "{member} 不能与本人谈话";
    }
}
