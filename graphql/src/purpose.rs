//! Why somebody reads 查阅目的: one of a few words, and the number of the file it is for.
//!
//! # Rules
//! - It is given with a request, by the header `X-Sanping-Purpose` or as `purpose` among its `extensions`; nobody has to.
//! - `appeal`, or `appeal:2022-JJ-014`: a word of [`Purpose`], and a reference of capital letters, digits and hyphens.
//! - No free text: what is written here is never erased, so there is to be no room for a name.

use async_graphql::{Enum, Request, ServerError, ServerResult, Value};

use crate::legible::refused;

/// What it is called among the extensions of a request.
pub const EXTENSION: &str = "purpose";
/// How long a reference may be.
const LONGEST: usize = 40;

/// What somebody reads for 查阅目的.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
pub enum Purpose {
    /// 日常工作: the day's work.
    Duty,
    /// 审定: what the committee decides on.
    Decision,
    /// 申诉: to file or to answer an appeal.
    Appeal,
    /// 提醒谈话: to prepare or to hold a talk.
    Talk,
    /// 审计: an audit.
    Audit,
    /// 核查: an inquiry into a case.
    Inquiry,
    /// 技术支持: something is being mended.
    Support,
}

impl Purpose {
    /// Every purpose, each under the word it is given and stored by.
    pub const WORDS: [(Self, &'static str); 7] = [
        (Self::Duty, "duty"),
        (Self::Decision, "decision"),
        (Self::Appeal, "appeal"),
        (Self::Talk, "talk"),
        (Self::Audit, "audit"),
        (Self::Inquiry, "inquiry"),
        (Self::Support, "support"),
    ];

    /// The word it is given and stored by.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(purpose, _)| *purpose == self).map_or("", |(_, word)| word)
    }

    /// The purpose of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(purpose, _)| *purpose)
    }
}

/// Why somebody reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// What for.
    pub purpose: Purpose,
    /// The number of the file that it is for.
    pub reference: Option<String>,
}

impl Why {
    /// What was given; nothing for what is no purpose.
    #[must_use]
    pub fn read(given: &str) -> Option<Self> {
        let (word, reference) = match given.split_once(':') {
            Some((word, reference)) => (word, Some(reference)),
            None => (given, None),
        };
        let fits = |reference: &&str| {
            let legal = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || c == '-';
            (1..=LONGEST).contains(&reference.len()) && reference.chars().all(legal)
        };
        match reference {
            Some(reference) if !fits(&reference) => None,
            _fits => Some(Self { purpose: Purpose::of(word)?, reference: reference.map(str::to_owned) }),
        }
    }
}

/// Why a request reads, where it says so.
///
/// # Errors
/// `request.bad_purpose`.
pub fn of_request(request: &Request) -> ServerResult<Option<Why>> {
    match request.extensions.get(EXTENSION) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(given)) => Why::read(given).map(Some).ok_or_else(bad),
        Some(_) => Err(bad()),
    }
}

fn bad() -> ServerError {
    let words = Purpose::WORDS.map(|(_, word)| word).join(", ");
    let message = format!(
        "the purpose is one of {words}, with a reference of at most {LONGEST} capital letters, digits and hyphens after a \
         colon where there is one, such as appeal:2022-JJ-014; no name, no free text"
    );
    refused("request.bad_purpose", &message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_is_a_word_and_perhaps_a_reference_and_has_no_room_for_a_name() {
        let appeal =
            |reference: Option<&str>| Why { purpose: Purpose::Appeal, reference: reference.map(str::to_owned) };
        assert_eq!(Why::read("appeal"), Some(appeal(None)));
        assert_eq!(Why::read("appeal:2022-JJ-014"), Some(appeal(Some("2022-JJ-014"))));
        for (purpose, word) in Purpose::WORDS {
            assert_eq!((purpose.word(), Purpose::of(word)), (word, Some(purpose)));
        }
        let long = format!("appeal:{}", "1".repeat(41));
        for no in [
            "",
            "Appeal",
            "appeal:",
            "appeal:wang",
            "appeal:王",
            "appeal:1 2",
            "curious",
            " appeal",
            "appeal:1:2",
            long.as_str(),
        ] {
            assert_eq!(Why::read(no), None, "{no}");
        }
    }
}
