//! The reference of the API, made of the schema: `docs/api.md` and a page for each area.
//!
//! A field at the root belongs to the area that names it in [`AREAS`]; a type to the area from whose root fields it is nearest,
//! and to the shared page where it is as near from several.

mod areas;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write as _;

use async_graphql::Positioned;
use async_graphql::parser::types::{BaseType, FieldDefinition, InputValueDefinition, Type, TypeKind};

use self::areas::{AREAS, Area, SHARED};
use crate::derived::check;
use crate::sdl::{Sdl, deprecated, named};

/// Arguments that say the same wherever they are: explained once.
const COMMON: [&str; 4] = ["first", "after", "asOf", "atLeast"];
/// The types of the roots.
const ROOTS: [(&str, &str); 3] = [("Query", "query"), ("Mutation", "mutation"), ("Feed", "subscription")];

/// The codes that the journeys were refused with: by mutation.
fn refused() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut refused: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for line in include_str!("journey/refused.txt").lines() {
        let (mutation, code) = line.split_once(' ').unwrap();
        refused.entry(mutation).or_default().push(code);
    }
    refused
}

/// What the rest of a name is of: `MemberConnection` and `MemberEdge` are of `Member`.
fn wrapped(name: &str) -> Option<(&'static str, &str)> {
    let page = name.strip_suffix("Connection").map(|of| ("page of ", of));
    page.or_else(|| name.strip_suffix("Edge").map(|of| ("edge of ", of)))
}

struct Reference<'s> {
    sdl: &'s Sdl,
    /// The page that each type is on.
    pages: BTreeMap<String, &'static str>,
    refused: BTreeMap<&'static str, Vec<&'static str>>,
}

impl<'s> Reference<'s> {
    fn of(sdl: &'s Sdl) -> Self {
        Self { sdl, pages: places(sdl), refused: refused() }
    }

    /// A type with its link, in the words of the reference.
    fn shown(&self, of: &Type) -> String {
        let never_null = if of.nullable { "" } else { "!" };
        match &of.base {
            BaseType::List(of) => format!("list of {}{never_null}", self.shown(of)),
            BaseType::Named(name) => {
                let (before, name) = wrapped(name).unwrap_or(("", name));
                format!("{before}{}{never_null}", self.link(name))
            }
        }
    }

    fn link(&self, name: &str) -> String {
        match self.pages.get(name) {
            Some(page) => format!("[{name}]({page}.md#type-{})", name.to_lowercase()),
            None => format!("`{name}`"),
        }
    }

    fn arguments(&self, arguments: &[Positioned<InputValueDefinition>]) -> Vec<String> {
        let told = arguments.iter().map(|argument| &argument.node);
        let told = told.filter(|argument| !COMMON.contains(&argument.name.node.as_str()));
        told.map(|argument| {
            let default = argument.default_value.as_ref().map(|value| format!(" = `{}`", value.node));
            let (name, of) = (&argument.name.node, self.shown(&argument.ty.node));
            format!("`{name}` {of}{}: {}", default.unwrap_or_default(), line(argument.description.as_ref()))
        })
        .collect()
    }

    fn root_field(&self, text: &mut String, kind: &str, field: &FieldDefinition) {
        let name = &field.name.node;
        write!(text, "\n### {kind} {name}\n\n{}\n\n", line(field.description.as_ref())).unwrap();
        for argument in self.arguments(&field.arguments) {
            writeln!(text, "- {argument}").unwrap();
        }
        let common: Vec<String> = common(&field.arguments).map(|name| format!("`{name}`")).collect();
        if !common.is_empty() {
            writeln!(text, "- {}: [as everywhere](shared.md#arguments-that-come-again)", common.join(", ")).unwrap();
        }
        writeln!(text, "- answers {}", self.shown(&field.ty.node)).unwrap();
        if let Some(reason) = deprecated(&field.directives) {
            writeln!(text, "- **deprecated** {reason}").unwrap();
        }
        if let Some(codes) = self.refused.get(name.as_str()) {
            let codes: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
            writeln!(text, "- [refused](../errors.md#rules) with {}", codes.join(", ")).unwrap();
        }
    }

    fn field(&self, text: &mut String, field: &FieldDefinition) {
        let names: Vec<&str> = field.arguments.iter().map(|argument| argument.node.name.node.as_str()).collect();
        let asked = if names.is_empty() { String::new() } else { format!("({})", names.join(", ")) };
        let told = [line(field.description.as_ref())].into_iter().chain(self.arguments(&field.arguments));
        let told = told.chain(deprecated(&field.directives).map(|reason| format!("**deprecated** {reason}")));
        let told = told.collect::<Vec<_>>().join("<br>");
        row(text, &format!("`{}{asked}`", field.name.node), &self.shown(&field.ty.node), &told);
    }

    fn input(&self, text: &mut String, input: &InputValueDefinition) {
        let default = input.default_value.as_ref().map(|value| format!(" = `{}`", value.node));
        let of = format!("{}{}", self.shown(&input.ty.node), default.unwrap_or_default());
        row(text, &format!("`{}`", input.name.node), &of, &line(input.description.as_ref()));
    }

    fn a_type(&self, text: &mut String, name: &str) {
        let of = &self.sdl.0[name];
        write!(text, "\n### type {name}\n\n{}\n\n", line(of.description.as_ref())).unwrap();
        match &of.kind {
            TypeKind::Object(_) | TypeKind::Interface(_) => {
                *text += "| field | type | what it is |\n|---|---|---|\n";
                self.sdl.fields(name).for_each(|field| self.field(text, field));
            }
            TypeKind::InputObject(_) => {
                if of.directives.iter().any(|directive| directive.node.name.node == "oneOf") {
                    *text += "Exactly one of:\n\n";
                }
                *text += "| input | type | what it is |\n|---|---|---|\n";
                self.sdl.inputs(name).for_each(|input| self.input(text, input));
            }
            TypeKind::Enum(of) => {
                *text += "| value | what it is |\n|---|---|\n";
                for value in &of.values {
                    let (name, told) = (&value.node.value.node, line(value.node.description.as_ref()));
                    writeln!(text, "| `{name}` | {} |", cell(&told)).unwrap();
                }
            }
            TypeKind::Union(of) => {
                let members: Vec<String> = of.members.iter().map(|member| self.link(&member.node)).collect();
                writeln!(text, "One of {}.", members.join(", ")).unwrap();
            }
            TypeKind::Scalar => {}
        }
    }

    /// The types on a page: what is asked for and answered, before what is given.
    fn types(&self, text: &mut String, page: &str) {
        let on_page = self.pages.iter().filter(|(_, on)| **on == page).map(|(name, _)| name.as_str());
        let given = |name: &&str| matches!(self.sdl.0[*name].kind, TypeKind::InputObject(_));
        let (inputs, others): (Vec<&str>, Vec<&str>) = on_page.partition(given);
        for (title, names) in [("Types", others), ("Inputs", inputs)] {
            if !names.is_empty() {
                write!(text, "\n## {title}\n").unwrap();
                names.into_iter().for_each(|name| self.a_type(text, name));
            }
        }
    }

    fn page(&self, area: &Area) -> String {
        let mut text =
            format!("# {}\n\n{}\n\n[All areas](../api.md) · generated by `./dev bless`\n", area.title, area.about);
        for (root, kind) in ROOTS {
            let fields = self.sdl.fields(root).filter(|field| area.has(kind, field.name.node.as_str()));
            let mut fields = fields.peekable();
            if fields.peek().is_some() {
                write!(text, "\n## {}\n", title_of(kind)).unwrap();
                fields.for_each(|field| self.root_field(&mut text, kind, field));
            }
        }
        self.types(&mut text, area.page);
        text
    }

    fn index(&self) -> String {
        let mut text = areas::INDEX.to_owned();
        for area in AREAS {
            write!(text, "\n### [{}](api/{}.md)\n\n{}\n", area.title, area.page, area.about).unwrap();
            for (root, kind) in ROOTS {
                let fields = self.sdl.fields(root).map(|field| field.name.node.as_str());
                let links: Vec<String> = fields
                    .filter(|field| area.has(kind, field))
                    .map(|field| format!("[{field}](api/{}.md#{kind}-{})", area.page, field.to_lowercase()))
                    .collect();
                if !links.is_empty() {
                    write!(text, "\n{}: {}\n", title_of(kind), links.join(", ")).unwrap();
                }
            }
        }
        let types =
            self.pages.iter().map(|(name, page)| format!("[{name}](api/{page}.md#type-{})", name.to_lowercase()));
        write!(text, "\n## Types\n\n{}\n", types.collect::<Vec<_>>().join(", ")).unwrap();
        text
    }
}

fn title_of(kind: &str) -> &'static str {
    match kind {
        "query" => "Queries",
        "mutation" => "Mutations",
        _ => "Subscriptions",
    }
}

fn common(arguments: &[Positioned<InputValueDefinition>]) -> impl Iterator<Item = &str> {
    arguments.iter().map(|argument| argument.node.name.node.as_str()).filter(|name| COMMON.contains(name))
}

/// A description in one line.
fn line(description: Option<&Positioned<String>>) -> String {
    description.map(|text| text.node.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default()
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn row(text: &mut String, name: &str, of: &str, told: &str) {
    writeln!(text, "| {name} | {of} | {} |", cell(told)).unwrap();
}

/// What a type leads to.
fn leads_to(sdl: &Sdl, name: &str) -> BTreeSet<String> {
    let mut to = BTreeSet::new();
    for field in sdl.fields(name) {
        to.insert(named(&field.ty.node).to_string());
        to.extend(field.arguments.iter().map(|argument| named(&argument.node.ty.node).to_string()));
    }
    to.extend(sdl.inputs(name).map(|input| named(&input.ty.node).to_string()));
    // What is a page or an edge of something is no type to be told of by itself.
    to.into_iter().map(|name| wrapped(&name).map_or(name.clone(), |(_, of)| of.to_owned())).collect()
}

/// How far every type is from the root fields of an area.
fn distances(sdl: &Sdl, area: &Area) -> BTreeMap<String, usize> {
    let (mut found, mut waiting) = (BTreeMap::new(), VecDeque::new());
    for (root, kind) in ROOTS {
        for field in sdl.fields(root).filter(|field| area.has(kind, field.name.node.as_str())) {
            let arguments = field.arguments.iter().map(|argument| named(&argument.node.ty.node));
            for name in arguments.chain([named(&field.ty.node)]) {
                waiting.push_back((wrapped(name).map_or(name.to_string(), |(_, of)| of.to_owned()), 1));
            }
        }
    }
    while let Some((name, far)) = waiting.pop_front() {
        if let Entry::Vacant(new) = found.entry(name) {
            waiting.extend(leads_to(sdl, new.key()).into_iter().map(|to| (to, far + 1)));
            new.insert(far);
        }
    }
    found
}

/// The page of each type.
fn places(sdl: &Sdl) -> BTreeMap<String, &'static str> {
    let from: Vec<_> = AREAS.iter().map(|area| (area.page, distances(sdl, area))).collect();
    let told = sdl.0.keys().filter(|name| wrapped(name).is_none() && !ROOTS.iter().any(|(root, _)| root == name));
    let page = |name: &String| {
        let far = from.iter().filter_map(|(page, far)| Some((far.get(name)?, *page)));
        let nearest = far.clone().map(|(far, _)| far).min()?;
        let mut pages = far.filter(|(far, _)| *far == nearest).map(|(_, page)| page);
        let first = pages.next()?;
        Some((name.clone(), if pages.next().is_some() { SHARED.page } else { first }))
    };
    // Every page of a list has one.
    told.filter_map(page).chain([("PageInfo".to_owned(), SHARED.page)]).collect()
}

#[test]
fn the_reference_of_the_api_is_current_and_complete() {
    let sdl = Sdl::read(&graphql::schema::sdl());
    for (root, kind) in ROOTS {
        for field in sdl.fields(root).map(|field| field.name.node.as_str()) {
            let of = AREAS.iter().filter(|area| area.has(kind, field)).count();
            assert_eq!(of, 1, "name the {kind} {field} in one area of tests/suite/reference/areas.rs");
        }
    }
    for (kind, field) in AREAS.iter().flat_map(Area::all) {
        let root = ROOTS.iter().find(|(_, of)| *of == kind).unwrap().0;
        assert!(sdl.fields(root).any(|known| known.name.node == field), "there is no {kind} {field}");
    }
    let reference = Reference::of(&sdl);
    let untold: Vec<_> = sdl
        .0
        .keys()
        .filter(|name| {
            let root = ROOTS.iter().any(|(root, _)| root == name);
            !root && wrapped(name).is_none() && !reference.pages.contains_key(*name)
        })
        .collect();
    assert_eq!(untold, Vec::<&String>::new(), "types that no root field leads to");
    check("docs/api.md", &reference.index());
    for area in AREAS {
        check(&format!("docs/api/{}.md", area.page), &reference.page(area));
    }
    let mut shared = areas::shared();
    reference.types(&mut shared, SHARED.page);
    check(&format!("docs/api/{}.md", SHARED.page), &shared);
}
