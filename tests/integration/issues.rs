//! Issues count what the log and the quarantine have, whatever happens to the records, and come
//! back when what people resolved does.

use crate::support::app::App;
use crate::support::files::{ARecord, Files, a_record};
use chrono::TimeDelta;
use feedgate::domain::account::Scope;
use feedgate::domain::feed::Feed;
use feedgate::domain::ids::{JobId, UserId};
use feedgate::domain::issue::triage::{Move, Person, State, Triage};
use feedgate::domain::issue::{Issue, IssueId, Standing};
use feedgate::domain::quarantine::{HeldRecord, Move as HeldMove, Revision};
use feedgate::domain::query::{IssueFilter, IssueSort, IssueStates, QuarantineFilter};
use feedgate::domain::record::Attributes;
use feedgate::domain::violation::Severity;
use feedgate::server::store::{Error, IssueChange, Job, Work};
use std::borrow::Cow;

/// A wrong check digit.
const WRONG: &str = "4006381333932";

async fn the_issue(app: &App, feed: &Feed, code: &str) -> Issue {
    let id = IssueId::held(&feed.id, code);
    let found = app.store.find_issue(&Scope::All, &id).await.expect("a look");
    found.expect("an issue").0
}

/// How many records wait for the issue, after proving that this and all else is so.
async fn waiting(app: &App, feed: &Feed, code: &str) -> u64 {
    let faults = app.store.verify_issues(&feed.id).await.expect("a proof");
    assert_eq!(faults, [], "issues say what there is");
    the_issue(app, feed, code).await.open
}

async fn held(app: &App) -> Vec<HeldRecord> {
    let filter = QuarantineFilter::default();
    let page = app.store.list_held(&Scope::All, &filter, "", 100).await;
    page.expect("a list").rows
}

async fn take_in(app: &App, feed: &Feed, files: &Files, name: &str, records: &[ARecord]) {
    app.clock.advance(TimeDelta::hours(1));
    app.take_in(feed, &files.csv(name, records)).await;
}

/// Makes a move and, with it, whatever `change` does to the rest.
async fn rule(app: &App, issue: &Issue, step: Move, change: impl FnOnce(&mut Triage)) -> Result<(), Error> {
    let mut after = issue.triage.clone();
    after.step(step);
    change(&mut after);
    let ruling = IssueChange {
        seen: issue.triage.version,
        step: Some(step),
        after,
        deeds: Vec::new(),
    };
    app.store.rule_on_issue(&Scope::All, &issue.id, &ruling).await
}

fn sent(bad: std::ops::RangeInclusive<u32>) -> Vec<ARecord> {
    (1..=6)
        .map(|n| {
            let record = a_record(n);
            if bad.contains(&n) {
                record.with("gtin", WRONG)
            } else {
                record
            }
        })
        .collect()
}

#[tokio::test]
async fn what_waits_for_an_issue_moves_with_every_record() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    take_in(&app, &feed, &files, "a.csv", &sent(1..=4)).await;
    assert_eq!(waiting(&app, &feed, "GTIN_CHECK").await, 4);

    let records = held(&app).await;
    let scope = Scope::All;
    app.store
        .move_held(&scope, &records[0].id, HeldMove::Discard, app.clock.now())
        .await
        .expect("given up");
    assert_eq!(waiting(&app, &feed, "GTIN_CHECK").await, 3);
    let twice = app
        .store
        .move_held(&scope, &records[0].id, HeldMove::Discard, app.clock.now())
        .await;
    assert!(matches!(twice, Err(Error::Conflict { .. })));
    assert_eq!(waiting(&app, &feed, "GTIN_CHECK").await, 3);
    app.store
        .move_held(&scope, &records[0].id, HeldMove::Restore, app.clock.now())
        .await
        .expect("taken back");
    assert_eq!(waiting(&app, &feed, "GTIN_CHECK").await, 4);

    // A mend that spoils the price moves the record from one issue to another.
    let mut spoilt = records[1].violations.clone();
    spoilt[0].code = Cow::Borrowed("PRICE_ZERO");
    let revision = Revision {
        number: 1,
        attributes: Attributes(
            records[1]
                .attributes
                .iter()
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
                .collect(),
        ),
        violations: spoilt,
        by: "Sam".into(),
        at: app.clock.now(),
        reason: "a test".into(),
    };
    app.store
        .insert_revision(&scope, &records[1].id, 0, &revision)
        .await
        .expect("a revision");
    assert_eq!(waiting(&app, &feed, "GTIN_CHECK").await, 3);
    assert_eq!(waiting(&app, &feed, "PRICE_ZERO").await, 1);

    // A newer file has four of them right, and one still wrong.
    take_in(&app, &feed, &files, "b.csv", &sent(4..=4)).await;
    assert_eq!(waiting(&app, &feed, "GTIN_CHECK").await, 1);
    assert_eq!(waiting(&app, &feed, "PRICE_ZERO").await, 0);
    let issue = the_issue(&app, &feed, "GTIN_CHECK").await;
    assert_eq!((issue.records, issue.deliveries), (5, 2));
    assert_eq!(
        issue.last.as_ref().map(|last| (last.records, last.received)),
        Some((1, 6))
    );
    assert_eq!(issue.standing, Standing::Continuing);
}

#[tokio::test]
async fn a_replay_takes_what_passes_out_of_its_issue_and_keeps_what_fails() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    take_in(&app, &feed, &files, "a.csv", &sent(1..=2)).await;
    let records = held(&app).await;
    let attributes = Attributes(
        records[0]
            .attributes
            .iter()
            .map(|(n, v)| {
                let right = "4006381333931";
                (n.to_owned(), if n == "gtin" { right } else { v }.to_owned())
            })
            .collect(),
    );
    let revision = Revision {
        number: 1,
        attributes,
        violations: Vec::new(),
        by: "Sam".into(),
        at: app.clock.now(),
        reason: "typo".into(),
    };
    app.store
        .insert_revision(&Scope::All, &records[0].id, 0, &revision)
        .await
        .expect("a revision");
    assert_eq!(waiting(&app, &feed, "GTIN_CHECK").await, 1);
    for (number, record) in records.iter().enumerate() {
        let job = Job {
            id: JobId::new(format!("j{number}")),
            partner: record.partner.clone(),
            feed: record.feed.clone(),
            work: Work::Replay {
                records: vec![record.id.clone()],
            },
            asked_by: "Sam".into(),
            asked_at: app.clock.now(),
        };
        app.store.queue_replay(&Scope::All, &job).await.expect("queued");
    }
    app.work().await;
    assert_eq!(waiting(&app, &feed, "GTIN_CHECK").await, 1);
    assert_eq!(held(&app).await.len(), 1);
}

#[tokio::test]
async fn a_resolved_issue_that_comes_back_keeps_whose_it_is() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    take_in(&app, &feed, &files, "a.csv", &sent(1..=1)).await;
    let issue = the_issue(&app, &feed, "GTIN_CHECK").await;
    rule(&app, &issue, Move::Resolve, |triage| {
        triage.tags = vec!["known".into()];
        triage.assignee = Some(Person {
            id: UserId::new("u1"),
            name: "Sam".into(),
        });
    })
    .await
    .expect("resolved");
    take_in(&app, &feed, &files, "b.csv", &sent(1..=2)).await;
    let issue = the_issue(&app, &feed, "GTIN_CHECK").await;
    assert!(issue.triage.regressed && issue.triage.state == State::Open);
    assert_eq!(issue.triage.tags, ["known"]);
    assert_eq!(issue.triage.assignee.map(|a| a.name), Some("Sam".to_owned()));
    let deeds = app
        .store
        .list_deeds(&Scope::All, &format!("issue:{}", issue.id))
        .await
        .expect("a timeline");
    assert!(
        deeds
            .iter()
            .any(|deed| deed.what.contains("came back in delivery"))
    );
}

#[tokio::test]
async fn an_illegal_move_and_a_stale_form_are_refused_by_the_store() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    take_in(&app, &feed, &files, "a.csv", &sent(1..=1)).await;
    let seen = the_issue(&app, &feed, "GTIN_CHECK").await;
    let reopened = rule(&app, &seen, Move::Reopen, |_| {}).await;
    assert!(matches!(reopened, Err(Error::Conflict { .. })), "it is open");
    rule(&app, &seen, Move::Acknowledge, |_| {})
        .await
        .expect("acknowledged");
    let stale = rule(&app, &seen, Move::Resolve, |_| {}).await;
    assert!(
        matches!(stale, Err(Error::Conflict { .. })),
        "somebody was faster"
    );
    let now = the_issue(&app, &feed, "GTIN_CHECK").await;
    assert_eq!(now.triage.state, State::Acknowledged);
}

#[tokio::test]
async fn an_ignored_issue_wakes_at_its_day() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    take_in(&app, &feed, &files, "a.csv", &sent(1..=1)).await;
    let issue = the_issue(&app, &feed, "GTIN_CHECK").await;
    let until = app.clock.now() + TimeDelta::days(2);
    rule(&app, &issue, Move::Ignore, |triage| triage.until = Some(until))
        .await
        .expect("ignored");
    assert_eq!(app.store.wake_issues(app.clock.now()).await.expect("a look"), 0);
    assert_eq!(app.store.wake_issues(until).await.expect("a look"), 1);
    let issue = the_issue(&app, &feed, "GTIN_CHECK").await;
    assert_eq!(issue.triage.state, State::Open);
}

#[tokio::test]
async fn a_board_pages_by_key_through_every_order_and_shows_each_issue_once() {
    let (app, files) = (App::start().await, Files::new());
    let feed = app.partner("acme").await;
    let records = [
        a_record(1).with("gtin", WRONG),
        a_record(2).with("price", "0 EUR"),
        a_record(3).with("availability", "maybe"),
        a_record(4).with("link", "nowhere"),
    ];
    take_in(&app, &feed, &files, "a.csv", &records).await;
    let filter = IssueFilter {
        state: IssueStates::Any,
        ..IssueFilter::default()
    };
    for sort in IssueSort::ALL {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = app
                .store
                .list_issues(&Scope::All, &filter, sort, &after, 1)
                .await
                .expect("a page");
            seen.extend(page.rows.into_iter().map(|issue| issue.id));
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert!(count >= 4 && seen.len() == count, "{sort:?}");
    }
    let levels = app
        .store
        .count_issue_levels(&Scope::All, &filter)
        .await
        .expect("counts");
    assert!(levels.get(&Severity::Error).is_some_and(|errors| *errors >= 4));
    let other = Scope::Only(vec![feedgate::domain::ids::PartnerId::new("beta")]);
    let theirs = app
        .store
        .list_issues(&other, &filter, IssueSort::Impact, "", 10)
        .await
        .expect("a page");
    assert_eq!(theirs.total, 0, "nobody sees what is not theirs");
}
