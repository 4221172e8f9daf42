//! Instants and dates between jiff and PostgreSQL: microseconds and days since 2000-01-01, as the wire has them.

use jiff::civil::{Date, date};
use jiff::{Timestamp, ToSpan};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

/// Microseconds from 1970 to 2000.
const EPOCH: i64 = 946_684_800_000_000;

/// A `timestamptz`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqlInstant(pub Timestamp);

/// A `date`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqlDate(pub Date);

impl SqlInstant {
    /// The instant of so many microseconds since 2000.
    ///
    /// # Errors
    /// An instant that a `timestamptz` has room for and the calendar has not.
    pub fn of_wire(micros: i64) -> Result<Self, jiff::Error> {
        Timestamp::from_microsecond(micros.saturating_add(EPOCH)).map(Self)
    }
}

impl Type<Postgres> for SqlInstant {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("timestamptz")
    }
}

impl PgHasArrayType for SqlInstant {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("_timestamptz")
    }
}

impl Encode<'_, Postgres> for SqlInstant {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode(self.0.as_microsecond() - EPOCH, buffer)
    }
}

impl Decode<'_, Postgres> for SqlInstant {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(Self::of_wire(<i64 as Decode<Postgres>>::decode(value)?)?)
    }
}

impl Type<Postgres> for SqlDate {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("date")
    }
}

impl PgHasArrayType for SqlDate {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("_date")
    }
}

impl Encode<'_, Postgres> for SqlDate {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Postgres>::encode((self.0 - date(2000, 1, 1)).get_days(), buffer)
    }
}

impl Decode<'_, Postgres> for SqlDate {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let days = <i32 as Decode<Postgres>>::decode(value)?;
        Ok(Self(date(2000, 1, 1).checked_add(days.days())?))
    }
}
