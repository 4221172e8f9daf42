//! The codes of what is refused at the doors, each with its status and what it means.

use graphql::codes::KNOWN;

/// A code, the status it is answered with, what it means and what to do in English, and in Chinese.
pub type Refusing = (&'static str, u16, &'static str, &'static str);

/// Every code of the doors.
pub const REFUSING: &[Refusing] = &[
    (
        "request.bad_credentials",
        401,
        "what was sent to sign in with does not hold; show one whole API key or token, neither over nor revoked",
        "登录凭据无效;请出示一个完整、未过期且未吊销的 API 密钥或令牌",
    ),
    (
        "request.bad_viewer",
        401,
        "the sign-in cannot be read; the message says what is wrong",
        "登录信息无法识别;详见错误信息",
    ),
    ("request.batch", 400, "a list of requests is not taken; send each by itself", "不接受批量请求;请逐个发送"),
    ("request.body_too_large", 413, "the body is too large; send less at a time", "请求体过大;请减少每次发送的内容"),
    ("request.broken", 400, "the body broke off; send the request again", "请求体中断;请重新发送"),
    (
        "request.foreign_origin",
        403,
        "the development sign-in does not answer pages from elsewhere; use a page of this machine",
        "开发登录不回应其他站点的页面;请使用本机页面",
    ),
    (
        "request.no_upgrade",
        400,
        "open a WebSocket here, with the protocol graphql-transport-ws",
        "请在此以 graphql-transport-ws 协议建立 WebSocket 连接",
    ),
    (
        "request.not_acceptable",
        406,
        "answers are application/graphql-response+json or application/json; accept one of them",
        "应答为 application/graphql-response+json 或 application/json;请接受其中之一",
    ),
    (
        "request.not_graphql",
        400,
        "it is not a request of GraphQL; the message says what is wrong",
        "不是 GraphQL 请求;详见错误信息",
    ),
    ("request.not_json", 400, "it is not JSON; the message says where", "不是 JSON;详见错误信息"),
    ("request.not_over_get", 405, "only queries run over GET; send it over POST", "GET 仅可执行查询;请改用 POST"),
    (
        "request.sign_in_unavailable",
        503,
        "who you are cannot be found out now, because what signs people in does not answer; try again in a moment",
        "暂时无法确认您的身份:登录服务没有应答;请稍后重试",
    ),
    (
        "request.too_late",
        503,
        "the request took too long; ask for less, or send a command again with the same id",
        "请求超时;请减少查询内容,命令可用同一编号重新发送",
    ),
    (
        "request.too_many_connections",
        503,
        "there are as many connections as this server takes; try again later, or another one",
        "连接数已满;请稍后重试,或连接其他服务器",
    ),
    (
        "request.too_often",
        429,
        "you ask too often; wait as long as Retry-After says",
        "请求过于频繁;请按 Retry-After 所示时间等待",
    ),
    (
        "request.unknown_document",
        400,
        "there is no such trusted document; its name is sha256: and the hash of its text",
        "没有此可信文档;其名称为 sha256: 加文本的散列值",
    ),
    (
        "request.unsupported_media_type",
        415,
        "send the request as content-type application/json, in UTF-8; files are not taken",
        "请以 application/json(UTF-8)发送请求;不接受文件",
    ),
    (
        "request.untrusted_document",
        403,
        "browsers run trusted documents only here; ask the operator to add this one",
        "此处浏览器只能执行可信文档;请联系管理员添加",
    ),
    (
        "request.wrong_host",
        421,
        "the development sign-in answers on loopback only; use 127.0.0.1 or localhost",
        "开发登录仅在本机回环地址可用;请使用 127.0.0.1 或 localhost",
    ),
    ("request.wrong_method", 405, "send it over POST, or a query over GET", "请使用 POST,查询也可使用 GET"),
];

/// Stands in a sentence for what is wrong, which nobody says in Chinese: where JSON breaks off, what the schema lacks.
const SEE: &str = "详见错误信息";

/// What a code means in Chinese, with the details that a message gives.
#[must_use]
pub fn chinese(code: &str, message: &str) -> Option<String> {
    let refusing = REFUSING.iter().find(|(known, ..)| *known == code).map(|(_, _, _, chinese)| *chinese);
    let known = || KNOWN.iter().find(|(known, ..)| *known == code).map(|(_, _, chinese)| *chinese);
    refusing.or_else(known).map(|chinese| chinese.replace(SEE, &format!("详情:{message}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_kept() {
        assert_eq!(chinese("request.not_json", "EOF").as_deref(), Some("不是 JSON;详情:EOF"));
        assert_eq!(chinese("unauthenticated", "x").as_deref(), Some("请先登录"));
        assert_eq!(chinese("nothing", "x"), None);
    }

    #[test]
    fn every_code_is_there_once_in_order_and_no_other() {
        let known: Vec<&str> = REFUSING.iter().map(|(code, ..)| *code).collect();
        assert!(known.is_sorted_by(|one, next| one < next), "{known:?}");
        assert_eq!(known, crate::http::request::CODES);
    }
}
