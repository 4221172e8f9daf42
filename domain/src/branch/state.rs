//! What a branch remembers.
use serde::{Deserialize, Serialize};
/// A branch.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Branch {}
