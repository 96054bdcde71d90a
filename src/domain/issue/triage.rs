//! Says what people make of an issue: its states, their legal moves, and when it comes back by
//! itself.
//!
//! [`State::after`] is the whole machine. The store names the states a move is legal from in the
//! query itself, so an illegal move is a conflict and never a corruption. Whatever happens, who
//! works on it, its tags and its ticket stay.

use crate::domain::ids::UserId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Where people stand with an issue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nobody has said anything yet, or it came back.
    #[default]
    Open,
    /// Somebody has seen it.
    Acknowledged,
    /// The partner was told and has to act.
    Waiting,
    /// Somebody says it is mended, or it has been gone for two deliveries.
    Resolved,
    /// Not worth looking at, until a day or until it grows.
    Ignored,
}

/// What can happen to an issue's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Move {
    /// Somebody has seen it.
    Acknowledge,
    /// Somebody has told the partner.
    Wait,
    /// Somebody says it is mended, or it has been gone for long enough.
    Resolve,
    /// Somebody does not want to see it for now.
    Ignore,
    /// Somebody takes that back.
    Reopen,
    /// A delivery has it again although it was resolved.
    Recur,
    /// What it was to be ignored until has come.
    Wake,
}

impl State {
    /// Every state, in the order of an issue's life.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Acknowledged,
        Self::Waiting,
        Self::Resolved,
        Self::Ignored,
    ];

    /// States that somebody should look at; what “open issues” counts.
    pub const ACTIVE: [Self; 3] = [Self::Open, Self::Acknowledged, Self::Waiting];

    /// The state after `step`, or none when that move is not legal from here.
    pub fn after(self, step: Move) -> Option<Self> {
        use State::{Acknowledged, Ignored, Open, Resolved, Waiting};
        match (self, step) {
            (Open | Waiting, Move::Acknowledge) => Some(Acknowledged),
            (Open | Acknowledged, Move::Wait) => Some(Waiting),
            (Open | Acknowledged | Waiting | Ignored, Move::Resolve) => Some(Resolved),
            (Open | Acknowledged | Waiting, Move::Ignore) => Some(Ignored),
            (Acknowledged | Waiting | Resolved | Ignored, Move::Reopen)
            | (Resolved, Move::Recur)
            | (Ignored, Move::Wake) => Some(Open),
            _ => None,
        }
    }

    /// Whether `step` is legal from here.
    pub fn allows(self, step: Move) -> bool {
        self.after(step).is_some()
    }

    /// The states from which `step` is legal.
    pub fn before(step: Move) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |state| state.allows(step))
    }

    /// The key for it in URLs and documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Waiting => "waiting",
            Self::Resolved => "resolved",
            Self::Ignored => "ignored",
        }
    }

    /// The words for it on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Waiting => "waiting on partner",
            other => other.word(),
        }
    }

    /// Reads the key back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

impl Move {
    /// What people can do.
    pub const BY_PEOPLE: [Self; 5] = [
        Self::Acknowledge,
        Self::Wait,
        Self::Resolve,
        Self::Ignore,
        Self::Reopen,
    ];

    /// The key for it in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Wait => "wait",
            Self::Resolve => "resolve",
            Self::Ignore => "ignore",
            Self::Reopen => "reopen",
            Self::Recur => "recur",
            Self::Wake => "wake",
        }
    }

    /// What a button for it says.
    pub fn label(self) -> &'static str {
        match self {
            Self::Acknowledge => "Acknowledge",
            Self::Wait => "Wait for the partner",
            Self::Resolve => "Resolve",
            Self::Ignore => "Ignore",
            Self::Reopen => "Reopen",
            Self::Recur => "Came back",
            Self::Wake => "Woke up",
        }
    }

    /// Reads the key of something that people can do.
    pub fn parse(word: &str) -> Option<Self> {
        Self::BY_PEOPLE.into_iter().find(|step| step.word() == word)
    }
}

/// Somebody of ours who works on issues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Their account.
    pub id: UserId,
    /// What they are called.
    pub name: String,
}

/// How far an ignored issue may grow before it comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Growth {
    /// By how many per cent.
    pub percent: u32,
    /// Affected records when it was ignored.
    pub from: u64,
}

impl Growth {
    /// Whether `records` is more than it may have grown to.
    pub fn is_passed(self, records: u64) -> bool {
        u128::from(records) * 100 > u128::from(self.from) * (100 + u128::from(self.percent))
    }
}

/// What people make of an issue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triage {
    /// Where they stand.
    pub state: State,
    /// Whether it came back after it had been resolved; until somebody says something of it.
    pub regressed: bool,
    /// Who works on it.
    pub assignee: Option<Person>,
    /// Whom notes ask by name, and who has not done anything about it since.
    pub asked: Vec<Person>,
    /// Words to find it by, each once.
    pub tags: Vec<String>,
    /// Where else it is worked on; always `https`.
    pub ticket: Option<String>,
    /// When an ignored one comes back.
    pub until: Option<DateTime<Utc>>,
    /// How far an ignored one may grow.
    pub growth: Option<Growth>,
    /// How many records waited when a partner asked for them to be checked again; 0 when none did.
    pub recheck: u64,
    /// How often it has changed; whoever changes it names the one they saw.
    pub version: u32,
}

impl Triage {
    /// Most tags.
    pub const TAGS: usize = 10;

    /// Makes the move, if it is legal; whatever else is known of it stays. False when it is not.
    pub fn step(&mut self, step: Move) -> bool {
        let Some(to) = self.state.after(step) else {
            return false;
        };
        self.state = to;
        self.regressed = step == Move::Recur;
        if to != State::Ignored {
            (self.until, self.growth) = (None, None);
        }
        self.version += 1;
        true
    }

    /// `by` has done something, and a note of theirs asks `others`.
    pub fn ask(&mut self, by: &UserId, others: Vec<Person>) {
        let mut asked: Vec<Person> = others.into_iter().filter(|one| one.id != *by).collect();
        let before = std::mem::take(&mut self.asked).into_iter();
        let stay = before.filter(|one| one.id != *by && asked.iter().all(|new| new.id != one.id));
        self.asked = stay.collect();
        self.asked.append(&mut asked);
    }

    /// Why an ignored issue comes back now, as the end of a sentence; none when it does not.
    pub fn wakes(&self, records: u64, now: DateTime<Utc>) -> Option<String> {
        if self.state != State::Ignored {
            return None;
        }
        if let Some(until) = self.until.filter(|until| *until <= now) {
            return Some(format!(
                "it was to be ignored until {}",
                until.format("%-d %B %Y")
            ));
        }
        let growth = self.growth.filter(|growth| growth.is_passed(records))?;
        Some(format!(
            "it grew from {} to {records} records, more than {} %",
            growth.from, growth.percent
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOVES: [Move; 7] = [
        Move::Acknowledge,
        Move::Wait,
        Move::Resolve,
        Move::Ignore,
        Move::Reopen,
        Move::Recur,
        Move::Wake,
    ];

    fn worked_on() -> Triage {
        Triage {
            assignee: Some(Person {
                id: UserId::new("u1"),
                name: "Sam".into(),
            }),
            tags: vec!["needs-partner".into()],
            ticket: Some("https://tickets.example.com/1".into()),
            ..Triage::default()
        }
    }

    #[test]
    fn what_can_be_resolved_can_be_reopened_afterwards() {
        for state in State::before(Move::Resolve) {
            let resolved = state.after(Move::Resolve).expect("legal");
            assert_eq!(resolved.after(Move::Reopen), Some(State::Open));
        }
    }

    #[test]
    fn an_issue_wakes_at_its_day_or_when_it_has_grown_and_not_before() {
        let day = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let mut triage = Triage {
            state: State::Ignored,
            until: Some(day),
            growth: Some(Growth {
                percent: 50,
                from: 10,
            }),
            ..Triage::default()
        };
        let before = day - chrono::TimeDelta::seconds(1);
        assert_eq!(triage.wakes(15, before), None);
        assert!(triage.wakes(16, before).is_some_and(|why| why.contains("16")));
        assert!(triage.wakes(1, day).is_some_and(|why| why.contains("until")));
        triage.state = State::Resolved;
        assert_eq!(triage.wakes(99, day), None);
    }

    proptest! {
        #[test]
        fn no_move_loses_what_people_wrote_and_each_leads_where_the_machine_says(
            steps in prop::collection::vec(0usize..7, 0..40)
        ) {
            let mut triage = worked_on();
            for step in steps {
                let (before, step) = (triage.clone(), MOVES[step]);
                let moved = triage.step(step);
                prop_assert_eq!(moved, before.state.allows(step));
                if !moved {
                    prop_assert_eq!(&triage, &before);
                    continue;
                }
                prop_assert_eq!(Some(triage.state), before.state.after(step));
                prop_assert_eq!(triage.version, before.version + 1);
                prop_assert_eq!(triage.regressed, before.state == State::Resolved && step == Move::Recur);
                prop_assert_eq!(&triage.assignee, &before.assignee);
                prop_assert_eq!(&triage.tags, &before.tags);
                prop_assert_eq!(&triage.ticket, &before.ticket);
                prop_assert!(triage.state == State::Ignored || triage.until.is_none());
            }
        }

        #[test]
        fn an_issue_becomes_ignored_or_resolved_only_out_of_a_state_that_is_not(step in 0usize..7, from in 0usize..5) {
            let (from, step) = (State::ALL[from], MOVES[step]);
            if let Some(to) = from.after(step) {
                prop_assert_ne!(to, from);
            }
        }
    }
}
