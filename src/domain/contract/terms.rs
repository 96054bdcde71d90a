//! Says what a feed's contract makes of a rule, and what a change of it means.
//!
//! An [`Override`] is what people write, on a feed's page or as TOML, and what is stored with
//! the feed; a [`Standing`] is what it comes to at one instant, which is all the engine knows.
//! Everything here is a pure function of the two contracts and the time.

use super::{Contract, Rule, rule, rules};
use crate::domain::violation::Severity;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

/// How much a rule matters in a contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The rule is not asked.
    Off,
    /// It is told, nothing more.
    Info,
    /// The record is accepted with a warning.
    Warning,
    /// The record is quarantined.
    Error,
}

impl Level {
    /// Every level, mildest first.
    pub const ALL: [Self; 4] = [Self::Off, Self::Info, Self::Warning, Self::Error];

    /// The word for it on pages, in TOML and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// Reads the word back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.word() == word)
    }

    /// The level that a severity is; a refused file is no record, so it has none.
    pub fn of(severity: Severity) -> Option<Self> {
        match severity {
            Severity::Fatal => None,
            Severity::Error => Some(Self::Error),
            Severity::Warning => Some(Self::Warning),
            Severity::Info => Some(Self::Info),
        }
    }

    fn severity(self) -> Option<Severity> {
        match self {
            Self::Off => None,
            Self::Info => Some(Severity::Info),
            Self::Warning => Some(Severity::Warning),
            Self::Error => Some(Severity::Error),
        }
    }
}

/// What a contract makes of one rule, in place of what the rule book says.
///
/// In TOML, under the rule's code:
///
/// ```toml
/// [rules.TITLE_LENGTH]
/// level = "error"          # off, info, warning or error; left out, the rule book's
/// from = "2026-03-01"      # from midnight UTC on; left out, at once
/// before = "warning"       # until then; left out, the rule book's
/// threshold = 120          # where the rule has one
/// shadow = "error"         # what it would be on trial, told apart and without effect
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Override {
    /// How much the rule matters; with none, as much as in the rule book.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The day from which `level` counts, from midnight UTC on; with none, it counts at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// How much the rule matters until `from`; with none, as much as in the rule book.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Level>,
    /// The rule's threshold; with none, the rule book's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u32>,
    /// The level on trial: what it would do is counted apart, and nothing is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shadow: Option<Level>,
}

impl Override {
    /// A level that counts at once, and nothing else.
    pub fn level(level: Level) -> Self {
        Self {
            level: Some(level),
            ..Self::default()
        }
    }

    /// The level that counts at `now`; none when the rule book's does.
    fn at(&self, now: DateTime<Utc>) -> Option<Level> {
        match self.from {
            Some(day) if now < day.and_time(NaiveTime::MIN).and_utc() => self.before,
            _ => self.level,
        }
    }
}

/// What a contract comes to for one rule at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How much the rule matters; none when it is switched off.
    pub live: Option<Severity>,
    /// How much it would matter on trial; none when nothing is on trial.
    pub shadow: Option<Severity>,
    /// Its threshold; 0 for a rule without one.
    pub threshold: u32,
    /// Whether `live` is a level that the contract names, not the rule book's.
    pub is_set: bool,
}

impl Standing {
    /// What the rule book says of the rule.
    pub fn default_of(rule: &Rule) -> Self {
        Self {
            live: Some(rule.severity),
            shadow: None,
            threshold: rule.threshold.map_or(0, |threshold| threshold.default),
            is_set: false,
        }
    }
}

/// What is wrong with one key of a contract that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}")]
pub struct NotAllowed {
    /// The key as written in TOML, such as `rules.TITLE_LENGTH.threshold`.
    pub key: String,
    /// What is wrong with its value and what is allowed, as a sentence.
    pub message: String,
}

impl Contract {
    /// What this contract makes of a rule at `now`.
    pub fn standing(&self, rule: &Rule, now: DateTime<Utc>) -> Standing {
        let default = Standing::default_of(rule);
        // A refused file is no record to be waved through.
        let Some(own) = self
            .rules
            .get(rule.code)
            .filter(|_| rule.severity != Severity::Fatal)
        else {
            return default;
        };
        let level = own.at(now);
        Standing {
            live: level.map_or(default.live, Level::severity),
            shadow: own.shadow.and_then(Level::severity),
            threshold: own.threshold.unwrap_or(default.threshold),
            is_set: level.is_some(),
        }
    }

    /// Everything in it that is not allowed, in the order of the codes.
    pub fn faults(&self) -> Vec<NotAllowed> {
        let mut faults = Vec::new();
        for (code, own) in &self.rules {
            match rule(code) {
                None => faults.push(unknown(code)),
                Some(rule) => judge(rule, own, &mut faults),
            }
        }
        for domain in self.domains.iter().filter(|domain| !is_domain(domain)) {
            faults.push(NotAllowed {
                key: "domains".to_owned(),
                message: format!(
                    "“{domain}” is no domain; write only the name of a host, such as shop.example."
                ),
            });
        }
        faults
    }

    /// What is different in `to`, a sentence each; none when nothing is.
    pub fn changes(&self, to: &Self) -> Vec<String> {
        let mut sentences = Vec::new();
        if self.currency != to.currency {
            let word = |contract: &Self| {
                contract
                    .currency
                    .map_or_else(|| "any".to_owned(), |c| c.code().to_owned())
            };
            sentences.push(format!("The currency is {}; it was {}.", word(to), word(self)));
        }
        if self.domains != to.domains {
            let word = |contract: &Self| match contract.domains.as_slice() {
                [] => "anywhere".to_owned(),
                domains => format!("to {}", domains.join(", ")),
            };
            sentences.push(format!("Links may lead {}; before, {}.", word(to), word(self)));
        }
        for rule in rules() {
            let (old, new) = (self.rules.get(rule.code), to.rules.get(rule.code));
            if old.copied().unwrap_or_default() != new.copied().unwrap_or_default() {
                sentences.push(format!(
                    "{} is {}; it was {}.",
                    rule.code,
                    describe(rule, new),
                    describe(rule, old)
                ));
            }
        }
        // Codes of rules that are no longer in the book may still be taken out.
        for code in self.rules.keys().filter(|code| rule(code).is_none()) {
            if !to.rules.contains_key(code) {
                sentences.push(format!("{code}, which is no rule any more, is taken out."));
            }
        }
        sentences
    }

    /// The contract that follows this one when it is changed to `to`: the next version, or
    /// this one when nothing is different.
    #[must_use]
    pub fn amended(&self, to: Self) -> Self {
        let version = if self.changes(&to).is_empty() {
            self.version
        } else {
            self.version.saturating_add(1)
        };
        Self { version, ..to }
    }
}

/// What a contract makes of a rule, in words: “an error from 2026-03-01 on, until then a warning”.
pub fn describe(rule: &Rule, own: Option<&Override>) -> String {
    let own = own.copied().unwrap_or_default();
    let default = Level::of(rule.severity);
    let word = |level: Option<Level>| match level.or(default) {
        None => "fatal",
        Some(Level::Off) => "off",
        Some(Level::Info) => "an info",
        Some(Level::Warning) => "a warning",
        Some(Level::Error) => "an error",
    };
    let mut text = word(own.level).to_owned();
    if let Some(day) = own.from {
        text = format!("{text} from {day} on, until then {}", word(own.before));
    }
    if let (Some(threshold), Some(value)) = (rule.threshold, own.threshold) {
        text = format!("{text}, with {} at {value} {}", threshold.name, threshold.unit);
    }
    if let Some(shadow) = own.shadow {
        text = format!("{text}, on trial {}", word(Some(shadow)));
    }
    text
}

fn unknown(code: &str) -> NotAllowed {
    let upper = code.trim().to_ascii_uppercase();
    let family = upper.split('_').next().unwrap_or_default();
    let like: Vec<_> = rules()
        .map(|rule| rule.code)
        .filter(|known| *known == upper || known.split('_').next() == Some(family))
        .take(8)
        .collect();
    let hint = if like.is_empty() {
        "codes are like PRICE_ZERO or GTIN_CHECK".to_owned()
    } else {
        format!("there are {}", like.join(", "))
    };
    NotAllowed {
        key: format!("rules.{code}"),
        message: format!("“{code}” is no rule; {hint}."),
    }
}

fn judge(rule: &Rule, own: &Override, faults: &mut Vec<NotAllowed>) {
    let code = rule.code;
    let mut fault = |key: &str, message: String| {
        faults.push(NotAllowed {
            key: format!("rules.{code}{key}"),
            message,
        });
    };
    if rule.severity == Severity::Fatal {
        fault(
            "",
            format!("{code} refuses a whole file; it has no level and cannot be switched off."),
        );
        return;
    }
    if rule.is_told_at_end() {
        for (key, level) in [
            (".level", own.level),
            (".before", own.before),
            (".shadow", own.shadow),
        ] {
            if let Some(level @ (Level::Warning | Level::Error)) = level {
                fault(
                    key,
                    format!(
                        "{code} is known only at the end of the file, when its records are through, so it cannot be {}; \
                         it is off or info.",
                        level.word()
                    ),
                );
            }
        }
    }
    if own.from.is_some() && own.level.is_none() {
        fault(
            ".from",
            "A day says from when a level counts; name the level too: off, info, warning or error."
                .to_owned(),
        );
    }
    if own.before.is_some() && own.from.is_none() {
        fault(
            ".before",
            "The level before a day needs the day; name it in from, such as 2026-03-01.".to_owned(),
        );
    }
    match (rule.threshold, own.threshold) {
        (None, Some(value)) => fault(
            ".threshold",
            format!("{code} has no threshold, so {value} means nothing; leave it out."),
        ),
        (Some(threshold), Some(value)) if !(threshold.least..=threshold.most).contains(&value) => fault(
            ".threshold",
            format!(
                "{value} is no {} for {code}; it is from {} to {} {}, and {} unless a contract says otherwise.",
                threshold.name, threshold.least, threshold.most, threshold.unit, threshold.default
            ),
        ),
        _ => {}
    }
}

/// Labels of letters, digits and hyphens with points between them.
fn is_domain(domain: &str) -> bool {
    domain.len() <= 253
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::checks::testing::{contract, now, sound};
    use crate::domain::contract::{Checked, Checker};
    use std::collections::BTreeMap;

    fn with(code: &str, own: Override) -> Contract {
        Contract {
            rules: BTreeMap::from([(code.to_owned(), own)]),
            ..contract()
        }
    }

    fn checked(contract: &Contract, changes: &[(&str, &str)]) -> Checked {
        Checker::new(contract, now()).check(&sound(changes))
    }

    fn day(offset: i64) -> NaiveDate {
        now().date_naive() + chrono::TimeDelta::days(offset)
    }

    #[test]
    fn a_level_makes_a_warning_an_error_and_an_error_nothing() {
        let strict = with("TITLE_CAPS", Override::level(Level::Error));
        assert!(checked(&strict, &[("title", "BLUE ENAMEL MUG 350 ML")]).is_held());
        let mild = with("PRICE_ZERO", Override::level(Level::Off));
        assert!(checked(&mild, &[("price", "0.00 EUR")]).is_clean());
    }

    #[test]
    fn before_its_day_a_rule_keeps_its_former_level_and_from_midnight_on_it_has_the_new_one() {
        let own = |from| Override {
            from: Some(from),
            before: Some(Level::Info),
            ..Override::level(Level::Error)
        };
        let severity = |from| {
            let checked = checked(
                &with("TITLE_CAPS", own(from)),
                &[("title", "BLUE ENAMEL MUG 350 ML")],
            );
            checked.failed().map(|(_, severity)| severity).collect::<Vec<_>>()
        };
        assert_eq!(severity(day(1)), [Severity::Info]);
        assert_eq!(severity(day(0)), [Severity::Error]);
        let unsaid = Override {
            before: None,
            ..own(day(1))
        };
        let contract = with("TITLE_CAPS", unsaid);
        let rule = rule("TITLE_CAPS").expect("a rule");
        assert_eq!(contract.standing(rule, now()).live, Some(Severity::Warning));
    }

    #[test]
    fn a_threshold_moves_the_border_of_its_rule() {
        let short = Override {
            threshold: Some(10),
            ..Override::default()
        };
        let contract = with("TITLE_LENGTH", short);
        assert!(checked(&contract, &[("title", "Enamel mug")]).is_clean());
        let longer = checked(&contract, &[("title", "Enamel mugs")]);
        assert_eq!(
            longer.failed().map(|(rule, _)| rule.code).collect::<Vec<_>>(),
            ["TITLE_LENGTH"]
        );
    }

    #[test]
    fn a_rule_on_trial_is_counted_apart_and_changes_nothing() {
        let trial = Override {
            shadow: Some(Level::Error),
            ..Override::default()
        };
        let found = checked(&with("TITLE_CAPS", trial), &[("title", "BLUE ENAMEL MUG 350 ML")]);
        assert!(!found.is_held() && found.has_warning());
        let shadows: Vec<_> = found
            .shadows()
            .map(|v| (v.code.into_owned(), v.severity))
            .collect();
        assert_eq!(shadows, [("TITLE_CAPS".to_owned(), Severity::Error)]);
        let only = Override {
            level: Some(Level::Off),
            ..trial
        };
        let found = checked(&with("TITLE_CAPS", only), &[("title", "BLUE ENAMEL MUG 350 ML")]);
        assert!(found.is_clean() && found.shadows().count() == 1);
    }

    #[test]
    fn every_violation_tells_the_version_it_was_found_under() {
        let contract = Contract {
            version: 7,
            ..contract()
        };
        let found = checked(&contract, &[("price", "")]);
        assert!(found.violations().all(|v| v.contract_version == 7));
    }

    #[test]
    fn what_is_not_allowed_is_named_by_its_key_with_what_is() {
        let cases = [
            (
                "TITLE_LENGHT",
                Override::level(Level::Off),
                "rules.TITLE_LENGHT",
                "TITLE_LENGTH",
            ),
            (
                "FILE_EMPTY",
                Override::level(Level::Off),
                "rules.FILE_EMPTY",
                "whole file",
            ),
            (
                "TITLE_CAPS",
                Override {
                    threshold: Some(101),
                    ..Override::default()
                },
                "rules.TITLE_CAPS.threshold",
                "from 1 to 100",
            ),
            (
                "PRICE_ZERO",
                Override {
                    threshold: Some(1),
                    ..Override::default()
                },
                "rules.PRICE_ZERO.threshold",
                "no threshold",
            ),
            (
                "PRICE_ZERO",
                Override {
                    from: Some(day(0)),
                    ..Override::default()
                },
                "rules.PRICE_ZERO.from",
                "name the level",
            ),
            (
                "GROUP_SINGLE",
                Override::level(Level::Error),
                "rules.GROUP_SINGLE.level",
                "off or info",
            ),
        ];
        for (code, own, key, part) in cases {
            let faults = with(code, own).faults();
            assert_eq!(faults.len(), 1, "{code}: {faults:?}");
            assert_eq!(faults[0].key, key);
            assert!(faults[0].message.contains(part), "{}", faults[0]);
        }
        assert!(contract().faults().is_empty());
    }

    #[test]
    fn a_change_is_told_in_sentences_and_counts_the_version_up() {
        let old = contract();
        let new = with(
            "TITLE_LENGTH",
            Override {
                level: Some(Level::Error),
                from: NaiveDate::from_ymd_opt(2026, 3, 1),
                before: Some(Level::Warning),
                threshold: Some(120),
                shadow: None,
            },
        );
        assert_eq!(
            old.changes(&new),
            [
                "TITLE_LENGTH is an error from 2026-03-01 on, until then a warning, with longest title at 120 \
                 characters; it was a warning."
            ]
        );
        assert_eq!(old.amended(new.clone()).version, 2);
        assert_eq!(new.amended(new.clone()).version, new.version);
    }

    #[test]
    fn the_stored_form_reads_back_and_an_empty_one_is_the_rule_book() {
        let contract = with("TITLE_CAPS", Override::level(Level::Error));
        let text = serde_json::to_string(&contract).expect("it writes");
        assert_eq!(
            serde_json::from_str::<Contract>(&text).expect("it reads"),
            contract
        );
        assert_eq!(
            serde_json::from_str::<Contract>("{}").expect("it reads"),
            Contract::default()
        );
        assert!(
            text.contains(r#""rules":{"TITLE_CAPS":{"level":"error"}}"#),
            "{text}"
        );
    }
}
