//! The lines of a file: read on a thread of their own, none longer than a request may be.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::mpsc::{Receiver, channel};

use crate::cli::Failure;
use crate::http::request::LARGEST;

/// How many lines are read ahead.
const AHEAD: usize = 16;

/// A command in a file.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Line {
    /// The id of the command: the same id again means the same command.
    pub command_id: String,
    /// The name of the mutation.
    pub mutation: String,
    /// Its input, as the API takes it.
    pub input: Map<String, Value>,
    /// Who asks, where the lines may say so.
    pub viewer: Option<String>,
}

/// What was read of a line: its bytes, or that it is longer than [`LARGEST`].
pub type Text = Result<Vec<u8>, TooLong>;

/// A line that is longer than a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

impl Line {
    /// Reads a line; nothing where it is blank.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &Text) -> Result<Option<Self>, String> {
        let Ok(bytes) = text else { return Err(format!("the line is longer than {LARGEST} bytes")) };
        let text = std::str::from_utf8(bytes).map_err(|error| format!("the line is not UTF-8: {error}"))?;
        let text = text.trim_start_matches('\u{FEFF}').trim();
        if text.is_empty() {
            return Ok(None);
        }
        let line: Self = serde_json::from_str(text).map_err(|error| format!("the line is not a command: {error}"))?;
        match ["commandId", "correlationId"].into_iter().find(|id| line.input.contains_key(*id)) {
            Some(id) => Err(format!("the input holds {id}, which stands beside it or is the import's")),
            None => Ok(Some(line)),
        }
    }
}

/// How many lines a file has, where it is one that can be read twice.
#[must_use]
pub fn count(file: &Path) -> Option<u64> {
    let is_file = std::fs::metadata(file).is_ok_and(|found| found.is_file());
    let mut from = BufReader::new(std::fs::File::open(file).ok().filter(|_| is_file)?);
    let mut lines = 0;
    loop {
        match from.skip_until(b'\n') {
            Ok(0) => return Some(lines),
            Ok(_) => lines += 1,
            Err(_) => return None,
        }
    }
}

/// Reads a file's lines, or those of standard input for `-`.
///
/// # Errors
/// The file cannot be opened.
pub fn lines(file: &Path) -> Result<Receiver<std::io::Result<Text>>, Failure> {
    let cannot = |error| format!("{} cannot be read: {error}", file.display());
    let from: Box<dyn Read + Send> = match file.as_os_str() == "-" {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(file).map_err(cannot)?),
    };
    let (sender, lines) = channel(AHEAD);
    // Standard input may never end: a thread of the runtime would keep the program from ending.
    std::thread::spawn(move || {
        let mut from = BufReader::new(from);
        while let Some(line) = next(&mut from).transpose() {
            let broken = line.is_err();
            if sender.blocking_send(line).is_err() || broken {
                return;
            }
        }
    });
    Ok(lines)
}

fn next(from: &mut impl BufRead) -> std::io::Result<Option<Text>> {
    let mut line = Vec::new();
    let most = LARGEST + 1;
    from.by_ref().take(most as u64).read_until(b'\n', &mut line)?;
    if line.len() == most && line.last() != Some(&b'\n') {
        from.skip_until(b'\n')?;
        return Ok(Some(Err(TooLong)));
    }
    Ok((!line.is_empty()).then_some(Ok(line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Result<Option<Line>, String> {
        Line::read(&Ok(text.to_vec()))
    }

    #[test]
    fn a_line_is_a_command_or_says_what_is_wrong() {
        let line =
            read(b"\xEF\xBB\xBF{\"commandId\":\"a\",\"mutation\":\"m\",\"input\":{\"x\":1}}\r\n").unwrap().unwrap();
        assert_eq!((line.command_id.as_str(), line.mutation.as_str(), line.viewer), ("a", "m", None));
        assert_eq!(read(b" \t\r\n"), Ok(None));
        for (text, wrong) in [
            (&b"\xff"[..], "not UTF-8"),
            (b"{\"commandId\":\"a\"", "EOF"),
            (b"[]", "not a command"),
            (b"{\"mutation\":\"m\",\"input\":{}}", "commandId"),
            (b"{\"commandId\":\"a\",\"mutation\":\"m\",\"input\":{},\"inptu\":1}", "inptu"),
            (b"{\"commandId\":\"a\",\"mutation\":\"m\",\"input\":{\"commandId\":\"b\"}}", "beside it"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains(wrong), "{said}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_left_out_and_the_next_one_is_read() {
        let long = [vec![b'x'; 3 * LARGEST], b"\nnext\n\nlast".to_vec()].concat();
        let mut from = BufReader::new(&long[..]);
        let read: Vec<Text> = std::iter::from_fn(|| next(&mut from).unwrap()).collect();
        assert_eq!(read, [Err(TooLong), Ok(b"next\n".to_vec()), Ok(b"\n".to_vec()), Ok(b"last".to_vec())]);
        assert!(Line::read(&read[0]).unwrap_err().contains("longer than 1048576 bytes"));
    }
}
