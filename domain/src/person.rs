//! The person behind a member: kept beside the log in an erasable store, never in an event.
//!
//! # Rules
//! - The staff number 工号 is the key; no two members share one ([`PersonRefusal::StaffNumberTaken`]).
//! - A name is stored as given (NFC, any script), and is never a key.
//!
//! # Not here
//! Storage and joining at read time (infra).

use crate::refusal::refusals;
use crate::text::{Title, clean};

refusals! {
    /// Why a person's record is refused.
    pub enum PersonRefusal {
        /// Not 1 to 32 letters, digits or hyphens.
        BadStaffNumber { given: String } = "person.bad_staff_number",
            "{given:?} is not a staff number: 1 to 32 ASCII letters, digits or hyphens",
            "{given:?} 不是工号:1 至 32 个字母、数字或连字符";
        /// Another member has it.
        StaffNumberTaken { staff_number: String } = "person.staff_number_taken",
            "the staff number {staff_number} belongs to another member", "工号 {staff_number} 已属于另一名成员";
    }
}

/// The key of a person inside the organisation 工号.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StaffNumber(String);

impl StaffNumber {
    /// Checks a staff number; letters are kept as given and compared exactly.
    ///
    /// # Errors
    /// [`PersonRefusal::BadStaffNumber`].
    pub fn new(text: &str) -> Result<Self, PersonRefusal> {
        let trimmed = text.trim();
        let legal = (1..=32).contains(&trimmed.len()) && trimmed.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        match legal {
            true => Ok(Self(trimmed.to_owned())),
            false => Err(PersonRefusal::BadStaffNumber { given: text.chars().take(40).collect() }),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person's record 人员档案: the side row of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The key.
    pub staff_number: StaffNumber,
    /// The name as given 姓名.
    pub name: Title,
    /// A telephone number or address for messages 联系方式, at most 200 characters.
    pub contact: Option<String>,
}

impl Person {
    /// Checks the parts of a record.
    ///
    /// # Errors
    /// [`crate::refusal::Refusal`] of the first part that fails.
    pub fn new(staff_number: &str, name: &str, contact: Option<&str>) -> Result<Self, crate::refusal::Refusal> {
        let contact = contact.map(|text| clean("contact", text, 200)).transpose()?;
        Ok(Self { staff_number: StaffNumber::new(staff_number)?, name: Title::new("name", name)?, contact })
    }
}
