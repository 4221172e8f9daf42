//! What the figures are called.

/// What a figure is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// In Chinese.
    pub zh: &'static str,
    /// In English.
    pub en: &'static str,
    /// The measure word or unit in Chinese.
    pub counted_in: &'static str,
}

const LABELS: [(&str, &str, &str, &str); 22] = [
    ("members_on_duty", "在岗成员", "Members on duty", "人"),
    ("volunteers", "参加志愿服务人数", "Members who volunteered", "人"),
    ("outlets_financial", "金融网点", "Financial outlets", "个"),
    ("stations_delivery", "揽投部", "Delivery stations", "个"),
    ("training_sessions", "培训场次", "Training sessions", "场"),
    ("training_hours", "培训总时长", "Training, in all", "小时"),
    ("training_attendances", "培训参加人次", "Training attendances", "人次"),
    ("training_mean_attendance", "场均参加人次", "Attendances per session", "人次"),
    ("training_mean_hours", "场均时长", "Length of a session", "小时"),
    ("premium_new", "新单保费", "New premium", "元"),
    ("premium_long_term", "其中长期期交保费", "  of which long-term regular", "元"),
    ("premium_long_term_share", "长期期交占比", "  share of long-term regular", "%"),
    ("insurance_revenue", "保险业务收入", "Insurance revenue", "元"),
    ("insurance_plan_completion", "保险计划完成率", "  plan completion", "%"),
    ("delivery_revenue", "寄递业务收入", "Delivery revenue (of those that report it)", "元"),
    ("delivery_plan", "寄递收入计划", "  plan", "元"),
    ("delivery_over_plan", "寄递超计划", "  over plan", "元"),
    ("delivery_plan_completion", "寄递计划完成率", "  plan completion", "%"),
    ("delivery_growth", "寄递收入增幅", "  growth over the year before", "%"),
    ("members_balance_over_7m", "日均余额超 700 万人数", "Members above 7,000,000 yuan a day", "人"),
    ("honours", "获得荣誉", "Honours", "项"),
    ("talks", "提醒谈话", "Reminder talks", "人次"),
];

/// What a figure is called; its code where it has no name.
#[must_use]
pub fn label(code: &'static str) -> Label {
    let named = LABELS.into_iter().find(|(named, ..)| *named == code);
    named.map_or(Label { zh: code, en: code, counted_in: "" }, |(_, zh, en, counted_in)| Label { zh, en, counted_in })
}
