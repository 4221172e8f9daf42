//! The schema as tests read it: from its checked-in text.

use std::collections::BTreeMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, ConstDirective, FieldDefinition, InputValueDefinition, Type, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};

/// The types of a schema by name.
pub struct Sdl(pub BTreeMap<String, TypeDefinition>);

/// The type that a type is of, without lists and without whether it may be null.
pub fn named(of: &Type) -> &Name {
    match &of.base {
        BaseType::Named(name) => name,
        BaseType::List(of) => named(of),
    }
}

/// The reason of a deprecation, where something is deprecated.
pub fn deprecated(directives: &[Positioned<ConstDirective>]) -> Option<String> {
    let deprecated = directives.iter().find(|directive| directive.node.name.node == "deprecated")?;
    let reason = deprecated.node.get_argument("reason").map(|reason| reason.node.to_string());
    Some(reason.unwrap_or_default().trim_matches('"').to_owned())
}

impl Sdl {
    /// The types of a schema's text.
    pub fn read(text: &str) -> Self {
        let document = parse_schema(text).unwrap();
        let types = document.definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(of) => Some((of.node.name.node.to_string(), of.node)),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        });
        Self(types.collect())
    }

    /// The fields of a type, where it has some.
    pub fn fields(&self, of: &str) -> impl Iterator<Item = &FieldDefinition> {
        let fields = match self.0.get(of).map(|of| &of.kind) {
            Some(TypeKind::Object(object)) => &object.fields[..],
            Some(TypeKind::Interface(interface)) => &interface.fields[..],
            _other => &[],
        };
        fields.iter().map(|field| &field.node)
    }

    /// The fields of an input, where it is one.
    pub fn inputs(&self, of: &str) -> impl Iterator<Item = &InputValueDefinition> {
        let fields = match self.0.get(of).map(|of| &of.kind) {
            Some(TypeKind::InputObject(input)) => &input.fields[..],
            _other => &[],
        };
        fields.iter().map(|field| &field.node)
    }

    /// Whether a type is an object.
    pub fn is_object(&self, of: &str) -> bool {
        matches!(
            self.0.get(of).map(|of| &of.kind),
            Some(TypeKind::Object(_) | TypeKind::Interface(_) | TypeKind::Union(_))
        )
    }

    /// The types that are answered as they are, not as one of several.
    pub fn objects(&self) -> impl Iterator<Item = &str> {
        let objects = self.0.iter().filter(|(_, of)| matches!(of.kind, TypeKind::Object(_)));
        objects.map(|(name, _)| name.as_str())
    }

    /// Every place of a root type's fields at which an id is given, as `field.argument.part`.
    pub fn places(&self, root: &str) -> Vec<String> {
        let arguments = self.fields(root).flat_map(|field| {
            field
                .arguments
                .iter()
                .map(move |argument| (&field.name.node, &argument.node.name.node, &argument.node.ty.node))
        });
        arguments.flat_map(|(field, name, of)| self.ids(of, &format!("{field}.{name}"), &[])).collect()
    }

    fn ids(&self, of: &Type, at: &str, above: &[&str]) -> Vec<String> {
        let name = named(of).as_str();
        match name == "ID" {
            true => vec![at.to_owned()],
            false if above.contains(&name) => vec![],
            false => {
                let above = [above, &[name]].concat();
                let parts = self.inputs(name);
                parts.flat_map(|part| self.ids(&part.ty.node, &format!("{at}.{}", part.name.node), &above)).collect()
            }
        }
    }

    /// What a connection is a list of; nothing for what is none.
    pub fn rows_of(&self, connection: &str) -> Option<&Name> {
        connection.ends_with("Connection").then_some(())?;
        self.fields(connection).find(|field| field.name.node == "nodes").map(|nodes| named(&nodes.ty.node))
    }
}
