//! Ids of whatever is a [`crate::query::node::Node`]: unique over all of them, so that a client may keep things by id.
//!
//! # Rules
//! - What has an id of its own in the log is known by that one everywhere: in events, on the command line, here. Each is a keyed
//!   hash or chance, so no two things share one.
//! - What is known by several keys, or by a word or a number, has an opaque id: its type and keys in base64url.
//! - What is no such id names nothing.

use async_graphql::ID;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::{MemberId, RoundId};
use domain::stream::Position;
use domain::text::MetricCode;
use uuid::Uuid;

/// What an id names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Global {
    /// What has an id of its own, whatever it is.
    Own(Uuid),
    /// An event: its position under an origin of the log.
    Event(Position, Uuid),
    /// A metric.
    Metric(MetricCode),
    /// A record on the page of one of those it is on.
    Record(Uuid, Uuid),
    /// A person on the roster of a round.
    RosterEntry(RoundId, MemberId),
    /// A person's result in a round.
    RoundResult(RoundId, MemberId),
    /// A version of the rules.
    RuleSet(i64),
}

impl Global {
    /// The id.
    #[must_use]
    pub fn id(&self) -> ID {
        let text = match self {
            Self::Own(id) => return (*id).into(),
            Self::Event(position, origin) => format!("Event:{position}:{origin}"),
            Self::Metric(code) => format!("Metric:{code}"),
            Self::Record(record, subject) => format!("Record:{record}:{subject}"),
            Self::RosterEntry(round, member) => format!("RosterEntry:{round}:{member}"),
            Self::RoundResult(round, member) => format!("RoundResult:{round}:{member}"),
            Self::RuleSet(version) => format!("RuleSet:{version}"),
        };
        URL_SAFE_NO_PAD.encode(text).into()
    }

    /// What a text names, spelled just as [`Global::id`] spells it; nothing where it is no id.
    #[must_use]
    pub fn read(given: &str) -> Option<Self> {
        let read = match Uuid::try_parse(given) {
            Ok(id) => Self::Own(id),
            Err(_) => Self::opaque(&String::from_utf8(URL_SAFE_NO_PAD.decode(given).ok()?).ok()?)?,
        };
        (*read.id() == *given).then_some(read)
    }

    fn opaque(text: &str) -> Option<Self> {
        let (kind, keys) = text.split_once(':')?;
        let pair = || keys.split_once(':');
        let in_round = || {
            let (round, member) = pair()?;
            Some((round.parse::<RoundId>().ok()?, member.parse::<MemberId>().ok()?))
        };
        match kind {
            "Event" => {
                let (position, origin) = pair()?;
                let position = position.parse::<i64>().ok().and_then(|position| u64::try_from(position).ok())?;
                Some(Self::Event(Position(position), origin.parse().ok()?))
            }
            "Metric" => keys.parse().ok().map(Self::Metric),
            "Record" => {
                let (record, subject) = pair()?;
                Some(Self::Record(record.parse().ok()?, subject.parse().ok()?))
            }
            "RosterEntry" => in_round().map(|(round, member)| Self::RosterEntry(round, member)),
            "RoundResult" => in_round().map(|(round, member)| Self::RoundResult(round, member)),
            "RuleSet" => keys.parse().ok().map(Self::RuleSet),
            _unknown => None,
        }
    }
}

/// The id of a record that stands on several pages, where that of one of them was given.
#[must_use]
pub fn record_of(given: &str) -> Option<Uuid> {
    match Global::read(given)? {
        Global::Record(record, _) => Some(record),
        _other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_what_it_was_made_of_and_nothing_else_is_one() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let all = [
            Global::Own(one),
            Global::Event(Position(7), other),
            Global::Metric("premium".parse().unwrap()),
            Global::Record(one, other),
            Global::RosterEntry(RoundId(one), MemberId(other)),
            Global::RoundResult(RoundId(one), MemberId(other)),
            Global::RuleSet(3),
        ];
        for id in &all {
            assert_eq!(Global::read(&id.id()).as_ref(), Some(id));
        }
        let forged = [
            "Member:00000000-0000-0000-0000-000000000001",
            "Event:-7:00000000-0000-0000-0000-000000000002",
            "Event:07:00000000-0000-0000-0000-000000000002",
            "Event:99999999999999999999:00000000-0000-0000-0000-000000000002",
            "Metric:Premium",
            "Record:1:2",
            "RuleSet:3:4",
            "RuleSet:",
            "",
        ];
        for text in forged {
            assert_eq!(Global::read(&URL_SAFE_NO_PAD.encode(text)), None, "{text}");
        }
        // Each thing has one id: what is spelled otherwise would be kept by a client as another thing.
        for text in ["", "no id", "00000000000000000000000000000001", "UnVsZVNldDoz=", "UnVsZVNldDoz\n"] {
            assert_eq!(Global::read(text), None, "{text:?}");
        }
    }
}
