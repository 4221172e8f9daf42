//! stub
/// Source
pub struct Source;
