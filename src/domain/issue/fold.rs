//! Folds deliveries into the issues of their feed, one at a time.
//!
//! Pure: whoever calls it says what the delivery found and what is known of the feed's issues,
//! and writes down what comes out. What a delivery adds to counts does not depend on the order
//! they are folded in; what the newest one says of an issue does, so one that is older than the
//! newest folded adds its counts and says nothing more.

use super::triage::{Move, State};
use super::{Day, Example, Issue, IssueId, Last, Standing, shape};
use crate::domain::format::count;
use crate::domain::ids::{DeliveryId, FeedId, RecordId};
use crate::domain::report::{CodeCount, Sample};
use crate::domain::violation::Severity;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What a delivery that took effect found.
#[derive(Debug, Clone)]
pub struct Found<'a> {
    /// The delivery.
    pub delivery: &'a DeliveryId,
    /// Its feed.
    pub feed: &'a FeedId,
    /// When it was received.
    pub at: DateTime<Utc>,
    /// Its records.
    pub received: u64,
    /// Whether it is a whole catalogue: what it does not have is fixed.
    pub is_whole: bool,
    /// What failed.
    pub codes: &'a [CodeCount],
    /// Examples of it.
    pub samples: &'a [Sample],
}

/// What became of an issue, for its timeline: a sentence without its subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The issue.
    pub issue: IssueId,
    /// A stable verb.
    pub action: &'static str,
    /// The sentence.
    pub what: String,
}

/// The issues of one feed, as far as they matter for a fold.
#[derive(Debug, Default)]
pub struct Board {
    /// The issues.
    pub issues: BTreeMap<IssueId, Kept>,
    /// When the newest delivery folded so far was received.
    pub newest: Option<DateTime<Utc>>,
}

/// An issue with its examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The issue.
    pub issue: Issue,
    /// Its examples, newest delivery first.
    pub examples: Vec<Example>,
    /// Whether a fold has changed it.
    pub is_changed: bool,
}

/// Sums of one issue in one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    /// Records it failed on.
    pub records: u64,
    /// Times it failed.
    pub occurrences: u64,
    /// The worst it mattered.
    pub severity: Severity,
    /// Records that are held for it.
    pub held: u64,
}

/// What a delivery adds to each issue, by code and attribute. Findings of gates speak of the
/// file and of no record, so they are none.
pub fn sums(codes: &[CodeCount]) -> BTreeMap<(&str, Option<&str>), Sum> {
    let mut sums = BTreeMap::<_, Sum>::new();
    for found in codes.iter().filter(|found| found.records > 0) {
        let is_held = found.severity <= Severity::Error
            && super::rule(&found.code).is_some_and(|rule| !rule.is_told_at_end());
        let held = if is_held { found.records } else { 0 };
        let sum = sums
            .entry((&*found.code, found.attribute.as_deref()))
            .or_insert(Sum {
                records: 0,
                occurrences: 0,
                severity: found.severity,
                held: 0,
            });
        sum.records += found.records;
        sum.occurrences += found.occurrences;
        sum.severity = sum.severity.min(found.severity);
        sum.held += held;
    }
    sums
}

impl Board {
    /// Folds a delivery in. `now` wakes what was ignored until then.
    pub fn fold(&mut self, found: &Found<'_>, now: DateTime<Utc>) -> Vec<Told> {
        let is_newest = self.newest.is_none_or(|newest| newest <= found.at);
        let mut told = Vec::new();
        let mut there = BTreeSet::new();
        for ((code, attribute), sum) in sums(found.codes) {
            let id = IssueId::of(found.feed, code, attribute);
            let kept = self.issues.entry(id.clone()).or_insert_with(|| Kept {
                issue: Issue::begin(found.feed, code, attribute, found.at),
                examples: Vec::new(),
                is_changed: true,
            });
            kept.is_changed = true;
            count_in(&mut kept.issue, found, sum);
            if is_newest {
                told.extend(see(&mut kept.issue, found, sum, now));
                let samples = found
                    .samples
                    .iter()
                    .filter(|s| s.violation.code == code && s.violation.attribute.as_deref() == attribute);
                spread(&mut kept.examples, samples, found.delivery);
            }
            there.insert(id);
        }
        if is_newest {
            self.newest = Some(found.at);
            if found.is_whole {
                for (id, kept) in &mut self.issues {
                    if !there.contains(id) {
                        told.extend(miss(kept, found));
                    }
                }
            }
        }
        told
    }
}

/// What does not depend on the order.
fn count_in(issue: &mut Issue, found: &Found<'_>, sum: Sum) {
    let is_first = issue.deliveries == 0;
    issue.first_seen = if is_first {
        found.at
    } else {
        issue.first_seen.min(found.at)
    };
    issue.last_seen = if is_first {
        found.at
    } else {
        issue.last_seen.max(found.at)
    };
    issue.records += sum.records;
    issue.occurrences += sum.occurrences;
    issue.deliveries += 1;
    let day = found.at.date_naive();
    match issue.days.binary_search_by_key(&day, |d| d.day) {
        Ok(at) => issue.days[at].records += sum.records,
        Err(at) => issue.days.insert(
            at,
            Day {
                day,
                records: sum.records,
            },
        ),
    }
    if issue.days.len() > Issue::DAYS {
        issue.days.remove(0);
    }
}

/// The newest delivery has it.
fn see(issue: &mut Issue, found: &Found<'_>, sum: Sum, now: DateTime<Utc>) -> Option<Told> {
    let was_there = issue.last.is_some() && issue.standing.is_there();
    issue.standing = if was_there {
        Standing::Continuing
    } else {
        Standing::New
    };
    issue.severity = sum.severity;
    issue.last = Some(Last {
        delivery: found.delivery.clone(),
        records: sum.records,
        occurrences: sum.occurrences,
        received: found.received,
    });
    let records = count(sum.records);
    let (step, action, what) = if issue.triage.state == State::Resolved {
        let what = format!("came back in delivery {}: {records} records", found.delivery);
        (Move::Recur, "issue.regressed", what)
    } else {
        let why = issue.triage.wakes(sum.records, now)?;
        (Move::Wake, "issue.woke", format!("opened it again: {why}"))
    };
    issue.triage.step(step).then(|| Told {
        issue: issue.id.clone(),
        action,
        what,
    })
}

/// The newest delivery, a whole catalogue, has it no more.
fn miss(kept: &mut Kept, found: &Found<'_>) -> Option<Told> {
    let issue = &mut kept.issue;
    let to = match issue.standing {
        Standing::New | Standing::Continuing => Standing::Fixed,
        Standing::Fixed | Standing::Gone => Standing::Gone,
    };
    kept.is_changed |= to != issue.standing;
    issue.standing = to;
    // Gone for two deliveries, with nothing left that waits: nobody need look at it.
    if to != Standing::Gone || issue.open > 0 || !State::ACTIVE.contains(&issue.triage.state) {
        return None;
    }
    kept.is_changed = true;
    issue.triage.step(Move::Resolve).then(|| Told {
        issue: issue.id.clone(),
        action: "issue.resolved",
        what: format!(
            "resolved it by itself: the last two deliveries up to {} do not have it, and no record of it waits",
            found.delivery
        ),
    })
}

/// Adds a delivery's examples, so that every shape has some and the newest come first.
fn spread<'a>(kept: &mut Vec<Example>, samples: impl Iterator<Item = &'a Sample>, delivery: &DeliveryId) {
    let mut all: Vec<Example> = samples.map(|sample| example(sample, delivery)).collect();
    all.append(kept);
    let mut seen = BTreeMap::<String, usize>::new();
    all.retain(|example| {
        let of_shape = seen.entry(example.shape.clone()).or_default();
        *of_shape += 1;
        *of_shape <= Example::OF_A_SHAPE
    });
    all.truncate(Example::KEPT);
    *kept = all;
}

fn example(sample: &Sample, delivery: &DeliveryId) -> Example {
    let violation = &sample.violation;
    let is_held = violation.severity <= Severity::Error && sample.index > 0;
    Example {
        shape: shape::of(&violation.value),
        value: violation.value.chars().take(Example::VALUE_LIMIT).collect(),
        message: violation.message.clone(),
        item: sample.id.clone(),
        delivery: delivery.clone(),
        place: sample.place(),
        record: is_held.then(|| RecordId::of(delivery, sample.index)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::violation::Violation;
    use proptest::prelude::*;
    use std::borrow::Cow;

    fn feed() -> FeedId {
        FeedId::new("acme/main")
    }

    fn found_in(code: &'static str, records: u64) -> CodeCount {
        CodeCount {
            code: code.into(),
            severity: Severity::Error,
            attribute: super::super::attribute_of(code).map(Cow::Borrowed),
            records,
            occurrences: records * 2,
        }
    }

    fn sample(value: &str, index: u64) -> Sample {
        Sample {
            id: format!("SKU{index}"),
            index,
            line: index + 1,
            offset: 0,
            violation: Violation {
                code: "GTIN_CHECK".into(),
                severity: Severity::Error,
                attribute: Some("gtin".into()),
                value: value.into(),
                message: format!("{value} is wrong."),
                suggestion: None,
                contract_version: 1,
                place: None,
            },
        }
    }

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(number * 86_400, 0).expect("a time")
    }

    /// Folds one delivery a day, each with what it found.
    fn folded(board: &mut Board, number: i64, codes: &[CodeCount], samples: &[Sample]) -> Vec<Told> {
        let found = Found {
            delivery: &DeliveryId::new(format!("d{number}")),
            feed: &feed(),
            at: day(number),
            received: 100,
            is_whole: true,
            codes,
            samples,
        };
        board.fold(&found, day(number))
    }

    fn the_issue(board: &Board) -> &Issue {
        &board.issues[&IssueId::held(&feed(), "GTIN_CHECK")].issue
    }

    #[test]
    fn an_issue_is_new_then_continues_is_fixed_and_resolves_itself() {
        let mut board = Board::default();
        let some = [found_in("GTIN_CHECK", 3)];
        let mut standings = Vec::new();
        for (number, codes) in [&some[..], &some[..], &[], &[]].into_iter().enumerate() {
            folded(&mut board, i64::try_from(number).expect("few"), codes, &[]);
            standings.push(the_issue(&board).standing);
        }
        assert_eq!(
            standings,
            [
                Standing::New,
                Standing::Continuing,
                Standing::Fixed,
                Standing::Gone
            ]
        );
        let issue = the_issue(&board);
        assert_eq!((issue.records, issue.occurrences, issue.deliveries), (6, 12, 2));
        assert_eq!(issue.triage.state, State::Resolved);
    }

    #[test]
    fn an_issue_that_records_still_wait_for_is_not_resolved_by_itself() {
        let mut board = Board::default();
        folded(&mut board, 0, &[found_in("GTIN_CHECK", 3)], &[]);
        for kept in board.issues.values_mut() {
            kept.issue.open = 1;
        }
        for number in 1..4 {
            assert_eq!(folded(&mut board, number, &[], &[]), []);
        }
        assert_eq!(the_issue(&board).triage.state, State::Open);
    }

    #[test]
    fn a_resolved_issue_that_comes_back_is_regressed_and_says_so() {
        let mut board = Board::default();
        folded(&mut board, 0, &[found_in("GTIN_CHECK", 3)], &[]);
        for kept in board.issues.values_mut() {
            kept.issue.triage.tags = vec!["known".into()];
            assert!(kept.issue.triage.step(Move::Resolve));
        }
        let told = folded(&mut board, 1, &[found_in("GTIN_CHECK", 1)], &[]);
        assert!(told[0].what.contains("came back in delivery d1"));
        let triage = &the_issue(&board).triage;
        assert!(triage.regressed && triage.state == State::Open && triage.tags == ["known"]);
    }

    #[test]
    fn what_a_file_of_changes_does_not_name_is_not_fixed() {
        let mut board = Board::default();
        folded(&mut board, 0, &[found_in("GTIN_CHECK", 3)], &[]);
        let id = DeliveryId::new("d1");
        let found = Found {
            delivery: &id,
            feed: &feed(),
            at: day(1),
            received: 5,
            is_whole: false,
            codes: &[],
            samples: &[],
        };
        board.fold(&found, day(1));
        assert_eq!(the_issue(&board).standing, Standing::New);
    }

    #[test]
    fn examples_are_spread_over_shapes_and_bounded() {
        let mut board = Board::default();
        let mut samples: Vec<_> = (0..40).map(|n| sample("4006381333932", n + 1)).collect();
        samples.extend((1..90).map(|n| sample(&"x".repeat(n), 100 + n as u64)));
        folded(&mut board, 0, &[found_in("GTIN_CHECK", 129)], &samples);
        let examples = &board.issues[&IssueId::held(&feed(), "GTIN_CHECK")].examples;
        assert_eq!(examples.len(), 3 + 40 + 3);
        assert_eq!(examples[0].record, Some(RecordId::of(&DeliveryId::new("d0"), 1)));
    }

    #[test]
    fn rules_told_at_the_end_and_gates_hold_no_record() {
        let mut of_the_gate = found_in("FILE_DROPPED", 0);
        of_the_gate.occurrences = 1;
        let at_end = crate::domain::contract::rules()
            .find(|rule| rule.is_told_at_end())
            .expect("one");
        let codes = [of_the_gate, found_in(at_end.code, 4), found_in("GTIN_CHECK", 2)];
        let held: Vec<_> = sums(&codes)
            .into_iter()
            .map(|((code, _), sum)| (code, sum.held))
            .collect();
        assert_eq!(held.len(), 2);
        assert!(held.contains(&("GTIN_CHECK", 2)) && held.contains(&(at_end.code, 0)));
    }

    proptest! {
        #[test]
        fn counts_do_not_depend_on_the_order_deliveries_are_folded_in(
            mut files in prop::collection::vec((0i64..30, 0u64..5, 0u64..5), 1..20),
            seed in any::<u64>(),
        ) {
            let fold_all = |files: &[(i64, u64, u64)]| {
                let mut board = Board::default();
                for (number, (on, gtin, title)) in files.iter().enumerate() {
                    let codes = [found_in("GTIN_CHECK", *gtin), found_in("TITLE_CAPS", *title)];
                    let found = Found {
                        delivery: &DeliveryId::new(format!("d{number}")),
                        feed: &feed(),
                        at: day(*on),
                        received: 100,
                        is_whole: true,
                        codes: &codes,
                        samples: &[],
                    };
                    board.fold(&found, day(*on));
                }
                board.issues.into_values().map(|kept| {
                    let i = kept.issue;
                    (i.id, i.records, i.occurrences, i.deliveries, i.first_seen, i.last_seen, i.days)
                }).collect::<Vec<_>>()
            };
            let in_order = fold_all(&files);
            let length = files.len();
            for at in 0..length {
                let other = usize::try_from((seed >> (at % 32)) % length as u64).expect("small");
                files.swap(at, other);
            }
            prop_assert_eq!(in_order, fold_all(&files));
        }
    }
}
