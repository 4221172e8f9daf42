//! The schema itself, as the stories walk over it.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{BaseType, InputValueDefinition, Type, TypeKind, TypeSystemDefinition};

/// A field: its arguments and their types, and the type it answers with.
#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    pub arguments: Vec<(String, Type)>,
    pub of: Type,
}

/// The types of the schema.
pub struct Contract {
    objects: BTreeMap<String, Vec<Field>>,
    inputs: BTreeMap<String, Vec<(String, Type)>>,
    /// Types of which others are.
    abstracts: BTreeSet<String>,
}

/// The name of a type without what stands around it.
pub fn named(of: &Type) -> &str {
    match &of.base {
        BaseType::Named(name) => name,
        BaseType::List(within) => named(within),
    }
}

impl Contract {
    /// Of this build.
    pub fn of_schema() -> Self {
        let document = parse_schema(graphql::schema::sdl()).unwrap();
        let (mut objects, mut inputs, mut abstracts) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let argument = |given: &InputValueDefinition| (given.name.node.to_string(), given.ty.node.clone());
        for definition in document.definitions {
            let TypeSystemDefinition::Type(definition) = definition else { continue };
            let name = definition.node.name.node.to_string();
            match definition.node.kind {
                TypeKind::Object(object) => {
                    let fields = object.fields.iter().map(|field| Field {
                        name: field.node.name.node.to_string(),
                        arguments: field.node.arguments.iter().map(|given| argument(&given.node)).collect(),
                        of: field.node.ty.node.clone(),
                    });
                    objects.insert(name, fields.collect());
                }
                TypeKind::InputObject(input) => {
                    inputs.insert(name, input.fields.iter().map(|given| argument(&given.node)).collect());
                }
                TypeKind::Interface(_) | TypeKind::Union(_) => _ = abstracts.insert(name),
                TypeKind::Scalar | TypeKind::Enum(_) => {}
            }
        }
        Self { objects, inputs, abstracts }
    }

    /// The types with fields, by name.
    pub fn objects(&self) -> &BTreeMap<String, Vec<Field>> {
        &self.objects
    }

    /// Whether a field of this type is asked for with parts.
    pub fn has_parts(&self, of: &str) -> bool {
        self.objects.contains_key(of) || self.abstracts.contains(of)
    }

    /// Every place of a root type's fields at which an id is given, as `field.argument.part`.
    pub fn places(&self, root: &str) -> Vec<String> {
        let fields = self.objects[root].iter();
        let arguments = fields.flat_map(|field| field.arguments.iter().map(|(name, of)| (&field.name, name, of)));
        arguments.flat_map(|(field, name, of)| self.ids(of, &format!("{field}.{name}"), &[])).collect()
    }

    fn ids(&self, of: &Type, at: &str, above: &[&str]) -> Vec<String> {
        let name = named(of);
        match self.inputs.get(name) {
            None if name == "ID" => vec![at.to_owned()],
            Some(parts) if !above.contains(&name) => {
                let above = [above, &[name]].concat();
                parts.iter().flat_map(|(part, of)| self.ids(of, &format!("{at}.{part}"), &above)).collect()
            }
            None | Some(_) => vec![],
        }
    }
}
