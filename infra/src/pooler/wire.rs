//! The protocol between the program and a pooler, one connection at a time.
//!
//! # Invariant
//! Between two `Sync`s, a statement is sent before it is used: the server sees only statements without a name, in the same
//! exchange as their use. What the server answers to those that were added is not passed on.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};

/// Version 3.0 of the protocol.
const VERSION: u32 = 196_608;
/// What a pooler does not take at the start of a session.
const NOT_TAKEN: [&[u8]; 2] = [b"options", b"extra_float_digits"];
/// The longest start of a session; PostgreSQL takes no longer one.
const LONGEST_START: usize = 10_000;

/// What is to come from the server, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    /// That a statement of the program's was taken.
    Taken,
    /// That one which was added was taken.
    Added,
    /// The end of an exchange.
    Ready,
}

type Dues = Mutex<VecDeque<Due>>;

fn with<T>(dues: &Dues, work: impl FnOnce(&mut VecDeque<Due>) -> T) -> T {
    work(&mut dues.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Carries what the program and the pooler say to one another until one of them ends.
///
/// # Errors
/// The connections'; what is no message of the protocol.
pub(super) async fn carry(
    client: impl AsyncRead + AsyncWrite + Unpin,
    pooler: impl AsyncRead + AsyncWrite + Unpin,
) -> io::Result<()> {
    let ((from_client, to_client), (from_pooler, to_pooler)) = (tokio::io::split(client), tokio::io::split(pooler));
    let (mut from_client, mut to_pooler) = (BufReader::new(from_client), BufWriter::new(to_pooler));
    let (mut from_pooler, mut to_client) = (BufReader::new(from_pooler), BufWriter::new(to_client));
    to_pooler.write_all(&start(&mut from_client).await?).await?;
    to_pooler.flush().await?;
    let dues = Dues::default();
    tokio::select! {
        ended = there(&mut from_client, &mut to_pooler, &dues) => ended,
        ended = back(&mut from_pooler, &mut to_client, &dues) => ended,
    }
}

/// The start of a session without what a pooler does not take.
async fn start(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let length = from.read_u32().await? as usize;
    let mut body = vec![0; length.checked_sub(4).filter(|length| *length <= LONGEST_START).ok_or_else(broken)?];
    from.read_exact(&mut body).await?;
    let (version, told) = body.split_first_chunk().ok_or_else(broken)?;
    if u32::from_be_bytes(*version) != VERSION {
        return Err(broken());
    }
    let mut kept = version.to_vec();
    let mut words = told.split(|byte| *byte == 0);
    while let (Some(name), Some(value)) = (words.next().filter(|name| !name.is_empty()), words.next()) {
        if !NOT_TAKEN.contains(&name) {
            kept.extend([name, b"\0", value, b"\0"].concat());
        }
    }
    kept.push(0);
    Ok([&length_of(&kept)?.to_be_bytes()[..], &kept].concat())
}

async fn there(
    from: &mut BufReader<impl AsyncRead + Unpin>,
    to: &mut (impl AsyncWrite + Unpin),
    dues: &Dues,
) -> io::Result<()> {
    let mut sent = Statements::default();
    loop {
        let (kind, body) = message(from).await?;
        for (kind, body, due) in sent.said(kind, body)? {
            if let Some(due) = due {
                with(dues, |dues| dues.push_back(due));
            }
            say(to, kind, &body).await?;
        }
        if from.buffer().is_empty() {
            to.flush().await?;
        }
    }
}

async fn back(
    from: &mut BufReader<impl AsyncRead + Unpin>,
    to: &mut (impl AsyncWrite + Unpin),
    dues: &Dues,
) -> io::Result<()> {
    loop {
        let (kind, body) = message(from).await?;
        if with(dues, |dues| is_passed_on(kind, dues)) {
            say(to, kind, &body).await?;
        }
        if from.buffer().is_empty() {
            to.flush().await?;
        }
    }
}

/// Takes in what the server says; answers whether the program is to hear it.
fn is_passed_on(kind: u8, dues: &mut VecDeque<Due>) -> bool {
    match kind {
        b'1' => dues.pop_front() != Some(Due::Added),
        // After an error, what was due before the end of the exchange does not come.
        b'Z' => {
            while dues.pop_front().is_some_and(|due| due != Due::Ready) {}
            true
        }
        _ => true,
    }
}

type Said = (u8, Vec<u8>, Option<Due>);

/// The statements that a program believes to be prepared: by name, text and the types of what is filled in.
#[derive(Debug, Default)]
struct Statements {
    known: HashMap<Vec<u8>, Vec<u8>>,
    /// The one that the server has in this exchange.
    there: Option<Vec<u8>>,
}

impl Statements {
    /// What is said to the server where the program says this.
    fn said(&mut self, kind: u8, body: Vec<u8>) -> io::Result<Vec<Said>> {
        Ok(match kind {
            b'P' => {
                let (name, text) = word(&body)?;
                let unnamed = [b"\0", text].concat();
                self.known.insert(name.to_vec(), text.to_vec());
                self.there = Some(name.to_vec());
                vec![(kind, unnamed, Some(Due::Taken))]
            }
            b'B' => {
                let (portal, rest) = word(&body)?;
                let (name, values) = word(rest)?;
                let bound = [portal, b"\0\0", values].concat();
                self.with_its_text(name, (kind, bound, None))
            }
            b'D' if body.first() == Some(&b'S') => {
                let (name, _) = word(&body[1..])?;
                self.with_its_text(name, (kind, b"S\0".to_vec(), None))
            }
            b'C' if body.first() == Some(&b'S') => {
                let (name, _) = word(&body[1..])?;
                self.known.remove(name);
                self.there = None;
                vec![(kind, b"S\0".to_vec(), None)]
            }
            b'S' | b'Q' => {
                self.there = None;
                vec![(kind, body, Some(Due::Ready))]
            }
            _ => vec![(kind, body, None)],
        })
    }

    fn with_its_text(&mut self, name: &[u8], said: Said) -> Vec<Said> {
        let is_there = self.there.as_deref() == Some(name);
        match self.known.get(name).filter(|_| !is_there) {
            Some(text) => {
                self.there = Some(name.to_vec());
                vec![(b'P', [b"\0", text.as_slice()].concat(), Some(Due::Added)), said]
            }
            // A statement that nobody sent: the server says so.
            None => vec![said],
        }
    }
}

/// A word that ends with a zero, and what follows it.
fn word(bytes: &[u8]) -> io::Result<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == 0).ok_or_else(broken)?;
    Ok((&bytes[..end], &bytes[end + 1..]))
}

async fn message(from: &mut (impl AsyncRead + Unpin)) -> io::Result<(u8, Vec<u8>)> {
    let kind = from.read_u8().await?;
    let length = from.read_u32().await? as usize;
    // As long as the other side goes on: nobody's word is taken for how much room it needs.
    let mut body = Vec::new();
    let length = length.checked_sub(4).ok_or_else(broken)?;
    if from.take(length as u64).read_to_end(&mut body).await? < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok((kind, body))
}

async fn say(to: &mut (impl AsyncWrite + Unpin), kind: u8, body: &[u8]) -> io::Result<()> {
    to.write_u8(kind).await?;
    to.write_u32(length_of(body)?).await?;
    to.write_all(body).await
}

/// The length of a message with its own four bytes.
fn length_of(body: &[u8]) -> io::Result<u32> {
    u32::try_from(body.len() + 4).map_err(|_| broken())
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "this is not the protocol of PostgreSQL")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(name: &str, sql: &str) -> Vec<u8> {
        format!("{name}\0{sql}\0\0\0").into_bytes()
    }

    #[test]
    fn a_statement_is_sent_again_with_each_use_and_once_in_an_exchange() {
        let mut sent = Statements::default();
        let text = |said: &[Said]| -> String {
            let one = |(kind, body, _): &Said| format!("{}{} ", char::from(*kind), String::from_utf8_lossy(body));
            said.iter().map(one).collect::<String>().replace('\0', "|")
        };
        let said = sent.said(b'P', parse("s1", "select $1")).unwrap();
        assert_eq!((text(&said), said[0].2), ("P|select $1||| ".to_owned(), Some(Due::Taken)));
        assert_eq!(text(&sent.said(b'D', b"Ss1\0".to_vec()).unwrap()), "DS| ", "it is there");
        sent.said(b'S', vec![]).unwrap();
        let said = sent.said(b'B', b"\0s1\0v".to_vec()).unwrap();
        assert_eq!((text(&said), said[0].2), ("P|select $1||| B||v ".to_owned(), Some(Due::Added)));
        assert_eq!(text(&sent.said(b'B', b"\0s1\0w".to_vec()).unwrap()), "B||w ");
        sent.said(b'Q', b"commit\0".to_vec()).unwrap();
        sent.said(b'C', b"Ss1\0".to_vec()).unwrap();
        assert_eq!(text(&sent.said(b'B', b"\0s1\0v".to_vec()).unwrap()), "B||v ", "the server says that it is gone");
        assert!(sent.said(b'P', b"without an end".to_vec()).is_err());
    }

    #[test]
    fn what_was_added_is_not_answered_to_the_program_not_even_after_an_error() {
        let mut dues: VecDeque<Due> = [Due::Added, Due::Taken, Due::Ready, Due::Added, Due::Ready].into();
        let heard: Vec<bool> = b"12E".iter().map(|kind| is_passed_on(*kind, &mut dues)).collect();
        assert_eq!(heard, [false, true, true]);
        assert!(is_passed_on(b'Z', &mut dues), "the second statement of the exchange is not taken any more");
        assert_eq!(dues, [Due::Added, Due::Ready]);
    }
}
