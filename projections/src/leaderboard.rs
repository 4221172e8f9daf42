//! stub
/// Board
pub struct Board;
