//! The requests of an import: one mutation each, as the schema declares it.

use std::collections::HashMap;

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use async_graphql::{Request, Variables};
use serde_json::{Value, json};

use super::line::Line;

/// What is answered of a command.
const ANSWER: &str = "position origin id: of replayed refusal { code message }";

/// The mutations there are, by name, each as a request's text.
pub struct Mutations(HashMap<String, String>);

impl Mutations {
    /// Those of the schema.
    #[must_use]
    pub fn all() -> Self {
        let schema = parse_schema(graphql::schema::sdl()).expect("the schema describes itself");
        let mutation = schema.definitions.into_iter().find_map(|definition| match definition {
            TypeSystemDefinition::Type(of) if of.node.name.node == "Mutation" => Some(of.node.kind),
            _ => None,
        });
        let Some(TypeKind::Object(mutation)) = mutation else { return Self(HashMap::new()) };
        let request = |field: async_graphql::parser::types::FieldDefinition| {
            let name = field.name.node.to_string();
            let input = field.arguments.first()?.node.ty.node.to_string();
            let each = match field.ty.node.to_string().as_str() {
                "Outcomes" => format!("{ANSWER} items {{ about outcome {{ {ANSWER} }} }}"),
                "Outcome" => ANSWER.to_owned(),
                // A line is a command; what sends many of whatever kinds is a file by itself.
                _other => return None,
            };
            let text = format!("mutation($input: {input}) {{ outcome: {name}(input: $input) {{ {each} }} }}");
            Some((name, text))
        };
        Self(mutation.fields.into_iter().filter_map(|field| request(field.node)).collect())
    }

    /// The request of a line.
    ///
    /// # Errors
    /// There is no such mutation.
    pub fn request(&self, line: &Line, correlation: &str) -> Result<Request, String> {
        let text = self.0.get(&line.mutation).ok_or_else(|| format!("there is no mutation {:?}", line.mutation))?;
        let mut input = line.input.clone();
        input.insert("commandId".to_owned(), Value::String(line.command_id.clone()));
        input.insert("correlationId".to_owned(), Value::String(correlation.to_owned()));
        Ok(Request::new(text).variables(Variables::from_json(json!({ "input": input }))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mutation_can_be_asked_for() {
        let mutations = Mutations::all();
        assert_eq!(
            mutations.0["registerMember"],
            "mutation($input: RegisterMemberInput!) { outcome: registerMember(input: $input) { position origin id: of \
             replayed refusal { code message } } }"
        );
        assert!(mutations.0["draftRounds"].contains("items { about outcome {"));
        assert!(!mutations.0.contains_key("sendCommands"));
        assert!(mutations.0.len() > 75, "{}", mutations.0.len());
    }
}
