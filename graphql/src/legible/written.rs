//! What a parsed document holds: as it is written, and with every fragment spread out.

use std::collections::HashMap;

use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, ServerResult};

use super::{NESTING, refused};

/// What is counted as it is written. The brackets were counted before: no selection nests deep here.
#[derive(Default)]
pub struct Written {
    /// Fields with another name than their own.
    pub aliases: usize,
    /// Directives, wherever they stand.
    pub directives: usize,
    /// Whether something is asked of the schema.
    pub asks_schema: bool,
}

impl Written {
    /// Of a document.
    pub fn of(document: &ExecutableDocument) -> Self {
        let mut written = Self::default();
        for (_, operation) in document.operations.iter() {
            let variables = operation.node.variable_definitions.iter();
            written.directives += variables.map(|variable| variable.node.directives.len()).sum::<usize>();
            written.directives += operation.node.directives.len();
            written.select(&operation.node.selection_set.node);
        }
        for fragment in document.fragments.values() {
            written.directives += fragment.node.directives.len();
            written.select(&fragment.node.selection_set.node);
        }
        written
    }

    fn select(&mut self, set: &SelectionSet) {
        for item in &set.items {
            self.directives += item.node.directives().len();
            match &item.node {
                Selection::Field(field) => {
                    self.aliases += usize::from(field.node.alias.is_some());
                    self.asks_schema |= ["__schema", "__type"].contains(&field.node.name.node.as_str());
                    self.select(&field.node.selection_set.node);
                }
                Selection::InlineFragment(inline) => self.select(&inline.node.selection_set.node),
                Selection::FragmentSpread(_) => {}
            }
        }
    }
}

/// How much fragments hold, each weighed once.
pub struct Spread<'a> {
    document: &'a ExecutableDocument,
    known: HashMap<&'a Name, usize>,
}

impl<'a> Spread<'a> {
    /// Of a document; nothing is weighed yet.
    pub fn of(document: &'a ExecutableDocument) -> Self {
        Self { document, known: HashMap::new() }
    }

    /// How much a selection holds.
    ///
    /// # Errors
    /// `request.too_deep`.
    pub fn weigh(&mut self, set: &'a SelectionSet, depth: usize) -> ServerResult<usize> {
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
    pub fn at_root(&self, set: &'a SelectionSet, known: &mut HashMap<&'a Name, usize>) -> usize {
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
