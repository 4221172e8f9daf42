//! A refusal is an answer: the broken rule, its code `noun.rule`, its facts, and a sentence in English and Chinese.
//!
//! # Invariant
//! A code never changes its meaning; a fact is never a person's name or a sealed text.

use crate::amount::AmountRefusal;
use crate::branch::BranchRefusal;
use crate::ledger::LedgerRefusal;
use crate::member::MemberRefusal;
use crate::period::TimeRefusal;
use crate::person::PersonRefusal;
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
}
