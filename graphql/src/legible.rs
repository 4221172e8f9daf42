//! Whether a request's text can be read: looked at before the parser, which trusts what it is given.
//!
//! # Rules
//! - An escape of half a character, such as `\ud83d`, is refused (`request.half_character`): the parser has no answer
//!   to it.
//! - Brackets nest at most [`NESTING`] deep, fragments in fragments too (`request.too_deep`): the parser and the
//!   checks after it recurse.
//! - It has at most [`LONGEST`] bytes, and with every fragment spread out it selects at most [`SELECTIONS`] things
//!   (`request.too_large`): a few fragments that each name the next one twice would grow without end.
//! - An operation asks for at most [`ROOTS`] things at its root, and a document renames at most [`ALIASES`] fields
//!   (`request.too_many_fields`): each root field reads, or sends a command, for itself.
//! - A document has at most [`DIRECTIVES`] directives (`request.too_many_directives`).
//! - Where the schema is not told, it asks nothing of the schema (`request.no_introspection`).
//! - A subscription selects one thing: two would be two streams under one id.
//! - A variable that may not be null has a value (`request.invalid`): the library looks only where one is used.
//!
//! # Not here
//! What the fields weigh and whether they exist (the schema).

mod parsed;
mod written;

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{IntrospectionMode, Name, Request, ServerError, ServerResult, Value};

pub use self::parsed::Parsed;
use self::written::{Spread, Written};

/// How deep brackets may nest.
pub const NESTING: usize = 64;
/// How long a document may be, in bytes; what is long belongs into variables.
pub const LONGEST: usize = 100_000;
/// How much may be selected with every fragment spread out.
pub const SELECTIONS: usize = 20_000;
/// How much an operation may ask for at its root.
pub const ROOTS: usize = 20;
/// How many fields of a document may have another name than their own.
pub const ALIASES: usize = 100;
/// How many directives a document may have.
pub const DIRECTIVES: usize = 100;

/// The codes of the errors that a request's text leads to; `request.invalid` where it is not GraphQL, or asks for what
/// the schema does not have.
pub const CODES: &[&str] = &[
    "request.bad_purpose",
    "request.half_character",
    "request.invalid",
    "request.no_introspection",
    "request.too_deep",
    "request.too_large",
    "request.too_many_directives",
    "request.too_many_fields",
];

/// The parsed document of a request that has what it needs to be run.
///
/// # Errors
/// Those of [`CODES`].
pub fn document<'a>(request: &'a mut Request, parsed: &Parsed) -> ServerResult<&'a ExecutableDocument> {
    let given = request.variables.iter().map(|(name, value)| (name.clone(), *value != Value::Null)).collect();
    let name = request.operation_name.clone();
    parsed.read(request)?;
    let document = request.parsed_query()?;
    has_values(document, name.as_deref(), &given)?;
    Ok(document)
}

/// The parsed document of a request, whatever is given with it.
///
/// # Errors
/// Those of [`CODES`].
pub fn readable(request: &mut Request) -> ServerResult<&ExecutableDocument> {
    text(&request.query)?;
    let asks_nothing = request.introspection_mode == IntrospectionMode::Disabled;
    let document = request.parsed_query()?;
    few(&Written::of(document), asks_nothing)?;
    let mut spread = Spread::of(document);
    for (_, operation) in document.operations.iter() {
        let selected = spread.weigh(&operation.node.selection_set.node, 0)?;
        if selected > SELECTIONS {
            let message = format!("it selects {selected} things; {SELECTIONS} is the most");
            return Err(refused("request.too_large", &message));
        }
        let roots = spread.at_root(&operation.node.selection_set.node, &mut HashMap::new());
        if operation.node.ty == OperationType::Subscription && roots > 1 {
            return Err(refused("request.invalid", "a subscription has one root field; subscribe once for each"));
        }
        if roots > ROOTS {
            let message =
                format!("it asks for {roots} things at its root; {ROOTS} is the most: send the rest in another");
            return Err(refused("request.too_many_fields", &message));
        }
    }
    Ok(document)
}

/// Refuses what has too much of what is cheap to write.
fn few(written: &Written, asks_nothing: bool) -> ServerResult<()> {
    let Written { aliases, directives, asks_schema } = *written;
    if asks_nothing && asks_schema {
        let message = "the schema is not told here; it is in the documentation, and in `sanping schema graphql`";
        return Err(refused("request.no_introspection", message));
    }
    if aliases > ALIASES {
        let message = format!("{aliases} fields have another name than their own; {ALIASES} is the most");
        return Err(refused("request.too_many_fields", &message));
    }
    if directives > DIRECTIVES {
        let message = format!("it has {directives} directives; {DIRECTIVES} is the most");
        return Err(refused("request.too_many_directives", &message));
    }
    Ok(())
}

/// Refuses an operation that is to run without a value for a variable that may not be null; `given` says of each variable
/// that was given whether it has one.
fn has_values(document: &ExecutableDocument, name: Option<&str>, given: &HashMap<Name, bool>) -> ServerResult<()> {
    let runs = |named: Option<&Name>| name.is_none() || named.map(Name::as_str) == name;
    for (_, operation) in document.operations.iter().filter(|(named, _)| runs(*named)) {
        for variable in operation.node.variable_definitions.iter().map(|variable| &variable.node) {
            let (name, of) = (&variable.name.node, &variable.var_type.node);
            let has_value = given.get(name).copied().unwrap_or(variable.default_value.is_some());
            if !of.nullable && !has_value {
                let message = format!("${name} is of the type {of}, which is not null; give it a value in variables");
                return Err(refused("request.invalid", &message));
            }
        }
    }
    Ok(())
}

/// An error of what cannot be read, under its code.
#[must_use]
pub fn refused(code: &str, message: &str) -> ServerError {
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
        Within::Code | Within::Comment if query.len() > LONGEST => {
            let message = format!("the document has {} bytes; {LONGEST} is the most: use variables", query.len());
            Err(refused("request.too_large", &message))
        }
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

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use serde_json::json;

    use super::*;

    fn code(query: &str) -> Option<String> {
        let error = document(&mut Request::new(query), &Parsed::default()).err()?;
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
    fn variables_that_may_not_be_null_have_a_value() {
        let code = |query: &str, variables: serde_json::Value| {
            let request = Request::new(query).variables(Variables::from_json(variables));
            document(&mut request.operation_name("A"), &Parsed::default()).err().map(|error| error.message)
        };
        let query = "query A($id: ID!, $n: Int! = 1, $m: Int) { a } query B($other: ID!) { a }";
        assert_eq!(code(query, json!({ "id": "1" })), None);
        assert_eq!(code(query, json!({ "id": "1", "n": 2, "m": null })), None);
        for variables in [json!({}), json!({ "id": null }), json!({ "id": "1", "n": null })] {
            assert!(code(query, variables.clone()).is_some_and(|told| told.contains("is not null")), "{variables}");
        }
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
    fn what_is_cheap_to_write_is_counted() {
        let many = |one: &str, times: usize| vec![one; times].join(" ");
        let renamed = |times| format!("{{ a {{ {} }} }}", many("x: b", times));
        assert_eq!(code(&renamed(ALIASES)), None);
        assert_eq!(code(&renamed(ALIASES + 1)).as_deref(), Some("request.too_many_fields"));
        for (roots, refused) in [(ROOTS, None), (ROOTS + 1, Some("request.too_many_fields"))] {
            assert_eq!(code(&format!("{{ {} }}", many("a", roots))).as_deref(), refused);
            let spread = format!("{{ ...f }} fragment f on Q {{ {} }}", many("a", roots));
            assert_eq!(code(&spread).as_deref(), refused);
        }
        for (times, refused) in [(DIRECTIVES, None), (DIRECTIVES + 1, Some("request.too_many_directives"))] {
            let given = many("@x", times);
            for query in [
                format!("{{ a {given} }}"),
                format!("{{ a {{ b {given} }} }}"),
                format!("{{ ... {given} {{ b }} }}"),
                format!("{{ ...f {given} }} fragment f on Q {{ b }}"),
                format!("{{ ...f }} fragment f on Q {given} {{ b }}"),
                format!("query {given} {{ a }}"),
                format!("query($v: Int {given}) {{ a }}"),
            ] {
                assert_eq!(code(&query).as_deref(), refused, "{query}");
            }
        }
        assert_eq!(code(&format!("{{ a }} # {}", "x".repeat(LONGEST))).as_deref(), Some("request.too_large"));
        assert_eq!(code(&format!("{{ a }} # {}", "x".repeat(LONGEST - 10))), None);
    }

    #[test]
    fn the_schema_is_told_only_where_it_may_be() {
        for asks in ["{ __schema { a } }", "{ ...f } fragment f on Q { x: __type { a } }", "{ ... { __schema { a } } }"]
        {
            assert_eq!(code(asks), None, "{asks}");
            let refused = document(&mut Request::new(asks).disable_introspection(), &Parsed::default()).err();
            let code = refused.and_then(|error| error.extensions?.get("code").cloned());
            assert_eq!(code, Some(Value::from("request.no_introspection")), "{asks}");
        }
        assert!(readable(&mut Request::new("{ __typename a { __typename } }").disable_introspection()).is_ok());
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
            format!("{{ a {{ ...f0 }} }} {} fragment f{levels} on Q {{ a }}", fragments.collect::<String>())
        };
        assert_eq!(code(&doubling(10)), None);
        assert_eq!(code(&doubling(30)).as_deref(), Some("request.too_large"));
        assert_eq!(code(&doubling(1_000)).as_deref(), Some("request.too_deep"));
        assert_eq!(code("{ ...f } fragment f on Q { ...f }"), None);
    }
}
