//! Every projection, from the one list in `projections`.

use std::sync::Arc;

use super::FoldError;
use super::engine::{Engine, Folded};

macro_rules! engines {
    ($($projection:ty),*) => { vec![$(Arc::new(Engine::<$projection>::default()) as Arc<dyn Folded>),*] };
}

/// All of them.
#[must_use]
pub fn all() -> Vec<Arc<dyn Folded>> {
    projections::each_projection!(engines)
}

/// The one of that name, or all of them for nothing.
///
/// # Errors
/// [`FoldError::Unknown`], naming those there are.
pub fn named(name: Option<&str>) -> Result<Vec<Arc<dyn Folded>>, FoldError> {
    let all = all();
    let Some(name) = name else { return Ok(all) };
    let known: Vec<&str> = all.iter().map(|projection| projection.name()).collect();
    let unknown = FoldError::Unknown { name: name.to_owned(), known: known.join(", ") };
    let found: Vec<_> = all.into_iter().filter(|projection| projection.name() == name).collect();
    if found.is_empty() { Err(unknown) } else { Ok(found) }
}
