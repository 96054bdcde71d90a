//! Keeps a fix that mended held records for the files to come, with who wanted it, since when and
//! why.

use super::super::bulk::fix::{Change, Fix, Mend};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A fix that every record of a feed goes through, after all else that its profile says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Which attribute.
    pub attribute: String,
    /// What is done to it.
    pub change: Change,
    /// The value or text to look for, or the attribute to take from.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub from: String,
    /// The value or text to write.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
    /// Whose wish it is: who is asked whether it is needed still.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// Since when, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<NaiveDate>,
    /// Why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}

impl Kept {
    /// The fix of held records, kept by somebody on a day.
    pub fn of(mend: &Mend, by: &str, on: NaiveDate) -> Self {
        Self {
            attribute: mend.fix.attribute.clone(),
            change: mend.fix.change,
            from: mend.fix.from.clone(),
            to: mend.fix.to.clone(),
            by: by.to_owned(),
            on: Some(on),
            why: mend.why.clone(),
        }
    }

    /// What is changed.
    pub fn fix(&self) -> Fix {
        Fix {
            attribute: self.attribute.clone(),
            change: self.change,
            from: self.from.clone(),
            to: self.to.clone(),
        }
    }

    /// Whose it is and since when, in words; empty when nobody said.
    pub fn owner(&self) -> String {
        let on = self.on.map(|on| format!("since {on}")).unwrap_or_default();
        [self.by.as_str(), &on]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }
}
