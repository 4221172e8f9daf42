//! Texts: titles that anyone may read, codes, and free text that is sealed before the domain sees it.
//!
//! # Rules
//! - A text shows something, is within its length, and holds neither a control character, line breaks and tabs of a
//!   free text aside, nor a mark that turns the direction of what surrounds it ([`TextRefusal`]).
//! - Texts are kept in Unicode NFC; any script is welcome and nothing is truncated.
//!
//! # Not here
//! Sealing and opening (infra); names of persons ([`crate::person`]).

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

pub use crate::field::Field;
use crate::refusal::refusals;

/// The most characters in a title.
pub const TITLE_MAX: usize = 120;
/// The most characters in a free text.
pub const FREE_TEXT_MAX: usize = 4_000;

refusals! {
    /// Why a text is refused.
    pub enum TextRefusal {
        /// Nothing but white space and characters without width.
        Empty { field: Field } = "text.empty", "{field} is empty", "{field:#}为空";
        /// Longer than the field allows.
        TooLong { field: Field, max: usize, found: usize } = "text.too_long",
            "{field} has {found} characters; at most {max} are allowed",
            "{field:#}有 {found} 个字符,最多 {max} 个";
        /// A control character, U+0000 and the marks of direction among them.
        ControlCharacter { field: Field, code_point: String } = "text.control_character",
            "{field} holds the control character {code_point}; remove it",
            "{field:#}含有控制字符 {code_point},请删去";
        /// Not a code of small letters, digits and underscores.
        BadCode { given: String } = "text.bad_code",
            "{given:?} is not a code: start with a small letter, then letters, digits or _, at most 64",
            "{given:?} 不是合法代码:以小写字母开头,只含小写字母、数字和下划线,最多 64 个字符";
        /// A command's id or a principal is not short printable ASCII.
        BadCommandId { given: String } = "text.bad_command_id",
            "{given:?} is not a command id: 1 to 128 printable ASCII characters",
            "{given:?} 不是合法的命令编号:1 至 128 个可打印 ASCII 字符";
    }
}

/// Checks a text and brings it into NFC, outer white space removed. Line breaks and tabs are allowed.
///
/// # Errors
/// [`TextRefusal`], naming `field`.
pub fn clean(field: &str, text: &str, max: usize) -> Result<String, TextRefusal> {
    let field = || Field(field.to_owned());
    let cleaned: String = text.trim().nfc().collect();
    if cleaned.chars().all(|c| c.is_whitespace() || has_no_width(c)) {
        return Err(TextRefusal::Empty { field: field() });
    }
    if let Some(c) = cleaned.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r') || turns_direction(*c))
    {
        return Err(control_character(field(), c));
    }
    match cleaned.chars().count() {
        found if found > max => Err(TextRefusal::TooLong { field: field(), max, found }),
        _ => Ok(cleaned),
    }
}

/// Characters without width; within a word some are legitimate, as U+200D in Indic scripts and emoji.
fn has_no_width(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// The embeddings, overrides and isolates of UAX #9, with which a text can show other than what it says.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The line and paragraph separators of Unicode, which are no control characters there.
fn separates_lines(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

fn control_character(field: Field, c: char) -> TextRefusal {
    TextRefusal::ControlCharacter { field, code_point: format!("U+{:04X}", c as u32) }
}

/// A public title of a branch, an outlet or a metric: one line, at most 120 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("maxLength" = TITLE_MAX))]
pub struct Title(String);

impl Title {
    /// Checks a title.
    ///
    /// # Errors
    /// [`TextRefusal`], a line break included.
    pub fn new(field: &str, text: &str) -> Result<Self, TextRefusal> {
        let cleaned = clean(field, text, TITLE_MAX)?;
        match cleaned.chars().find(|c| c.is_control() || separates_lines(*c)) {
            Some(c) => Err(control_character(Field(field.to_owned()), c)),
            None => Ok(Self(cleaned)),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Title {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The code of a metric 指标代码: `[a-z][a-z0-9_]*`, at most 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("pattern" = "^[a-z][a-z0-9_]{0,63}$"))]
pub struct MetricCode(String);

impl MetricCode {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MetricCode {
    type Err = TextRefusal;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let legal = text.len() <= 64
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        match legal {
            true => Ok(Self(text.to_owned())),
            false => Err(TextRefusal::BadCode { given: text.chars().take(64).collect() }),
        }
    }
}

impl fmt::Display for MetricCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A free text under its subject's key: opaque to the domain, opened at read time while the key exists.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Sealed(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_script_is_kept_as_given_in_nfc() {
        for name in ["䶮𠮷", "葛曾䮌", "阿依古丽·买买提", "Zoë", "नेहा", "👩‍🚒"] {
            assert_eq!(Title::new("name", name).unwrap().as_str(), name.nfc().collect::<String>());
        }
        assert_eq!(Title::new("name", "e\u{301}").unwrap().as_str(), "é");
    }

    #[test]
    fn control_characters_and_empty_texts_are_refused() {
        assert_eq!(clean("reason", "a\u{0}b", 9).unwrap_err().code(), "text.control_character");
        assert_eq!(clean("reason", " \u{3000} ", 9).unwrap_err().code(), "text.empty");
        assert_eq!(clean("reason", "0123456789", 9).unwrap_err().code(), "text.too_long");
        assert_eq!(Title::new("name", "a\nb").unwrap_err().code(), "text.control_character");
        assert_eq!(clean("reason", "a\nb", 9).unwrap(), "a\nb");
    }

    #[test]
    fn a_text_shows_something_and_only_what_it_says() {
        for blank in ["\u{200B}", "\u{200D} \u{FEFF}", "\u{AD}\n\u{2060}"] {
            assert_eq!(clean("reason", blank, 9).unwrap_err().code(), "text.empty");
        }
        for mark in ['\u{202A}', '\u{202E}', '\u{2066}', '\u{2069}'] {
            let turned = format!("a{mark}b");
            assert_eq!(clean("reason", &turned, 9).unwrap_err().code(), "text.control_character");
        }
        assert_eq!(Title::new("name", "a\u{2028}b").unwrap_err().code(), "text.control_character");
        assert_eq!(clean("reason", "a\u{2028}b", 9).unwrap(), "a\u{2028}b");
        for joined in ["👩\u{200D}🚒", "क\u{94D}\u{200D}ष", "می\u{200C}خواهم"] {
            assert!(Title::new("name", joined).is_ok(), "{joined}");
        }
    }

    #[test]
    fn a_code_is_small_letters_digits_and_underscores() {
        assert!("premium_new".parse::<MetricCode>().is_ok());
        for bad in ["", "1a", "Aa", "a-b", "a b", "é", &"a".repeat(65)] {
            assert_eq!(bad.parse::<MetricCode>().unwrap_err().code(), "text.bad_code");
        }
    }
}
