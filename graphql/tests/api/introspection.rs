//! What the schema says of itself: all of it described, and enough to make an input of every mutation.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::story::{ANA, told};

const TYPES: &str =
    "fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

static SCHEMA: LazyLock<Value> = LazyLock::new(introspected);

/// The introspection that usual tools ask for.
fn introspected() -> Value {
    let text = format!(
        "{{ __schema {{ types {{ kind name description isOneOf
            fields(includeDeprecated: true) {{ name description args {{ name description type {{ ...T }} defaultValue }} type {{ ...T }} }}
            inputFields {{ name description type {{ ...T }} defaultValue }} enumValues {{ name description }} }} }} }} {TYPES}"
    );
    told().by(None).ask(&text)["__schema"].clone()
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of[name].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn named<'a>(schema: &'a Value, name: &str) -> &'a Value {
    list(schema, "types").iter().find(|kind| kind["name"] == name).unwrap_or_else(|| panic!("no type {name}"))
}

/// Every mutation there is, but for the one that sends any of them.
pub fn mutations() -> Vec<String> {
    let fields = list(named(&SCHEMA, "Mutation"), "fields").iter().filter(|field| field["name"] != "sendCommands");
    let names: Vec<String> = fields.map(|field| field["name"].as_str().unwrap().to_owned()).collect();
    assert!(names.len() > 40);
    names
}

/// An input for a mutation: every field that must be given, with some value of its type.
pub fn sample(mutation: &str) -> Value {
    let field = list(named(&SCHEMA, "Mutation"), "fields").iter().find(|field| field["name"] == mutation);
    value(&SCHEMA, &field.unwrap()["args"][0]["type"])
}

fn value(schema: &Value, of: &Value) -> Value {
    match of["kind"].as_str().unwrap() {
        "NON_NULL" => value(schema, &of["ofType"]),
        "LIST" => json!([value(schema, &of["ofType"])]),
        "INPUT_OBJECT" => {
            let kind = named(schema, of["name"].as_str().unwrap());
            let fields = list(kind, "inputFields").iter();
            let wanted: Vec<&Value> = match kind["isOneOf"] == true {
                true => fields.take(1).collect(),
                false => fields.filter(|field| field["type"]["kind"] == "NON_NULL").collect(),
            };
            let pairs = wanted
                .into_iter()
                .map(|field| (field["name"].as_str().unwrap().to_owned(), value(schema, &field["type"])));
            Value::Object(pairs.collect())
        }
        "ENUM" => list(named(schema, of["name"].as_str().unwrap()), "enumValues")[0]["name"].clone(),
        _scalar => match of["name"].as_str().unwrap() {
            "ID" => json!(ANA.0),
            "String" => json!("text1"),
            "Date" => json!("2022-06-30"),
            "DateTime" => json!("2022-06-30T18:00:00+08:00"),
            "Decimal" => json!("1.00"),
            "Int" => json!(2022),
            "Boolean" => json!(true),
            other => panic!("no sample of {other}"),
        },
    }
}

#[test]
fn usual_tools_can_introspect_the_schema() {
    assert!(list(&SCHEMA, "types").len() > 100);
}

#[test]
fn every_type_field_and_argument_is_described() {
    let mut bare = Vec::new();
    let mut check = |what: &Value, path: String| {
        if what["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
            bare.push(path);
        }
    };
    for kind in list(&SCHEMA, "types") {
        let name = kind["name"].as_str().unwrap();
        let of_graphql_itself = ["Boolean", "Float", "ID", "Int", "String"].contains(&name) || name.starts_with("__");
        if of_graphql_itself {
            continue;
        }
        check(kind, name.to_owned());
        for field in list(kind, "fields") {
            check(field, format!("{name}.{}", field["name"]));
            list(field, "args").iter().for_each(|arg| check(arg, format!("{name}.{}({})", field["name"], arg["name"])));
        }
        list(kind, "inputFields").iter().for_each(|field| check(field, format!("{name}.{}", field["name"])));
        list(kind, "enumValues").iter().for_each(|value| check(value, format!("{name}.{}", value["name"])));
    }
    assert!(bare.is_empty(), "without a description: {bare:?}");
}

#[test]
fn a_query_that_asks_for_too_much_is_refused() {
    let office = told().office();
    let walk = "{ members(first: 100) { nodes { branch { members(first: 100) { nodes { branch { members(first: 100) { totalCount } } } } } } } }";
    assert!(office.code(walk).contains("complex"), "{}", office.code(walk));
    let deep = format!("{{ organisation {} }}", "{ parent ".repeat(25) + "{ id }" + &" }".repeat(25));
    assert!(
        office.code(&deep).contains("nested too deep") || office.code(&deep).contains("depth"),
        "{}",
        office.code(&deep)
    );
}
