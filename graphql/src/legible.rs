//! Whether a request's text can be read: looked at before the parser, which trusts what it is given.
//!
//! # Rules
//! - An escape of half a character, such as `\ud83d`, is refused (`request.half_character`): the parser has no answer
//!   to it.
//! - Brackets nest at most [`NESTING`] deep, fragments in fragments too (`request.too_deep`): the parser and the
//!   checks after it recurse.
//! - With every fragment spread out it selects at most [`SELECTIONS`] things (`request.too_large`): a few fragments
//!   that each name the next one twice would grow without end.
//! - A subscription selects one thing: two would be two streams under one id.
//!
//! # Not here
//! What the fields weigh and whether they exist (the schema).

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet};
use async_graphql::{Name, Request, ServerError, ServerResult};

/// How deep brackets may nest.
pub const NESTING: usize = 64;
/// How much may be selected with every fragment spread out.
pub const SELECTIONS: usize = 20_000;

/// The codes of the errors that a request's text leads to; `request.invalid` where it is not GraphQL, or asks for what
/// the schema does not have.
pub const CODES: &[&str] = &["request.half_character", "request.invalid", "request.too_deep", "request.too_large"];

/// The parsed document of a request.
///
/// # Errors
/// `request.half_character`, `request.too_deep`, `request.too_large`, `request.invalid`.
pub fn document(request: &mut Request) -> ServerResult<&ExecutableDocument> {
    text(&request.query)?;
    let document = request.parsed_query()?;
    let mut spread = Spread { document, known: HashMap::new() };
    for (_, operation) in document.operations.iter() {
        let selected = spread.weigh(&operation.node.selection_set.node, 0)?;
        if selected > SELECTIONS {
            let message = format!("it selects {selected} things; {SELECTIONS} is the most");
            return Err(refused("request.too_large", &message));
        }
        if operation.node.ty == OperationType::Subscription
            && spread.at_root(&operation.node.selection_set.node, &mut HashMap::new()) > 1
        {
            return Err(refused("request.invalid", "a subscription has one root field; subscribe once for each"));
        }
    }
    Ok(document)
}

fn refused(code: &str, message: &str) -> ServerError {
    let mut error = ServerError::new(message, None);
    error.extensions.get_or_insert_default().set("code", code);
    error
}

/// Where in the text a character stands.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    Code,
    Comment,
    Text,
    Block,
}

const QUOTES: &str = "\"\"\"";

fn text(query: &str) -> ServerResult<()> {
    let (mut within, mut depth, mut rest) = (Within::Code, 0_usize, query);
    while let Some(first) = rest.chars().next() {
        let mut step = first.len_utf8();
        within = match (within, first) {
            (Within::Code, '"') if rest.starts_with(QUOTES) => {
                step = QUOTES.len();
                Within::Block
            }
            (Within::Code, '"') => Within::Text,
            (Within::Code, '#') => Within::Comment,
            (Within::Code, '{' | '[' | '(') if depth == NESTING => {
                return Err(refused("request.too_deep", &format!("brackets nest deeper than {NESTING}")));
            }
            (Within::Code, '{' | '[' | '(') => {
                depth += 1;
                within
            }
            (Within::Code, '}' | ']' | ')') => {
                depth = depth.saturating_sub(1);
                within
            }
            (Within::Text, '\\') => {
                whole_character(rest)?;
                step += rest[step..].chars().next().map_or(0, char::len_utf8);
                within
            }
            (Within::Text, '"') | (Within::Comment, '\n' | '\r') => Within::Code,
            (Within::Block, '\\') if rest[step..].starts_with(QUOTES) => {
                step += QUOTES.len();
                within
            }
            (Within::Block, '"') if rest.starts_with(QUOTES) => {
                step = QUOTES.len();
                Within::Code
            }
            (Within::Code | Within::Comment | Within::Text | Within::Block, _) => within,
        };
        rest = &rest[step..];
    }
    match within {
        Within::Text | Within::Block => Err(refused("request.invalid", "a string does not end; close it with a quote")),
        Within::Code | Within::Comment => Ok(()),
    }
}

/// Refuses an escape that names one half of a surrogate pair.
fn whole_character(escape: &str) -> ServerResult<()> {
    match escape.as_bytes() {
        [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..] => {
            let shown: String = escape.chars().take(6).collect();
            let message = format!("{shown} is half a character; write the character itself, or send it in a variable");
            Err(refused("request.half_character", &message))
        }
        _whole => Ok(()),
    }
}

/// How much fragments hold, each weighed once.
struct Spread<'a> {
    document: &'a ExecutableDocument,
    known: HashMap<&'a Name, usize>,
}

impl<'a> Spread<'a> {
    fn weigh(&mut self, set: &'a SelectionSet, depth: usize) -> ServerResult<usize> {
        if depth > NESTING {
            return Err(refused("request.too_deep", &format!("it nests deeper than {NESTING}")));
        }
        let mut sum = 0_usize;
        for item in &set.items {
            let weight = match &item.node {
                Selection::Field(field) => self.weigh(&field.node.selection_set.node, depth + 1)?.saturating_add(1),
                Selection::InlineFragment(inline) => self.weigh(&inline.node.selection_set.node, depth + 1)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node, depth)?,
            };
            sum = sum.saturating_add(weight);
        }
        Ok(sum)
    }

    /// How many fields a selection has at its root; each fragment is counted once and remembered.
    fn at_root(&self, set: &'a SelectionSet, known: &mut HashMap<&'a Name, usize>) -> usize {
        let mut count = 0_usize;
        for item in &set.items {
            count += match &item.node {
                Selection::Field(_) => 1,
                Selection::InlineFragment(inline) => self.at_root(&inline.node.selection_set.node, known),
                Selection::FragmentSpread(spread) => {
                    let name = &spread.node.fragment_name.node;
                    match (known.get(name).copied(), self.document.fragments.get(name)) {
                        (Some(count), _) => count,
                        (None, None) => 0,
                        (None, Some(fragment)) => {
                            known.insert(name, 0);
                            let count = self.at_root(&fragment.node.selection_set.node, known);
                            known.insert(name, count);
                            count
                        }
                    }
                }
            };
        }
        count
    }

    /// A fragment that holds itself, or is not there, weighs nothing here: the rules of validation refuse it.
    fn fragment(&mut self, name: &'a Name, depth: usize) -> ServerResult<usize> {
        if let Some(known) = self.known.get(name) {
            return Ok(*known);
        }
        self.known.insert(name, 0);
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(0) };
        let weight = self.weigh(&fragment.node.selection_set.node, depth + 1)?;
        self.known.insert(name, weight);
        Ok(weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(query: &str) -> Option<String> {
        let error = document(&mut Request::new(query)).err()?;
        let code = error.extensions.as_ref().and_then(|facts| facts.get("code").cloned());
        Some(code.map_or_else(|| "request.invalid".to_owned(), |code| code.to_string().replace('"', "")))
    }

    #[test]
    fn half_a_character_never_reaches_the_parser() {
        for half in [r#"\ud800"#, r#"\uDFFF"#, r#"\uD83D\uDE92"#] {
            assert_eq!(code(&format!(r#"{{ a(b: "x{half}") }}"#)).as_deref(), Some("request.half_character"), "{half}");
        }
        for whole in [r#"\u4e2d"#, r#"\\ud800"#, "\u{1F692}", r#"\""#] {
            assert_eq!(code(&format!(r#"{{ a(b: "x{whole}") }}"#)), None, "{whole}");
        }
        assert_eq!(code(r#"{ a(b: """\ud800""") } # "\ud800"#), None);
    }

    #[test]
    fn brackets_nest_so_deep_and_no_deeper() {
        let nested = |open: &str, close: &str, times: usize| open.repeat(times) + "a" + &close.repeat(times);
        assert_eq!(code(&nested("{a", "}", 50)), None);
        for times in [NESTING + 1, 200_000] {
            assert_eq!(code(&nested("{a", "}", times)).as_deref(), Some("request.too_deep"));
            let list = format!("{{ a(b: {}) }}", nested("[", "]", times));
            assert_eq!(code(&list).as_deref(), Some("request.too_deep"));
        }
        assert_eq!(code(&format!("{{ a(b: \"{}\") }}", "[".repeat(100))), None);
        // Not to be taken for three strings with code between them.
        assert_eq!(code(&format!("{{ a(b: [\"\"\"\" {}", "[".repeat(200_000))).as_deref(), Some("request.invalid"));
    }

    #[test]
    fn a_subscription_selects_one_thing() {
        let f = "fragment f on S { a b }";
        assert_eq!(code("subscription { a { b c } }"), None);
        assert_eq!(code("{ a b }"), None);
        for two in
            ["{ a b }".to_owned(), "{ a x: a }".to_owned(), "{ a ... { b } }".to_owned(), format!("{{ ...f }} {f}")]
        {
            assert_eq!(code(&format!("subscription {two}")).as_deref(), Some("request.invalid"), "{two}");
        }
        let turning = "{ a ...g ...g } fragment g on S { ...g ...g ...g }";
        assert_eq!(code(&format!("subscription {turning}")), None, "the rules of validation refuse it");
    }

    #[test]
    fn fragments_are_weighed_spread_out_and_once() {
        let doubling = |levels: usize| {
            let fragments = (0..levels).map(|n| format!("fragment f{n} on Q {{ ...f{0} ...f{0} }} ", n + 1));
            format!("{{ ...f0 }} {} fragment f{levels} on Q {{ a }}", fragments.collect::<String>())
        };
        assert_eq!(code(&doubling(10)), None);
        assert_eq!(code(&doubling(30)).as_deref(), Some("request.too_large"));
        assert_eq!(code(&doubling(5_000)).as_deref(), Some("request.too_deep"));
        assert_eq!(code("{ ...f } fragment f on Q { ...f }"), None);
    }
}
