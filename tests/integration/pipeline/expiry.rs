//! Held records that nobody acts on are given up after a while, where everybody can see it and take
//! them back.

use super::bulk::{held, records};
use crate::support::app::App;
use crate::support::files::{Files, a_record};
use chrono::TimeDelta;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::bulk::{Action, Outcome};
use feedgate::domain::quarantine::{HeldRecord, Move, State};

fn of(records: &[HeldRecord], state: State) -> Vec<&str> {
    let those = records.iter().filter(|record| record.state == state);
    let mut ids: Vec<&str> = those.map(|record| record.item_id.as_str()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn a_held_record_that_nobody_acts_on_is_given_up_and_can_be_taken_back() {
    let (app, files) = (App::start().await, Files::new());
    let feed = held(&app, 3).await;
    app.worker().sweep().await;
    app.clock.advance(TimeDelta::days(60));
    let mended = records(&app).await;
    let mended = mended.iter().find(|record| record.item_id == "SKU2");
    app.mend(mended.expect("it is held"), "price", "still no price")
        .await;
    let fresh = files.csv("b.csv", &[a_record(7).with("price", "0 EUR")]);
    app.take_in(&feed, &fresh).await;

    app.worker().sweep().await;
    assert_eq!(
        of(&records(&app).await, State::Quarantined).len(),
        4,
        "after 60 days nothing is old enough"
    );

    let staff = app.sign_in(Role::Staff, None).await;
    let waits = records(&app).await;
    let waits = waits
        .iter()
        .find(|record| record.item_id == "SKU1")
        .expect("held");
    let page = staff.get(&format!("/quarantine/{}", waits.id)).await.body;
    assert!(page.contains("unless somebody acts on it"), "its day is told");

    app.clock.advance(TimeDelta::days(31));
    let (one, two) = (app.worker(), app.worker());
    tokio::join!(one.sweep(), two.sweep());
    app.work().await;
    let all = records(&app).await;
    assert_eq!(of(&all, State::Discarded), ["SKU1", "SKU3"]);
    assert_eq!(
        of(&all, State::Quarantined),
        ["SKU2", "SKU7"],
        "what was edited or came since has its own time"
    );
    let given_up = all.iter().find(|record| record.item_id == "SKU1").expect("kept");
    let [decided] = given_up.decided.as_slice() else {
        panic!("{given_up:?}");
    };
    assert_eq!(
        (decided.outcome, decided.why.as_str()),
        (Outcome::Discarded, "nobody has acted on it for 90 days")
    );
    let jobs = app.store.list_bulks(&Scope::All, "", 10).await.expect("a list");
    assert_eq!(jobs.rows.len(), 1, "of several workers one does it");
    assert_eq!((jobs.rows[0].action, jobs.rows[0].frozen), (Action::Discard, 2));
    // The session of a month ago has ended.
    let staff = app.sign_in(Role::Admin, None).await;
    let page = staff.get(&format!("/quarantine/{}", given_up.id)).await.body;
    for said in ["nobody has acted on it for 90 days", "worker, for feedgate"] {
        assert!(page.contains(said), "{said}");
    }
    let faults = app.store.verify_issues(&feed.id).await.expect("a proof");
    let misplaced = app.store.count_misplaced().await.expect("a count");
    assert!(misplaced.is_empty(), "{misplaced:?}");
    assert_eq!(faults, []);

    let back = app
        .store
        .move_held(&Scope::All, &given_up.id, Move::Restore, app.clock.now());
    back.await.expect("it goes back");
    app.clock.advance(TimeDelta::days(2));
    app.worker().sweep().await;
    app.work().await;
    assert_eq!(
        of(&records(&app).await, State::Quarantined),
        ["SKU1", "SKU2", "SKU7"],
        "what was taken back waits as long again"
    );
}

#[tokio::test]
async fn nobodys_time_began_before_the_rule_did_and_an_edit_saves_a_record_from_a_job_at_work() {
    let app = App::start().await;
    let feed = held(&app, 2).await;
    app.clock.advance(TimeDelta::days(400));
    app.worker().sweep().await;
    app.work().await;
    assert_eq!(of(&records(&app).await, State::Quarantined).len(), 2);

    app.clock.advance(TimeDelta::days(91));
    app.worker().sweep().await;
    let all = records(&app).await;
    let one = all.iter().find(|record| record.item_id == "SKU1").expect("held");
    app.clock.advance(TimeDelta::seconds(5));
    app.mend(one, "price", "soon").await;
    app.work().await;
    let all = records(&app).await;
    assert_eq!(of(&all, State::Discarded), ["SKU2"]);
    assert_eq!(of(&all, State::Quarantined), ["SKU1"]);
    let faults = app.store.verify_issues(&feed.id).await.expect("a proof");
    assert_eq!(faults, []);
}
