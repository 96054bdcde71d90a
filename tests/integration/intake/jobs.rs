//! Jobs in the store: leased, kept, failed, set aside, tried again.

use crate::support::app::App;
use crate::support::files::{Files, a_record};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::TimeDelta;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::ids::JobId;
use feedgate::domain::job::{ATTEMPTS, Kind, State};
use feedgate::domain::query::QuarantineFilter;
use feedgate::server::store::{Error, Job, JobState, Work};
use feedgate::server::tokens::{self, Wanted};

const LEASE: TimeDelta = TimeDelta::seconds(30);

/// A replay of one held record, queued.
async fn queued(app: &App, id: &str) -> Job {
    let files = Files::new();
    let feed = app.partner("acme").await;
    app.take_in(&feed, &files.csv("a.csv", &[a_record(2).with("gtin", "1")]))
        .await;
    let held = app
        .store
        .list_held(&Scope::All, &QuarantineFilter::default(), "", 1)
        .await
        .expect("a list")
        .rows
        .remove(0);
    let job = Job {
        id: JobId::new(id),
        partner: held.partner,
        feed: held.feed,
        work: Work::Replay {
            records: vec![held.id],
        },
        asked_by: "Sam".to_owned(),
        asked_at: app.clock.now(),
    };
    app.store.queue_replay(&Scope::All, &job).await.expect("queued");
    job
}

async fn take(app: &App, worker: &str) -> Option<JobState> {
    app.store
        .take_job(&Kind::ALL, worker, app.clock.now(), LEASE)
        .await
        .expect("a look")
}

async fn look(app: &App, job: &Job) -> JobState {
    app.store
        .find_job(&Scope::All, &job.id)
        .await
        .expect("a look")
        .expect("the job")
}

#[tokio::test]
async fn a_job_that_fails_every_time_is_set_aside_with_its_last_error_and_can_be_tried_again() {
    let app = App::start().await;
    let job = queued(&app, "j1").await;
    for attempt in 1..=ATTEMPTS {
        let taken = take(&app, "w").await.expect("the job");
        assert_eq!(taken.attempts, attempt);
        let words = format!("attempt {attempt} failed");
        app.store
            .fail_job(&taken, "w", &words, app.clock.now())
            .await
            .expect("noted");
        assert_eq!(take(&app, "w").await, None, "it is tried again without a pause");
        app.clock.advance(TimeDelta::hours(1));
    }
    assert_eq!(take(&app, "w").await, None, "it is tried for ever");
    let aside = look(&app, &job).await;
    assert_eq!(
        (aside.state, aside.error.as_deref()),
        (State::Aside, Some("attempt 6 failed"))
    );

    app.store
        .retry_job(&Scope::All, &job.id, app.clock.now())
        .await
        .expect("queued anew");
    app.work().await;
    let done = look(&app, &job).await;
    assert_eq!((done.state, done.error), (State::Done, None));
    let again = app.store.retry_job(&Scope::All, &job.id, app.clock.now()).await;
    assert!(matches!(again, Err(Error::Conflict { .. })), "{again:?}");
}

#[tokio::test]
async fn a_job_whose_workers_die_each_time_is_set_aside_too() {
    let app = App::start().await;
    let job = queued(&app, "j1").await;
    for _ in 0..ATTEMPTS {
        assert!(take(&app, "w").await.is_some());
        assert_eq!(
            take(&app, "other").await,
            None,
            "a leased job went to another worker"
        );
        app.clock.advance(LEASE);
    }
    assert_eq!(take(&app, "w").await, None);
    let aside = look(&app, &job).await;
    assert_eq!(aside.state, State::Aside);
    assert!(aside.error.is_some(), "nothing says why");
}

#[tokio::test]
async fn a_lease_that_is_renewed_is_kept_and_one_that_was_lost_cannot_be_renewed() {
    let app = App::start().await;
    let job = queued(&app, "j1").await;
    take(&app, "slow").await.expect("the job");
    for _ in 0..5 {
        app.clock.advance(TimeDelta::seconds(20));
        let kept = app
            .store
            .keep_job(&job.id, "slow", app.clock.now(), LEASE)
            .await
            .expect("asked");
        assert!(kept);
        assert_eq!(take(&app, "quick").await, None);
    }
    app.clock.advance(LEASE);
    let taken = take(&app, "quick").await.expect("the job");
    let kept = app
        .store
        .keep_job(&job.id, "slow", app.clock.now(), LEASE)
        .await
        .expect("asked");
    assert!(!kept, "two workers hold one job");
    // What the slow one says of it now counts for nothing.
    app.store
        .fail_job(&taken, "slow", "too late", app.clock.now())
        .await
        .expect("asked");
    app.store
        .finish_job(&job.id, "slow", app.clock.now())
        .await
        .expect("asked");
    let running = look(&app, &job).await;
    assert_eq!((running.state, running.error), (State::Running, None));
}

#[tokio::test]
async fn staff_see_what_was_set_aside_and_why_and_have_it_tried_again() {
    let app = App::start().await;
    let job = queued(&app, "j1").await;
    for _ in 0..ATTEMPTS {
        let taken = take(&app, "w").await.expect("the job");
        app.store
            .fail_job(&taken, "w", "the moon is too far away", app.clock.now())
            .await
            .expect("noted");
        app.clock.advance(TimeDelta::hours(1));
    }
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get("/jobs?state=aside").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in [
        "the moon is too far away",
        "set aside",
        "acme/main",
        "Try again",
        "Sam",
    ] {
        assert!(page.body.contains(words), "the page does not say “{words}”");
    }
    let pressed = staff.post("/api/retry_job", &[("id", "j1")]).await;
    assert_eq!(
        (pressed.status, pressed.location.as_deref()),
        (StatusCode::FOUND, Some("/jobs"))
    );
    assert_eq!(look(&app, &job).await.state, State::Queued);
    let twice = staff.call("retry_job", &[("id", "j1")]).await;
    assert_eq!(twice.status, StatusCode::CONFLICT, "{}", twice.body);
    app.work().await;
    let page = staff.get("/jobs").await;
    assert!(page.body.contains("done") && !page.body.contains("Try again"));
}

#[tokio::test]
async fn jobs_are_not_for_managers_and_do_not_exist_for_partners() {
    let app = App::start().await;
    let manager = app.sign_in(Role::Manager, None).await;
    assert_eq!(manager.get("/jobs").await.status, StatusCode::FORBIDDEN);
    let own = manager.get("/").await;
    assert!(!own.body.contains("href=\"/jobs\""), "a link that leads nowhere");
    app.partner("acme").await;
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    assert_eq!(partner.get("/jobs").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_delivery_whose_job_was_set_aside_says_so_everywhere() {
    let app = App::start().await;
    let feed = app.partner("acme").await;
    let made = tokens::make(
        &app.store,
        Wanted {
            partner: feed.id.partner(),
            feed: None,
            may_log: false,
            label: String::new(),
            by: String::new(),
        },
        app.clock.now(),
    )
    .await;
    let token = made.expect("a token").1;
    let request = |request: axum::http::request::Builder, body: &'static str| {
        request
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Body::from(body))
            .expect("a request")
    };
    let sent = request(
        Request::post("/api/v1/feeds/main/deliveries"),
        "id,title\n1,Mug\n",
    );
    let href = app.anonymous().send(sent).await.location.expect("an address");
    for _ in 1..=ATTEMPTS {
        let job = take(&app, "w").await.expect("the job");
        let failed = app
            .store
            .fail_job(&job, "w", "the disk of db-7 is full", app.clock.now());
        failed.await.expect("noted");
        app.clock.advance(TimeDelta::hours(1));
    }
    let answer = app.anonymous().send(request(Request::get(&href), "")).await;
    let said: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(said["state"], "failed", "{said}");
    let message = said["message"].as_str().expect("a sentence");
    assert!(
        message.contains("6 attempts") && !message.contains("db-7"),
        "{message}"
    );

    let page = href.replace("/api/v1", "");
    let staff = app.sign_in(Role::Admin, None).await;
    let body = staff.get(&page).await.body;
    assert!(
        body.contains("6 attempts failed") && body.contains("db-7 is full"),
        "{body}"
    );
    assert!(!body.contains("as soon as a worker is free"));
    assert!(staff.get("/deliveries").await.body.contains("badge aside"));
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let body = partner.get(&page).await.body;
    assert!(
        body.contains("6 attempts failed") && !body.contains("db-7"),
        "{body}"
    );
}
