//! The person behind a member: kept beside the log in an erasable store, never in an event.
//!
//! # Rules
//! - The staff number 工号 is the key; no two members share one, however its letters are written
//!   ([`PersonRefusal::StaffNumberTaken`]).
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffNumber(String);

impl StaffNumber {
    /// Checks a staff number; letters are kept as given, and compared by [`StaffNumber::key`].
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

    /// The text as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// By what two numbers are the same: their letters in small.
    #[must_use]
    pub fn key(&self) -> String {
        Self::key_of(&self.0)
    }

    /// The key of a text that may be a number; of one that is none, a key that no number has.
    #[must_use]
    pub fn key_of(text: &str) -> String {
        text.to_ascii_lowercase()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_staff_number_is_letters_digits_and_hyphens() {
        for given in ["7", "D-0031", " b2 ", &"9".repeat(32)] {
            assert_eq!(StaffNumber::new(given).map(|number| number.as_str().to_owned()), Ok(given.trim().to_owned()));
        }
        for given in ["", " ", "D 0031", "D_1", "工号", "Ｄ1", "é", "a\u{0}", &"9".repeat(33)] {
            let refusal = PersonRefusal::BadStaffNumber { given: given.to_owned() };
            assert_eq!(StaffNumber::new(given), Err(refusal));
        }
    }

    #[test]
    fn what_is_shown_of_a_wrong_number_is_short() {
        let refusal = PersonRefusal::BadStaffNumber { given: "x".repeat(40) };
        assert_eq!(StaffNumber::new(&"x".repeat(4_000)), Err(refusal));
    }

    #[test]
    fn a_number_is_the_same_however_its_letters_are_written_and_kept_as_given() {
        let (small, large) = (StaffNumber::new("d0031").unwrap(), StaffNumber::new("D0031").unwrap());
        assert_eq!((small.key(), StaffNumber::key_of("D0031")), (large.key(), small.key()));
        assert_eq!((small.as_str(), large.as_str()), ("d0031", "D0031"));
        assert_ne!(large.key(), StaffNumber::new("D0032").unwrap().key());
    }

    #[test]
    fn another_members_number_is_named_in_the_refusal() {
        let refusal = PersonRefusal::StaffNumberTaken { staff_number: "D0031".to_owned() };
        assert_eq!(
            (refusal.code(), refusal.facts()),
            ("person.staff_number_taken", vec![("staff_number", "D0031".to_owned())])
        );
    }

    #[test]
    fn a_record_is_right_in_each_of_its_parts() {
        let code = |number, name, contact| Person::new(number, name, contact).map_err(|refusal| refusal.code());
        let person = Person::new("D0031", "e\u{301}", Some(" 0833 ")).unwrap();
        assert_eq!((person.name.as_str(), person.contact.as_deref()), ("é", Some("0833")));
        assert_eq!(code("工号", "试", None), Err("person.bad_staff_number"));
        assert_eq!(code("D0031", "a\nb", None), Err("text.control_character"));
        assert_eq!(code("D0031", "试", Some("  ")), Err("text.empty"));
        assert_eq!(code("D0031", "试", Some(&"9".repeat(201))), Err("text.too_long"));
        assert!(Person::new("D0031", "试", Some(&"9".repeat(200))).is_ok());
    }
}
