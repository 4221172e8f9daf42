//! How a round refuses.

use jiff::civil::Date;

use super::faults::Faults;
use super::kind::{Code, Group, Persons, Stage};
use crate::amount::Amount;
use crate::id::{ActorId, AppealId, BranchId, MemberId, RoundId};
use crate::period::{Moment, Period};
use crate::refusal::refusals;

refusals! {
    /// Why a command to a round is refused.
    pub enum RoundRefusal {
        /// No such round.
        Unknown { round: RoundId } = "round.unknown",
            "there is no round {round}; check the id, or draft the round first",
            "没有评议轮次 {round},请核对编号或先起草";
        /// The id is in use.
        AlreadyDrafted { round: RoundId } = "round.already_drafted",
            "the round {round} was drafted before; a new round takes a new id",
            "评议轮次 {round} 已起草过,新轮次请用新编号";
        /// Rules that cannot make a score.
        RulesUnfit { faults: Faults } = "round.rules_unfit",
            "the rules cannot make a score: {faults}", "规则无法得出分数:{faults:#}";
        /// The organisation has no such version of its rules.
        UnknownRules { version: u32 } = "round.unknown_rules",
            "the organisation has no version {version} of its rules; adopt it first",
            "组织没有第 {version} 版评议规则,请先发布";
        /// A round covers a quarter or a year.
        WrongPeriod { period: Period } = "round.wrong_period",
            "a round is for a quarter or a year, not {period}", "评议轮次按季或按年,{period} 不符";
        /// No branch, one twice, or too many.
        Branches { given: usize, max: usize } = "round.branches",
            "{given} branches are named; a round covers 1 to {max}, each once", "共 {given} 个组织;一个轮次涵盖 1 至 {max} 个,不得重复";
        /// Another round covers the branch and period.
        PeriodClaimed { branch: BranchId, period: Period, round: RoundId } = "round.period_claimed",
            "the round {round} covers {branch} in {period} already; annul it first, or draft for another period",
            "组织 {branch} 的 {period} 已由轮次 {round} 涵盖,请先作废该轮次或另选期间";
        /// The round is not where this can be done.
        WrongStage { round: RoundId, stage: Stage, needed: Stage } = "round.wrong_stage",
            "the round {round} is {stage}; this is done while it is {needed}",
            "轮次 {round} {stage:#},须在{needed:#}时办理";
        /// It is past the close.
        TimeOver { round: RoundId, closed_at: Moment } = "round.time_over",
            "the time of the round {round} ended at {closed_at}; nothing more is given",
            "轮次 {round} 已于 {closed_at} 截止,不再受理";
        /// It is not yet time.
        NotYet { round: RoundId, due: Moment } = "round.not_yet",
            "the round {round} does this from {due} on", "轮次 {round} 须自 {due} 起办理";
        /// A close that is not in the future.
        ClosesTooSoon { closes_at: Moment } = "round.closes_too_soon",
            "{closes_at} is not in the future, or beyond two years; name a later time to close",
            "{closes_at} 不在将来或超过两年,请另定截止时间";
        /// The period has not begun.
        PeriodNotBegun { period: Period, begins: Date } = "round.period_not_begun",
            "the period {period} begins on {begins}; the round opens then or later",
            "期间 {period} 自 {begins} 开始,届时方可开启";
        /// Nobody to review.
        NobodyToReview { round: RoundId } = "round.nobody_to_review",
            "the branches of the round {round} have no formal member on duty", "轮次 {round} 所涵盖组织没有在岗正式成员";
        /// More people than one round takes.
        TooMany { count: usize, max: usize } = "round.too_many",
            "{count} people are more than one round takes, {max}", "人数 {count} 超过一个轮次的上限 {max}";
        /// More marks than one round keeps.
        TooManyMarks { people: usize, leaders: usize, dimensions: usize, max: usize } = "round.too_many_marks",
            "{people} people marked by {leaders} leaders in {dimensions} dimensions are more marks than one round keeps, {max}; name fewer leaders, or split the round",
            "{leaders} 位领导对 {people} 人在 {dimensions} 个维度的评分多于一个轮次的上限 {max},请减少领导或拆分轮次";
        /// No leader, while leaders are asked.
        NoLeader { round: RoundId } = "round.no_leader",
            "the round {round} names no leader, and its rules ask leaders; name them or leave the group out",
            "轮次 {round} 未指定领导,而规则要求领导点评;请指定或略去该主体";
        /// A leader twice, or too many.
        Leaders { given: usize, max: usize } = "round.leaders",
            "{given} leaders are named; name 1 to {max}, each once", "共指定 {given} 位领导;须为 1 至 {max} 位,不得重复";
        /// A person is reviewed by one leader alone, themselves.
        NobodyMarks { member: MemberId } = "round.nobody_marks",
            "nobody but {member} would mark {member}; name another leader", "除 {member} 本人外无人点评 {member},请再指定一位领导";
        /// A group is too small to be secret.
        TooFew { group: Group, eligible: usize, threshold: u32 } = "round.too_few",
            "the group {group} has {eligible} answers on a person at most, under the anonymity threshold {threshold}: add a neighbouring branch, or leave the group out; voters are told before they vote",
            "{group:#}评议每人至多 {eligible} 票,低于匿名阈值 {threshold}:请与相邻组织合并或略去该主体,并在投票前告知";
        /// The rules have no such group, or it was left out.
        NoSuchGroup { group: Group } = "round.no_such_group",
            "the group {group} is not part of this round", "{group:#}评议不在本轮之中";
        /// Every group is left out.
        NoGroup { round: RoundId } = "round.no_group",
            "the round {round} would be left without a group of reviewers", "轮次 {round} 没有任何评议主体";
        /// Ballots need two who count them.
        Scrutineers { given: usize } = "round.scrutineers",
            "{given} scrutineers are named; ballots are counted by two, each named once", "指定了 {given} 名监票人;计票须恰好两人,不得重复";
        /// Who counts does not review or stand for review.
        ScrutineerReviews { member: MemberId } = "round.scrutineer_reviews",
            "{member} is reviewed or reviews in this round and cannot count its ballots; name somebody else",
            "{member} 参加本轮评议,不能担任监票人,请另行指定";
        /// Whoever takes a scrutineer's place counts in it already.
        ScrutineerAlready { member: MemberId } = "round.scrutineer_already",
            "{member} is a scrutineer of this round already; name somebody else", "{member} 已是本轮监票人,请另行指定";
        /// What somebody counted before being replaced is void and stays so.
        ScrutineerReplaced { member: MemberId } = "round.scrutineer_replaced",
            "{member} was replaced in this round and does not count in it again; name somebody else",
            "{member} 在本轮已被更换,不再担任监票人,请另行指定";
        /// Not a scrutineer of the round.
        NotAScrutineer { member: MemberId } = "round.not_a_scrutineer",
            "{member} is not a scrutineer of this round", "{member} 不是本轮监票人";
        /// Not on the roster of those reviewed.
        NotReviewed { member: MemberId } = "round.not_reviewed",
            "{member} is not on the roster of this round", "{member} 不在本轮名册之中";
        /// Not a leader of the round.
        NotALeader { member: MemberId } = "round.not_a_leader",
            "{member} is not one of the leaders of this round", "{member} 不是本轮点评领导";
        /// Nobody reviews themselves in another's place.
        OwnReview { member: MemberId } = "round.own_review",
            "{member} cannot mark themselves; a self review is given as such", "{member} 不能给自己点评,自评请另行提交";
        /// The rules ask for no self review.
        NoSelfReview { round: RoundId } = "round.no_self_review",
            "the rules of the round {round} ask for no self review", "轮次 {round} 的规则不含自评";
        /// Not what the group is asked.
        UnknownDimension { group: Group, dimension: Code } = "round.unknown_dimension",
            "the group {group} is not asked about {dimension}", "{group:#}评议没有维度 {dimension}";
        /// A review without a mark.
        NoMark { member: MemberId } = "round.no_mark",
            "the review of {member} holds no mark; mark one dimension at least", "对 {member} 的点评没有任何分数,请至少评一个维度";
        /// A mark outside 0 to 100.
        MarkOutOfRange { dimension: Code, mark: Amount } = "round.mark_out_of_range",
            "the mark {mark} for {dimension} is not between 0 and 100, or has more than two decimals", "维度 {dimension} 的分数 {mark} 不在 0 至 100 之间,或小数超过两位";
        /// Rules under test that do not know what was answered.
        AnswerUnknown { group: Group, answer: Code } = "round.answer_unknown",
            "the answers of the group {group} hold {answer}, which these rules do not know; test rules with the round's own dimensions and grades",
            "{group:#}评议的答复含有 {answer},所试规则中没有;请以本轮的维度和等次试算";
        /// Not one of the ballot's grades.
        UnknownGrade { grade: Code } = "round.unknown_grade",
            "{grade} is not a grade of this round", "{grade} 不是本轮的等次";
        /// Paper is for peers and the public.
        NoPaper { group: Group } = "round.no_paper",
            "the group {group} does not vote on paper", "{group:#}不用纸质票";
        /// Not a peer of the round.
        NotAPeer { member: MemberId } = "round.not_a_peer",
            "{member} holds no ballot in this round", "{member} 在本轮没有评议票";
        /// One voter, one ballot.
        PaperTaken { member: MemberId } = "round.paper_taken",
            "{member} has a ballot of this attempt already", "{member} 已领取本次评议票";
        /// A peer's ballot names the peer, the public's nobody.
        PaperRecipient { group: Group, count: u32 } = "round.paper_recipient",
            "{count} ballots for the group {group}: a peer's one ballot names the peer, those of the public name nobody and are 1 to 100000",
            "{group:#}评议发票 {count} 张有误:党员每人一张并写明本人,群众票不记名且为 1 至 100000 张";
        /// More blank ballots than came back.
        BlankBeyondReturned { returned: u32, blank: u32 } = "round.blank_beyond_returned",
            "{blank} blank ballots are more than the {returned} that came back", "空白票 {blank} 多于收回票 {returned}";
        /// The box has not been opened.
        NothingReturned { group: Group } = "round.nothing_returned",
            "nothing is recorded of what came back from the group {group}; say that first", "{group:#}评议尚未登记收回票数,请先登记";
        /// More answers than ballots.
        CountsExceedBallots { member: MemberId, dimension: Code, counted: u64, most: u32 } = "round.counts_exceed_ballots",
            "{counted} answers on {member} in {dimension} are more than the {most} ballots that came back with something on them and are not {member}'s own",
            "{member} 的维度 {dimension} 共计 {counted} 票,多于除空白票和本人票外收回的 {most} 票";
        /// A count leaves a dimension out.
        DimensionMissing { group: Group, dimension: Code } = "round.dimension_missing",
            "the count of the group {group} leaves out {dimension}; enter every dimension", "{group:#}评议计票缺少维度 {dimension},请逐项填写";
        /// The two counts are not both there.
        CountMissing { persons: Persons } = "round.count_missing",
            "ballots are not counted by both scrutineers: {persons}", "尚未由两名监票人分别计票:{persons:#}";
        /// The two counts differ.
        CountsDiffer { persons: Persons } = "round.counts_differ",
            "the two counts differ: {persons}; count again until they agree", "两份计票不一致:{persons:#},请复核至一致";
        /// What came back changed after it was counted.
        CountStale { persons: Persons } = "round.count_stale",
            "more answers are counted than ballots came back: {persons}; count again", "计票多于收回票数:{persons:#},请重新计票";
        /// Only a void group votes again.
        NotVoid { group: Group } = "round.not_void",
            "the group {group} counts; only one that is void votes again", "{group:#}评议有效,只有无效时方可重评";
        /// One void group votes again already: a second one joins it.
        ClosesOtherwise { closes_at: Moment } = "round.closes_otherwise",
            "another group votes again until {closes_at}; this one joins it until the same instant",
            "另一主体正在重评,截止时间 {closes_at};本主体须同时截止";
        /// A quarterly round is made of answers, a yearly one of quarters.
        TallyRounds { round: RoundId } = "round.tally_rounds",
            "a yearly round names the quarterly rounds it is made of, each once, 400 at most; a quarterly one names none ({round})",
            "年度轮次须列出所含季度轮次,不得重复,至多 400 个;季度轮次不列({round})";
        /// A quarterly round of another year, or not final.
        QuarterUnfit { round: RoundId, stage: Stage } = "round.quarter_unfit",
            "the round {round} is {stage} or of another year; a year is made of its final quarters",
            "轮次 {round} {stage:#}或不属该年;年度由当年已归档季度构成";
        /// A quarter of a covered branch has not ended.
        QuarterPending { branch: BranchId, quarter: Period, round: RoundId, stage: Stage } = "round.quarter_pending",
            "the round {round} of {branch} in {quarter} is {stage}; a year is computed once its quarters are final or annulled",
            "组织 {branch} 的 {quarter} 轮次 {round} {stage:#};季度轮次归档或作废后方可计算年度";
        /// A quarter of a covered branch is left out of the year.
        QuarterLeftOut { branch: BranchId, quarter: Period, round: RoundId } = "round.quarter_left_out",
            "the round {round} of {branch} in {quarter} is left out; a year is made of all its final quarters",
            "组织 {branch} 的 {quarter} 轮次 {round} 未列入;年度由当年全部已归档季度构成";
        /// What was sealed cannot be opened.
        CannotOpen { round: RoundId } = "round.cannot_open",
            "what is sealed of the round {round} cannot be opened: its key is missing", "轮次 {round} 的密封内容无法打开:缺少密钥";
        /// No such comment.
        UnknownComment { reviewer: MemberId, member: MemberId } = "round.unknown_comment",
            "{reviewer} left no comment on {member}", "{reviewer} 没有对 {member} 的评语";
        /// Withholding needs a reason.
        WithoutReason { member: MemberId } = "round.without_reason",
            "say why: what is withheld or decided other than proposed for {member} needs a reason", "请说明对 {member} 不予公开或与建议不同的原因";
        /// A tie across the border of the cap is undecided.
        TieUndecided { branch: BranchId, member: MemberId } = "round.tie_undecided",
            "{member} of {branch} is tied across the border of the cap; decide the grade, with a reason",
            "组织 {branch} 的 {member} 处于名额分界并列,请审定等次并说明原因";
        /// More than the cap allows.
        CapExceeded { branch: BranchId, places: usize, given: usize } = "round.cap_exceeded",
            "{given} of {branch} would have the best grade, and there are {places} places", "组织 {branch} 拟定最高等次 {given} 人,名额为 {places}";
        /// Without a score there is no grade.
        NoScore { member: MemberId } = "round.no_score",
            "{member} has no score in this round and gets no grade", "{member} 本轮没有分数,不评等次";
        /// Not decided twice in one command.
        DecidedTwice { member: MemberId } = "round.decided_twice",
            "{member} is named twice; decide each grade once", "{member} 出现两次,每人只审定一次";
        /// The time of appeals is over.
        AppealTooLate { member: MemberId, until: Moment } = "round.appeal_too_late",
            "appeals against the result of {member} were due before {until}", "对 {member} 结果的申诉应在 {until} 之前提出";
        /// The id is in use.
        AppealIdInUse { appeal: AppealId } = "round.appeal_id_in_use",
            "the appeal id {appeal} is in use", "申诉编号 {appeal} 已被使用";
        /// One appeal at a time.
        AppealOpen { member: MemberId, appeal: AppealId } = "round.appeal_open",
            "the appeal {appeal} of {member} is not answered yet", "{member} 的申诉 {appeal} 尚未答复";
        /// No such appeal.
        UnknownAppeal { appeal: AppealId } = "round.unknown_appeal",
            "there is no appeal {appeal} in this round", "本轮没有申诉 {appeal}";
        /// Answered before.
        AppealAnswered { appeal: AppealId } = "round.appeal_answered",
            "the appeal {appeal} was answered before", "申诉 {appeal} 已答复";
        /// Noted before.
        AlreadyOverdue { appeal: AppealId } = "round.already_overdue",
            "that the appeal {appeal} is overdue was noted before", "申诉 {appeal} 的逾期已登记";
        /// Whoever decided does not answer.
        SamePerson { actor: ActorId } = "round.same_person",
            "{actor} decided or asked for this and cannot approve or answer it; another must", "{actor} 已作出该决定或提请,须由他人办理";
        /// An upheld appeal puts something right, a refused one nothing, and one thing is put right once.
        FixesUnfit { given: usize } = "round.fixes_unfit",
            "what is put right is named, each thing once; an appeal that is refused names nothing ({given} given)",
            "须写明更正内容,每项一次;申诉不成立则不写(已填 {given} 项)";
        /// A correction that changes nothing.
        NothingCorrected { member: MemberId } = "round.nothing_corrected",
            "this leaves the result of {member} as it is", "该更正未改变 {member} 的结果";
        /// An appeal is open.
        AppealsOpen { open: usize } = "round.appeals_open",
            "{open} appeals are not answered", "尚有 {open} 件申诉未答复";
        /// Nobody asked for it.
        NotProposed { round: RoundId } = "round.not_proposed",
            "nobody has asked for this in the round {round}", "轮次 {round} 尚无人提请此事";
        /// Asked for already.
        AlreadyProposed { round: RoundId } = "round.already_proposed",
            "this has been asked for in the round {round} already; another must approve it", "轮次 {round} 已有人提请此事,须由他人批准";
        /// Somebody asked for it to be annulled or voted on anew, and that is not answered.
        ProposalOpen { round: RoundId, by: ActorId } = "round.proposal_open",
            "{by} has asked for the round {round} to be voted on anew or annulled; another approves that, or it is declined",
            "{by} 已提请重评或作废轮次 {round},须先由他人批准或予以否决";
        /// It ended.
        Ended { round: RoundId, stage: Stage } = "round.ended",
            "the round {round} is {stage}", "轮次 {round} {stage:#}";
    }
}
