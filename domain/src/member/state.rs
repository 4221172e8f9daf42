//! What a member remembers.
use serde::{Deserialize, Serialize};
/// A member.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Member {}
