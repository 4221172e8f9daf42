//! In which language a request wants what is said about its errors.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use super::accept::thousandths;

/// A language that sentences are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Where nothing else is wanted.
    English,
    /// 中文
    Chinese,
}

impl Language {
    /// Its tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }

    /// The one of both that a request likes best; of two that it likes as much, the one it names first.
    #[must_use]
    pub fn wanted(headers: &HeaderMap) -> Self {
        let said = headers.get_all(ACCEPT_LANGUAGE).iter().map(|value| value.to_str().unwrap_or_default());
        let said = said.collect::<Vec<_>>().join(",");
        let mut wanted = (Self::English, 0);
        for (language, weight) in said.split(',').filter_map(named) {
            if weight > wanted.1 {
                wanted = (language, weight);
            }
        }
        wanted.0
    }
}

/// A language that a range names, and its weight.
fn named(range: &str) -> Option<(Language, u16)> {
    let mut parts = range.split(';').map(str::trim);
    let language = match parts.next()?.split('-').next()?.to_ascii_lowercase().as_str() {
        "en" => Language::English,
        "zh" => Language::Chinese,
        _other => return None,
    };
    let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1_000), thousandths)?;
    Some((language, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_with_the_greater_weight_is_taken() {
        assert_eq!(Language::wanted(&HeaderMap::new()), Language::English);
        for (accept, language) in [
            ("zh", Language::Chinese),
            ("zh-CN,zh;q=0.9,en;q=0.8", Language::Chinese),
            ("ZH-Hans-CN", Language::Chinese),
            ("en-GB,en;q=0.9,zh;q=0.8", Language::English),
            ("en;q=0.1, zh;q=0.2", Language::Chinese),
            ("en, zh", Language::English),
            ("zh, en", Language::Chinese),
            ("de, zh;q=0.1", Language::Chinese),
            ("zh;q=0", Language::English),
            ("zh;q=x", Language::English),
            ("*", Language::English),
            ("de", Language::English),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, accept.parse().unwrap());
            assert_eq!(Language::wanted(&headers), language, "{accept}");
        }
    }
}
