//! A fix made for many records at once: tried before it is made, and made as a revision of each.

use super::bulk::{held, job, plan, records, start, tally};
use crate::support::app::{Actor, Answer, App};
use crate::support::files::{Files, a_record};
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::bulk::{Action, Pace, State};
use feedgate::domain::ids::JobId;
use feedgate::domain::profile::Profile;
use feedgate::domain::quarantine;
use feedgate::server::store::Standing;

async fn fix(staff: &Actor<'_>, changed: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("id", "j1"),
        ("attribute", "price"),
        ("change", "set"),
        ("to", "10.00 EUR"),
        ("why", "The partner told us the price"),
    ];
    for (name, value) in changed {
        fields.retain(|(n, _)| n != name);
        fields.push((name, value));
    }
    staff.call("mend_bulk", &fields).await
}

async fn standing(app: &App) -> Standing {
    app.store.read_standing(&JobId::new("j1")).await.expect("a sum")
}

fn gently() -> Pace {
    Pace {
        stop_above: None,
        ..Pace::default()
    }
}

#[tokio::test]
async fn a_fix_is_tried_first_and_then_made_as_a_revision_of_each_record() {
    let app = App::start().await;
    let feed = held(&app, 30).await;
    let staff = app.sign_in(Role::Staff, None).await;
    plan(&app, &feed, "j1", Action::Replay).await;
    app.work().await;
    assert_eq!(
        (standing(&app).await.rehearsed, standing(&app).await.would_pass),
        (30, 0)
    );

    let answer = fix(&staff, &[]).await;
    assert!(answer.status.is_success(), "{answer:?}");
    assert_eq!(
        standing(&app).await.rehearsed,
        0,
        "what was tried before says nothing any more"
    );
    app.work().await;
    let tried = standing(&app).await;
    assert_eq!((tried.would_change, tried.would_pass), (30, 30));
    assert!(
        records(&app).await.iter().all(|r| r.revisions.is_empty()),
        "nothing is made yet"
    );
    let page = staff.get("/jobs/j1").await.body;
    for said in [
        "0 EUR",
        "10.00 EUR",
        "passes",
        "price before and after",
        "The partner told us",
    ] {
        assert!(page.contains(said), "{said}");
    }

    start(&app, "j1", gently()).await;
    app.work().await;
    assert_eq!(tally(&app, "j1").await.accepted, 30);
    for record in records(&app).await {
        assert_eq!(record.state, quarantine::State::Accepted);
        assert_eq!(
            record.attributes.get("price"),
            Some("0 EUR"),
            "what was sent stays"
        );
        let [revision] = record.revisions.as_slice() else {
            panic!("{record:?}");
        };
        assert_eq!(revision.attributes.get("price"), Some("10.00 EUR"));
        assert_eq!((revision.number, revision.violations.len()), (1, 0));
        assert_eq!(revision.reason, "The partner told us the price");
        assert_eq!(revision.by, "staff of all");
    }
    let first = records(&app).await.remove(0);
    let page = staff.get(&format!("/quarantine/{}", first.id)).await.body;
    for said in [
        "saved revision 1: The partner told us the price",
        "accepted in a replay; its item is in the catalogue",
        "worker, for Sam",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let admin = app.sign_in(Role::Admin, None).await;
    let log = admin
        .get(&format!("/activity?object=record:{}", first.id))
        .await
        .body;
    assert!(
        log.contains("accepted in a replay") && log.contains("(job j1)"),
        "the log is searchable by record"
    );
    let log = admin.get("/activity?what=bulk.").await.body;
    assert!(log.contains("finished the replay: 30 accepted"));
    let item = app.store.find_item(&Scope::All, &feed.id, "sku1").await;
    let item = item.expect("a look").expect("an item");
    assert!(
        item.attributes
            .0
            .contains(&("price".to_owned(), "10.00 EUR".to_owned()))
    );
    let faults = app.store.verify_issues(&feed.id).await.expect("a proof");
    let misplaced = app.store.count_misplaced().await.expect("a count");
    assert!(misplaced.is_empty(), "{misplaced:?}");
    assert_eq!(faults, []);
}

#[tokio::test]
async fn a_fix_is_kept_in_the_feeds_profile_with_its_owner_and_mends_the_files_to_come() {
    let (app, files) = (App::start().await, Files::new());
    let feed = held(&app, 3).await;
    let staff = app.sign_in(Role::Staff, None).await;
    plan(&app, &feed, "j1", Action::Replay).await;
    app.work().await;
    let none = staff.call("keep_fix", &[("id", "j1")]).await;
    assert_eq!(none.status, 404, "a job without a fix has none to keep");
    fix(&staff, &[]).await;
    let page = staff.get("/jobs/j1").await.body;
    assert!(page.contains("Keep this fix for the files to come"));

    let begun = staff.post("/api/keep_fix", &[("id", "j1")]).await;
    let draft = begun.location.expect("a draft to go to");
    assert_eq!(feed.profile, Profile::default(), "nothing is in force yet");
    let page = staff.get(draft.trim_end_matches("#preview")).await.body;
    for said in [
        "Sets price to “10.00 EUR”",
        "staff of all, since ",
        "The partner told us the price",
    ] {
        assert!(page.contains(said), "{said}");
    }
    let name = draft
        .split("draft=")
        .nth(1)
        .and_then(|rest| rest.split('#').next());
    let drafted = app
        .store
        .find_draft(&Scope::All, &feed.id, name.expect("its name"))
        .await
        .expect("a look")
        .expect("a draft");
    let saved = staff
        .post(
            "/api/write_profile",
            &[
                ("feed", "acme/main"),
                ("version", "1"),
                ("wish[text]", &drafted.text),
                ("wish[reason]", &drafted.reason),
                ("wish[deed]", "save"),
            ],
        )
        .await;
    assert!(saved.location.is_some_and(|to| to.contains("saved=2")));

    let found = app.store.find_feed(&Scope::All, &feed.id).await;
    let feed = found.expect("a look").expect("a feed").feed;
    let records: Vec<_> = (1..=3).map(|n| a_record(n).with("price", "0 EUR")).collect();
    let next = app.take_in(&feed, &files.csv("b.csv", &records)).await;
    assert_eq!(next.report.records.accepted, 3);
    let item = app.store.find_item(&Scope::All, &feed.id, "sku1").await;
    let item = item.expect("a look").expect("an item");
    assert!(
        item.attributes
            .0
            .contains(&("price".to_owned(), "10.00 EUR".to_owned()))
    );

    let again = staff.call("keep_fix", &[("id", "j1")]).await;
    assert_eq!(again.status, 409, "it is kept once");
    let manager = app.sign_in(Role::Manager, None).await;
    assert_eq!(manager.call("keep_fix", &[("id", "j1")]).await.status, 403);
}

#[tokio::test]
async fn a_fix_that_does_not_help_is_told_so_and_its_revision_kept() {
    let app = App::start().await;
    let feed = held(&app, 2).await;
    let staff = app.sign_in(Role::Staff, None).await;
    plan(&app, &feed, "j1", Action::Replay).await;
    fix(&staff, &[("change", "lower"), ("to", "")]).await;
    app.work().await;
    let tried = standing(&app).await;
    assert_eq!((tried.would_change, tried.would_pass), (2, 0));
    assert!(staff.get("/jobs/j1").await.body.contains("fails still"));
    start(&app, "j1", gently()).await;
    app.work().await;
    // And the job's page names what did not go through, by product, with what is wrong with it.
    let page = staff.get("/jobs/j1").await.body;
    assert!(page.contains(">SKU2<") && page.contains("is zero"), "{page}");
    for record in records(&app).await {
        assert_eq!(record.state, quarantine::State::RejectedAgain);
        assert_eq!(record.current().get("price"), Some("0 eur"));
        assert_eq!(record.revisions[0].violations, record.violations);
        assert!(!record.violations.is_empty());
    }
    let faults = app.store.verify_issues(&feed.id).await.expect("a proof");
    assert_eq!(faults, []);
}

#[tokio::test]
async fn a_fix_that_cannot_be_meant_is_refused_and_one_that_comes_too_late_too() {
    let app = App::start().await;
    let feed = held(&app, 2).await;
    let staff = app.sign_in(Role::Staff, None).await;
    plan(&app, &feed, "j1", Action::Replay).await;
    for (changed, says) in [
        ([("attribute", "id")], "another id is another product"),
        ([("attribute", "")], "Name the attribute"),
        ([("why", " ")], "Say why"),
        ([("to", "")], "Give the value that is written"),
        ([("change", "take")], "Name the attribute to take it from"),
        ([("change", "currency")], "by its code"),
    ] {
        let answer = fix(&staff, &changed).await;
        assert!(answer.status.is_client_error(), "{changed:?}: {answer:?}");
        assert!(answer.body.contains(says), "{changed:?}: {answer:?}");
    }
    assert_eq!(job(&app, "j1").await.mend, None);
    fix(&staff, &[]).await;
    assert!(job(&app, "j1").await.mend.is_some());
    fix(&staff, &[("change", "")]).await;
    assert_eq!(job(&app, "j1").await.mend, None, "taken away again");

    start(&app, "j1", gently()).await;
    let late = fix(&staff, &[]).await;
    assert_eq!(late.status.as_u16(), 409, "{late:?}");
    app.work().await;
    assert_eq!(job(&app, "j1").await.state, State::Done);
    assert!(records(&app).await.iter().all(|r| r.revisions.is_empty()));
}
