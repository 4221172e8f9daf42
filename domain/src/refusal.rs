//! A refusal is an answer: the broken rule, its code `noun.rule`, its facts, and a sentence in English and Chinese.
//!
//! # Invariant
//! A code never changes its meaning; a fact is never a person's name or a sealed text.

use crate::amount::AmountRefusal;
use crate::branch::BranchRefusal;
use crate::grant::GrantRefusal;
use crate::ledger::LedgerRefusal;
use crate::member::MemberRefusal;
use crate::period::TimeRefusal;
use crate::person::PersonRefusal;
use crate::round::RoundRefusal;
use crate::talk::TalkRefusal;
use crate::text::TextRefusal;

/// Declares the refusals of a noun: variant, facts, code, and the two sentences, in one place.
macro_rules! refusals {
    ($(#[$meta:meta])* pub enum $name:ident { $(
        $(#[$vmeta:meta])*
        $variant:ident { $($field:ident : $ty:ty),* $(,)? } = $code:literal, $en:literal, $zh:literal;
    )* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $name { $(
            $(#[$vmeta])*
            $variant { $(
                #[doc = concat!("The fact `", stringify!($field), "`.")]
                $field: $ty
            ),* },
        )* }

        impl $name {
            /// Every code of this noun.
            pub const CODES: &'static [&'static str] = &[$($code),*];

            /// Every code of this noun with its two sentences, the facts as `{fact}` in them.
            pub const SENTENCES: &'static [(&'static str, &'static str, &'static str)] = &[$(($code, $en, $zh)),*];

            /// The stable code, `noun.rule`.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code),* }
            }

            /// The sentence in Chinese.
            #[must_use]
            pub fn chinese(&self) -> String {
                match self { $(Self::$variant { $($field),* } => { $(let _ = $field;)* format!($zh) }),* }
            }

            /// One of each, with some facts.
            #[cfg(test)]
            pub(crate) fn samples() -> Vec<Self> {
                vec![$(Self::$variant { $($field: crate::refusal::tests::Sample::sample()),* }),*]
            }

            /// The facts by name, as text.
            #[must_use]
            pub fn facts(&self) -> Vec<(&'static str, String)> {
                match self { $(
                    Self::$variant { $($field),* } => vec![$((stringify!($field), $field.to_string())),*]
                ),* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self { $(Self::$variant { $($field),* } => { $(let _ = $field;)* write!(f, $en) }),* }
            }
        }

        impl std::error::Error for $name {}
    };
}
pub(crate) use refusals;

macro_rules! union {
    ($($variant:ident($inner:ty)),* $(,)?) => {
        /// Any refusal of the domain.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Refusal { $(
            #[doc = concat!("A [`", stringify!($inner), "`].")]
            $variant($inner),
        )* }

        $(impl From<$inner> for Refusal {
            fn from(inner: $inner) -> Self {
                Self::$variant(inner)
            }
        })*

        impl Refusal {
            /// The stable code, `noun.rule`.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self { $(Self::$variant(inner) => inner.code()),* }
            }

            /// The sentence in Chinese.
            #[must_use]
            pub fn chinese(&self) -> String {
                match self { $(Self::$variant(inner) => inner.chinese()),* }
            }

            /// The facts by name, as text.
            #[must_use]
            pub fn facts(&self) -> Vec<(&'static str, String)> {
                match self { $(Self::$variant(inner) => inner.facts()),* }
            }

            #[cfg(test)]
            fn samples() -> Vec<Self> {
                let mut samples = vec![];
                $(samples.extend(<$inner>::samples().into_iter().map(Self::$variant));)*
                samples
            }

            /// Every code there is with its sentences in English and Chinese, the facts as `{fact}` in them.
            #[must_use]
            pub fn all_sentences() -> Vec<(&'static str, &'static str, &'static str)> {
                [$(<$inner>::SENTENCES),*].concat()
            }

            /// Every code there is.
            #[must_use]
            pub fn all_codes() -> Vec<&'static str> {
                [$(<$inner>::CODES),*].concat()
            }
        }

        impl std::fmt::Display for Refusal {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self { $(Self::$variant(inner) => inner.fmt(f)),* }
            }
        }

        impl std::error::Error for Refusal {}
    };
}

union! {
    Text(TextRefusal),
    Amount(AmountRefusal),
    Time(TimeRefusal),
    Person(PersonRefusal),
    Ledger(LedgerRefusal),
    Member(MemberRefusal),
    Branch(BranchRefusal),
    Round(RoundRefusal),
    Talk(TalkRefusal),
    Grant(GrantRefusal),
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::civil::{Date, date};

    use super::*;
    use crate::amount::Amount;
    use crate::grant::Role;
    use crate::id::ActorId;
    use crate::ledger::{Subjects, Unit};
    use crate::period::{Grain, Moment, Period, Zone};
    use crate::round::faults::{Fault, Faults};
    use crate::round::{Group, Persons, Stage};
    use crate::talk::Step;
    use crate::text::{Field, MetricCode};

    /// Some value of a fact's type.
    pub trait Sample {
        fn sample() -> Self;
    }

    macro_rules! samples {
        ($($ty:ty = $value:expr),* $(,)?) => {$(
            impl $crate::refusal::tests::Sample for $ty {
                fn sample() -> Self {
                    $value
                }
            }
        )*};
    }
    pub(crate) use samples;

    samples! {
        String = "given".to_owned(),
        u32 = 7,
        usize = 7,
        u64 = 7,
        Moment = Moment::new(jiff::Timestamp::UNIX_EPOCH, &Zone::default()),
        Group = Group::Peer,
        Persons = Persons(vec![(Group::Peer, Sample::sample()), (Group::Public, Sample::sample())]),
        Stage = Stage::Closed,
        Step = Step::Held,
        Role = Role::BranchSecretary,
        ActorId = ActorId("7f3a".to_owned()),
        Faults = Faults(vec![Fault::Scale, Fault::Groups]),
        Date = date(2022, 6, 1),
        uuid::Uuid = uuid::Uuid::from_u128(1),
        Amount = Amount::ZERO,
        Grain = Grain::Month,
        Unit = Unit::PersonTimes,
        Subjects = Subjects::Members,
        Field = Field("reason".to_owned()),
        MetricCode = "premium".parse().expect("a code"),
        Period = Period::holding(date(2022, 6, 1), Grain::Quarter),
    }

    /// What is a word of the language, not a value.
    const WORDS: [&str; 11] =
        ["faults", "field", "grain", "group", "needed", "persons", "role", "stage", "step", "subject", "unit"];

    fn ascii_words(sentence: &str) -> Vec<String> {
        let letters = sentence.split(|c: char| !c.is_ascii_alphabetic());
        let plain = |word: &&str| !word.is_empty() && !["ASCII", "UUID", "S"].contains(word);
        letters.filter(plain).map(str::to_owned).collect()
    }

    #[test]
    fn sentences_in_chinese_hold_no_english_word() {
        let samples = Refusal::samples();
        assert_eq!(samples.iter().map(Refusal::code).collect::<Vec<_>>(), Refusal::all_codes());
        for refusal in samples {
            let values = refusal.facts().into_iter().filter(|(name, _)| !WORDS.contains(name));
            let sentence = values.fold(refusal.chinese(), |sentence, (_, value)| sentence.replace(&value, ""));
            assert_eq!(ascii_words(&sentence), Vec::<String>::new(), "{}: {sentence}", refusal.code());
        }
    }

    #[test]
    fn kinds_and_units_have_a_word_in_chinese() {
        for unit in Unit::ALL {
            assert_eq!(ascii_words(&format!("{unit:#}")), Vec::<String>::new());
        }
        for grain in [Grain::Month, Grain::Quarter, Grain::Year] {
            assert_eq!(ascii_words(&format!("{grain:#}")), Vec::<String>::new());
        }
        let refusal =
            LedgerRefusal::WrongGrain { metric: Sample::sample(), grain: Grain::Month, period: Sample::sample() };
        assert_eq!(refusal.chinese(), "指标 premium 按月报告,2022-Q2 不符");
        assert_eq!(refusal.facts()[1], ("grain", "month".to_owned()));
    }
}
