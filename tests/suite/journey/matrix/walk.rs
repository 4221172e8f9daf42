//! Documents that ask for every field below a way into the schema, and what came of each.

use std::collections::BTreeMap;

use async_graphql::parser::types::FieldDefinition;
use serde_json::Value;

use crate::sdl::{Sdl, named};

/// A field of a type.
pub type Key = (String, String);

/// What came of a field: `+` something, `?` null, `-` denied.
pub type Came = BTreeMap<Key, char>;

/// A field that is asked for.
pub struct Pick {
    key: Key,
    text: String,
    within: Vec<Pick>,
}

/// Types that ways of their own lead to: where they are met on the way, only that they are there is asked.
pub struct Walk<'a> {
    pub schema: &'a Sdl,
    pub own: Vec<&'a str>,
}

impl Walk<'_> {
    /// What is asked for of a type: along a way where it is on one, and everything at the end of it.
    pub fn picks(&self, of: &str, way: Option<&[&str]>) -> Vec<Pick> {
        let fields: Vec<&FieldDefinition> = self.fields(of);
        if fields.is_empty() {
            return vec![];
        }
        // A page and its edges are passed through.
        if let (Some([step, rest @ ..]), false) = (way, passed(of, &fields)) {
            let name = step.split('(').next().unwrap();
            let field =
                fields.iter().find(|field| field.name.node == name).unwrap_or_else(|| panic!("{of} has no {name}"));
            let within = self.picks(named(&field.ty.node), Some(rest));
            return vec![Pick { key: (of.to_owned(), name.to_owned()), text: (*step).to_owned(), within }];
        }
        fields.iter().map(|field| self.pick(of, field, way.filter(|_| passed(of, &fields)))).collect()
    }

    fn pick(&self, of: &str, field: &FieldDefinition, way: Option<&[&str]>) -> Pick {
        let (target, name) = (named(&field.ty.node).as_str(), field.name.node.as_str());
        let page = is_page(&self.fields(of));
        let rows = page && name == "edges" || of.ends_with("Edge") && name == "node";
        let within = match self.schema.objects().find(|of| *of == target) {
            None => vec![],
            // The same rows stand in the edges.
            Some(_) if page && name == "nodes" => vec![],
            Some(_) if rows && way.is_some() => self.picks(target, way),
            Some(_) if self.own.contains(&target) => vec![],
            Some(_) => self.picks(target, None),
        };
        Pick { key: (of.to_owned(), name.to_owned()), text: format!("{name}{}", arguments(field)), within }
    }

    /// The document.
    pub fn text(&self, picks: &[Pick]) -> String {
        let one = |pick: &Pick| match (pick.within.is_empty(), self.of(&pick.key)) {
            (false, _) => format!("{} {{ {} }}", pick.text, self.text(&pick.within)),
            (true, "Subject") => format!("{} {{ of }}", pick.text),
            (true, "Member") => format!("{} {{ id }}", pick.text),
            (true, of) if self.schema.is_object(of) => format!("{} {{ __typename }}", pick.text),
            (true, _) => pick.text.clone(),
        };
        picks.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    /// The fields of what is answered as it is; nothing of what is one of several.
    fn fields(&self, of: &str) -> Vec<&FieldDefinition> {
        self.schema.objects().filter(|known| *known == of).flat_map(|of| self.schema.fields(of)).collect()
    }

    /// The type of a field.
    fn of(&self, (of, name): &Key) -> &str {
        named(&self.schema.fields(of).find(|field| field.name.node == name.as_str()).unwrap().ty.node)
    }
}

fn passed(of: &str, fields: &[&FieldDefinition]) -> bool {
    is_page(fields) || of.ends_with("Edge")
}

fn is_page(fields: &[&FieldDefinition]) -> bool {
    fields.iter().any(|field| field.name.node == "pageInfo")
}

/// What a field is given where it is asked for on the way.
fn arguments(field: &FieldDefinition) -> String {
    let given = field.arguments.iter().filter_map(|argument| match argument.node.name.node.as_str() {
        "first" => Some("first: 3".to_owned()),
        "year" => Some("year: 2022".to_owned()),
        _ if argument.node.ty.node.nullable => None,
        name => panic!("what is {name} of {}?", field.name.node),
    });
    match given.collect::<Vec<_>>().join(", ") {
        given if given.is_empty() => String::new(),
        given => format!("({given})"),
    }
}

/// Notes what came of each pick in an answer; rows about these others are left aside.
pub fn noted(picks: &[Pick], response: &Value, others: &[String], came: &mut Came) {
    let denied: Vec<String> = response["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|error| {
            let code = error["extensions"]["code"].as_str();
            assert_eq!(code, Some("policy.denied"), "{error}");
            path(error["path"].as_array().unwrap())
        })
        .collect();
    of_object(picks, &response["data"], "", &Aside { denied: &denied, others }, came);
}

fn path(parts: &[Value]) -> String {
    parts.iter().map(|part| format!("/{}", part.as_str().map_or_else(|| part.to_string(), str::to_owned))).collect()
}

/// Where something was denied, and who is not looked at.
struct Aside<'a> {
    denied: &'a [String],
    others: &'a [String],
}

impl Aside<'_> {
    fn is_denied(&self, at: &str) -> bool {
        self.denied.iter().any(|path| path == at || path.starts_with(&format!("{at}/")))
    }

    /// Whether a row of a list is about somebody else.
    fn leaves(&self, row: &Value) -> bool {
        let row = row.get("node").unwrap_or(row);
        let whose = ["member", "subject"].into_iter().flat_map(|of| [&row[of]["id"], &row[of]["of"]]);
        let whose = whose.filter_map(Value::as_str);
        row.is_null() || whose.into_iter().any(|whose| self.others.iter().any(|other| other == whose))
    }
}

fn of_object(picks: &[Pick], value: &Value, at: &str, aside: &Aside<'_>, came: &mut Came) {
    for pick in picks {
        let at = format!("{at}/{}", pick.key.1);
        let found = &value[&pick.key.1];
        match found {
            Value::Null if aside.is_denied(&at) => refused(pick, came),
            Value::Null => at_least(came, &pick.key, '?'),
            Value::Array(list) => {
                at_least(came, &pick.key, '+');
                for (number, one) in list.iter().enumerate().filter(|(_, one)| !aside.leaves(one)) {
                    of_object(&pick.within, one, &format!("{at}/{number}"), aside, came);
                }
            }
            one => {
                at_least(came, &pick.key, '+');
                of_object(&pick.within, one, &at, aside, came);
            }
        }
    }
}

fn refused(pick: &Pick, came: &mut Came) {
    at_least(came, &pick.key, '-');
    pick.within.iter().for_each(|within| refused(within, came));
}

/// What was answered once is reached, whatever another way to it came to.
fn at_least(came: &mut Came, key: &Key, what: char) {
    let rank = |what: char| "-?+".find(what);
    let known = came.entry(key.clone()).or_insert(what);
    if rank(what) > rank(*known) {
        *known = what;
    }
}
