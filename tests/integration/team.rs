use crate::support::app::{Actor, App};
use crate::support::files::{Files, a_record};
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::feed::{Feed, Mode};
use feedgate::domain::ids::{FeedId, PartnerId};
use feedgate::domain::issue::IssueId;
use feedgate::domain::quarantine::{HeldRecord, State};
use feedgate::domain::query::QuarantineFilter;

/// A record without a price and one with a price of nothing: two issues.
async fn two_issues(app: &App, files: &Files, slug: &str) -> Feed {
    let feed = app.partner(slug).await;
    let records = [
        a_record(1).with("price", ""),
        a_record(2).with("price", "0 EUR"),
        a_record(3),
    ];
    app.take_in(&feed, &files.csv("a.csv", &records)).await;
    feed
}

fn issues_of(feed: &FeedId) -> [String; 2] {
    ["PRICE_MISSING", "PRICE_ZERO"].map(|code| IssueId::held(feed, code).to_string())
}

async fn assignees(app: &App, ids: &[String]) -> Vec<Option<String>> {
    let mut found = Vec::new();
    for id in ids {
        let issue = app.store.find_issue(&Scope::All, &IssueId::new(id.clone())).await;
        let (issue, _) = issue.expect("a look").expect("an issue");
        found.push(issue.triage.assignee.map(|person| person.name));
    }
    found
}

async fn held(app: &App) -> Vec<HeldRecord> {
    let filter = QuarantineFilter::default();
    let page = app.store.list_held(&Scope::All, &filter, "", 10).await;
    page.expect("a list").rows
}

#[tokio::test]
async fn issues_that_are_ticked_are_given_away_when_all_of_them_can_be() {
    let (app, files) = (App::start().await, Files::new());
    let acme = issues_of(&two_issues(&app, &files, "acme").await.id);
    let beta = issues_of(&two_issues(&app, &files, "beta").await.id);
    let staff = app.sign_in(Role::Staff, None).await;
    app.sign_in(Role::Manager, Some("acme")).await;
    let people = app.store.list_users().await.expect("a list");
    let id_of = |role| {
        let found = people.iter().find(|account| account.viewer.role == role);
        found.expect("an account").viewer.id.to_string()
    };
    let (ours, limited) = (id_of(Role::Staff), id_of(Role::Manager));

    let given = staff
        .post(
            "/api/assign_issues",
            &[
                ("ids[]", &acme[0]),
                ("ids[]", &beta[0]),
                ("assignee", &ours),
                ("board", "/issues?state=any"),
            ],
        )
        .await;
    assert_eq!(given.location.as_deref(), Some("/issues?state=any&assigned=2"));
    let name = Some("staff of all".to_owned());
    assert_eq!(
        assignees(&app, &[acme[0].clone(), acme[1].clone(), beta[0].clone()]).await,
        [name.clone(), None, name.clone()]
    );
    let board = staff.get("/issues?assignee=mine&assigned=2").await.body;
    assert!(board.contains("2 issues were assigned."));
    assert!(board.contains(&acme[0]) && !board.contains(&acme[1]));

    let both = [
        ("ids[0]", &*acme[1]),
        ("ids[1]", &beta[1]),
        ("assignee", &limited),
    ];
    let refused = staff.call("assign_issues", &both).await;
    assert_eq!(refused.status, 422, "a manager of acme does not see beta");
    assert!(refused.body.contains("Nothing was assigned"), "{}", refused.body);
    assert_eq!(assignees(&app, &acme).await, [name, None]);

    let away = staff
        .post(
            "/api/assign_issues",
            &[
                ("ids[]", &acme[0]),
                ("assignee", ""),
                ("board", "/issues?a=b\r\nX-Evil: 1"),
            ],
        )
        .await;
    assert_eq!(
        away.location.as_deref(),
        Some("/issues?assigned=1"),
        "the board is gone back to, whatever address is sent"
    );
    assert_eq!(assignees(&app, &acme).await, [None, None]);
    let none = staff.call("assign_issues", &[("assignee", &ours)]).await;
    assert_eq!(none.status, 422);
}

#[tokio::test]
async fn where_edits_are_switched_off_records_are_replayed_as_they_were_sent() {
    let (app, files) = (App::start().await, Files::new());
    two_issues(&app, &files, "acme").await;
    let record = held(&app).await.remove(0);
    let page = format!("/quarantine/{}", record.id);
    let (admin, staff) = (
        app.sign_in(Role::Admin, None).await,
        app.sign_in(Role::Staff, None).await,
    );
    let edit = [
        ("id", record.id.as_str()),
        ("revision", "0"),
        ("names[0]", "price"),
        ("values[0]", "1 EUR"),
        ("reason", "they said so"),
        ("sure", "price,availability,link"),
    ];
    assert!(staff.get(&page).await.body.contains("?edit=1"));
    let set = |edits| [("partner", "acme"), ("edits", edits)];
    assert_eq!(staff.call("set_edits", &set("off")).await.status, 403);
    assert_eq!(admin.call("set_edits", &set("maybe")).await.status, 422);
    assert!(admin.call("set_edits", &set("off")).await.status.is_success());

    let shown = staff.get(&page).await.body;
    assert!(shown.contains("Edits of this partner") && !shown.contains("?edit=1"));
    let refused = staff.call("edit_record", &edit).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(held(&app).await.iter().all(|record| record.revisions.is_empty()));
    let queued = staff.call("replay_record", &[("id", record.id.as_str())]).await;
    assert!(queued.status.is_success(), "what was sent may go again");
    app.work().await;
    assert!(held(&app).await.iter().any(|r| r.state == State::RejectedAgain));
    let access = admin.get("/access").await.body;
    assert!(access.contains("are not edited") && access.contains("Let them be edited"));

    assert!(admin.call("set_edits", &set("on")).await.status.is_success());
    let saved = staff.call("edit_record", &edit).await;
    assert!(saved.status.is_success(), "{}", saved.body);
    let log = admin.get("/activity?what=partner.").await.body;
    assert!(log.contains("switched edits of acme") && log.contains("let acme"));
}

#[tokio::test]
async fn an_admin_adds_a_partner_with_its_feed_and_calls_it_something_else() {
    let (app, files) = (App::start().await, Files::new());
    let (admin, staff) = (
        app.sign_in(Role::Admin, None).await,
        app.sign_in(Role::Staff, None).await,
    );
    let wish = |partner, feed, currency| {
        [
            ("wish[partner]", partner),
            ("wish[name]", "Acme & Söhne"),
            ("wish[feed]", feed),
            ("wish[currency]", currency),
            ("wish[every_hours]", "24"),
            ("wish[files]", "changes"),
        ]
    };
    for (refused, field) in [
        (wish("Acme GmbH", "main", "EUR"), "partner"),
        (wish("acme", "Main feed", "EUR"), "feed"),
        (wish("acme", "main", "EURO"), "currency"),
    ] {
        let answer = admin.call("add_feed", &refused).await;
        assert_eq!(answer.status, 422, "{field}: {}", answer.body);
        assert!(answer.body.contains(field), "{field}: {}", answer.body);
    }
    let nobody = app.store.find_partner(&Scope::All, &PartnerId::new("acme")).await;
    assert_eq!(
        nobody.expect("a look"),
        None,
        "nothing is left of what was refused"
    );
    let typed = admin.post("/api/add_feed", &wish("acme", "main", "EURO")).await;
    let form = admin.get(&typed.location.expect("back to the form")).await.body;
    for words in ["Acme &amp; Söhne", "EURO", "value=\"24\""] {
        assert!(form.contains(words), "no “{words}” in {form}");
    }

    assert_eq!(
        staff.call("add_feed", &wish("acme", "main", "eur")).await.status,
        403
    );
    let added = admin.post("/api/add_feed", &wish("acme", "main", "eur")).await;
    assert_eq!(added.location.as_deref(), Some("/feeds/acme/main"));
    let id = FeedId::new("acme/main");
    let feed = app.store.find_feed(&Scope::All, &id).await;
    let feed = feed.expect("a look").expect("the feed").feed;
    assert_eq!(
        (feed.mode, feed.currency.as_deref(), feed.expected_every_hours),
        (Mode::Delta, Some("EUR"), Some(24))
    );
    app.take_in(&feed, &files.csv("a.csv", &[a_record(1)])).await;
    let again = admin.call("add_feed", &wish("acme", "main", "USD")).await;
    assert_eq!(again.status, 422, "{}", again.body);
    let second = admin.call("add_feed", &wish("acme", "second", "USD")).await;
    assert!(second.status.is_success(), "{}", second.body);

    let overview = admin.get("/").await.body;
    assert!(overview.contains("Acme &amp; Söhne"), "{overview}");
    let named = [("partner", "acme"), ("name", "  Acme International ")];
    assert!(admin.call("rename_partner", &named).await.status.is_success());
    let empty = [("partner", "acme"), ("name", " ")];
    assert_eq!(admin.call("rename_partner", &empty).await.status, 422);
    for page in ["/", "/partners/acme", "/access"] {
        let page = admin.get(page).await.body;
        assert!(
            page.contains("Acme International") && !page.contains("Söhne"),
            "{page}"
        );
    }
    let log = admin.get("/activity?what=partner.").await.body;
    assert!(log.contains("it was Acme &amp; Söhne"), "{log}");
    let log = admin.get("/activity?what=feed.add").await.body;
    assert!(log.contains("added the feed acme/second"), "{log}");
}

#[tokio::test]
async fn a_note_that_names_a_colleague_asks_until_that_one_has_done_something() {
    let (app, files) = (App::start().await, Files::new());
    let [issue, other] = issues_of(&two_issues(&app, &files, "acme").await.id);
    let staff = app.sign_in(Role::Staff, None).await;
    let manager = app.sign_in(Role::Manager, Some("acme")).await;
    app.partner("beta").await;
    app.sign_in(Role::Manager, Some("beta")).await;
    let note = async |by: &Actor<'_>, id: &str, version: &str, text: &str| {
        let fields = [("id", id), ("wish[version]", version), ("wish[note]", text)];
        let saved = by.call("triage_issue", &fields).await;
        assert!(saved.status.is_success(), "{}", saved.body);
    };
    let asked = async |id: &str| {
        let found = app.store.find_issue(&Scope::All, &IssueId::new(id)).await;
        let (issue, _) = found.expect("a look").expect("an issue");
        let names = issue.triage.asked.into_iter().map(|person| person.name);
        names.collect::<Vec<_>>()
    };
    note(
        &staff,
        &issue,
        "0",
        "@Manager of ACME, is this known? @staff of all",
    )
    .await;
    assert_eq!(asked(&issue).await, ["manager of acme"], "nobody asks oneself");
    let board = manager.get("/issues?assignee=asked").await.body;
    assert!(board.contains(&issue) && !board.contains(&other), "{board}");
    assert!(board.contains("a note asks manager of acme"));
    let page = staff.get(&format!("/issues/{issue}")).await.body;
    assert!(page.contains("A note asks manager of acme"), "{page}");
    assert!(!staff.get("/issues?assignee=asked").await.body.contains(&issue));

    note(&staff, &issue, "1", "It is urgent.").await;
    assert_eq!(asked(&issue).await, ["manager of acme"], "it still waits");
    note(&manager, &issue, "2", "They mend it on Monday, @staff of all.").await;
    assert_eq!(asked(&issue).await, ["staff of all"]);
    for (text, name) in [
        ("@manager of beta, yours?", "manager of beta"),
        ("@nobody", "nobody"),
    ] {
        let fields = [("id", &*issue), ("wish[version]", "3"), ("wish[note]", text)];
        let refused = staff.call("triage_issue", &fields).await;
        assert_eq!(refused.status, 422, "{text}: {}", refused.body);
        assert!(
            refused
                .body
                .contains(&format!("“@{name}” names nobody of ours who may see")),
            "{}",
            refused.body
        );
    }
    // A partner is told nothing of that.
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let shown = partner.get(&format!("/issues/{issue}")).await.body;
    assert!(
        !shown.contains("staff of all") && !shown.contains("A note asks"),
        "{shown}"
    );
}
