//! Every server function against every role, from one table. A function that is missing from
//! the table fails the test.

use crate::support::app::{Actor, Answer, App};
use crate::support::files::{Files, a_record};
use axum::http::StatusCode;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::ids::{FeedId, PartnerId};
use feedgate::domain::issue::IssueId;
use feedgate::domain::query::QuarantineFilter;

/// What partner B's data carries wherever text can be.
pub(crate) const MARKER: &str = "zebra";

/// Partner B's slug, which anybody may type.
pub(crate) const OTHER: &str = "beta";

/// Name, arguments and statuses of one function.
pub(crate) type Row = (&'static str, &'static [(&'static str, &'static str)], [u16; 6]);

/// Name, arguments that point at partner B's things, and the status for: nobody, partner A,
/// partner B, manager, staff, admin. 0 stands for “not asked”, where asking would change things
/// for the next.
pub(crate) const TABLE: &[Row] = &[
    ("read_viewer", &[], [200, 200, 200, 200, 200, 200]),
    (
        "sign_in",
        &[("email", "x@example.com"), ("password", "wrong")],
        [422, 422, 422, 422, 422, 422],
    ),
    ("sign_out", &[], [200, 0, 0, 0, 0, 0]),
    ("read_link", &[("link", "x")], [404, 404, 404, 404, 404, 404]),
    (
        "set_password",
        &[("link", "x"), ("password", "correct horse battery")],
        [404, 404, 404, 404, 404, 404],
    ),
    (
        "change_password",
        &[("current", "wrong"), ("password", "correct horse battery")],
        [401, 422, 422, 422, 422, 422],
    ),
    ("read_account", &[], [401, 200, 200, 200, 200, 200]),
    ("list_activity", &[], [401, 404, 404, 403, 403, 200]),
    ("list_people", &[], [401, 404, 404, 403, 403, 200]),
    ("read_person", &[("id", "nobody")], [401, 404, 404, 403, 403, 404]),
    (
        "change_person",
        &[("id", "nobody"), ("wish[name]", "X")],
        [401, 404, 404, 403, 403, 404],
    ),
    (
        "close_person",
        &[("id", "nobody")],
        [401, 404, 404, 403, 403, 404],
    ),
    ("end_session", &[("handle", "x")], [401, 404, 404, 404, 404, 404]),
    (
        "end_sessions",
        &[("id", "nobody")],
        [401, 404, 404, 404, 404, 404],
    ),
    (
        "read_overview",
        &[("asked[range]", "7d")],
        [401, 404, 404, 200, 200, 200],
    ),
    (
        "read_partner",
        &[("partner", "beta"), ("asked[range]", "7d")],
        [401, 404, 200, 200, 200, 200],
    ),
    (
        "read_report",
        &[("partner", "beta")],
        [401, 404, 200, 200, 200, 200],
    ),
    (
        "read_reasons",
        &[("partner", "beta")],
        [401, 200, 200, 200, 200, 200],
    ),
    (
        "read_outgoing",
        &[("asked[range]", "7d")],
        [401, 200, 200, 200, 200, 200],
    ),
    (
        "read_heat",
        &[("asked[range]", "7d")],
        [401, 404, 404, 200, 200, 200],
    ),
    (
        "read_reconciliation",
        &[("partner", "beta"), ("asked[range]", "7d")],
        [401, 404, 404, 403, 200, 200],
    ),
    (
        "read_feed",
        &[("feed", "beta/main")],
        [401, 404, 200, 200, 200, 200],
    ),
    (
        "read_contract",
        &[("feed", "beta/main")],
        [401, 404, 200, 200, 200, 200],
    ),
    (
        "amend_contract",
        &[
            ("feed", "beta/main"),
            ("version", "1"),
            ("wish[code]", "TITLE_CAPS"),
        ],
        [401, 404, 404, 403, 422, 422],
    ),
    (
        "read_profile",
        &[("feed", "beta/main")],
        [401, 404, 200, 200, 200, 200],
    ),
    (
        "write_profile",
        &[
            ("feed", "beta/main"),
            ("version", "1"),
            ("wish[text]", "decimal = \",\""),
            ("wish[deed]", "save"),
        ],
        [401, 404, 404, 403, 422, 422],
    ),
    (
        "read_gates",
        &[("feed", "beta/main")],
        [401, 404, 200, 200, 200, 200],
    ),
    (
        "read_trial",
        &[("feed", "beta/main")],
        [401, 404, 200, 200, 200, 200],
    ),
    (
        "set_gates",
        &[("feed", "beta/main"), ("seen", "elsewhere")],
        [401, 404, 404, 403, 409, 409],
    ),
    (
        "switch_pictures",
        &[("feed", "beta/main"), ("on", "false")],
        [401, 404, 404, 403, 409, 409],
    ),
    (
        "list_deliveries",
        &[("partner", "beta")],
        [401, 200, 200, 200, 200, 200],
    ),
    (
        "read_delivery",
        &[("id", "{delivery}")],
        [401, 404, 200, 200, 200, 200],
    ),
    (
        "rule_on_delivery",
        &[("id", "{delivery}"), ("ruling", "refuse")],
        [401, 404, 404, 403, 422, 422],
    ),
    (
        "list_issues",
        &[("asked[partner]", "beta")],
        [401, 200, 200, 200, 200, 200],
    ),
    ("read_issue", &[("id", "{issue}")], [401, 404, 200, 200, 200, 200]),
    (
        "triage_issue",
        &[("id", "{issue}"), ("wish[version]", "0")],
        [401, 404, 404, 422, 422, 422],
    ),
    (
        "say_on_issue",
        &[("id", "{issue}"), ("text", "")],
        [401, 404, 422, 422, 422, 422],
    ),
    ("ask_recheck", &[("id", "nobody")], [401, 404, 404, 404, 404, 404]),
    (
        "view_as",
        &[("partner", "nobody")],
        [401, 404, 404, 404, 404, 404],
    ),
    ("end_view", &[], [401, 409, 409, 409, 409, 409]),
    (
        "list_held_records",
        &[("asked[partner]", "beta")],
        [401, 200, 200, 200, 200, 200],
    ),
    (
        "read_held_record",
        &[("id", "{record}")],
        [401, 404, 200, 200, 200, 200],
    ),
    ("list_jobs", &[], [401, 404, 404, 403, 200, 200]),
    ("retry_job", &[("id", "{record}")], [401, 404, 404, 403, 404, 404]),
    (
        "resume_pull",
        &[("feed", "beta/main")],
        [401, 404, 404, 403, 404, 404],
    ),
    (
        "pause_pull",
        &[("feed", "beta/main")],
        [401, 404, 404, 403, 404, 404],
    ),
    (
        "plan_bulk",
        &[
            ("what", "replay-all"),
            ("meant[feed]", "beta/main"),
            ("meant[item]", "nothing"),
        ],
        [401, 404, 404, 403, 409, 409],
    ),
    ("read_bulk", &[("id", "{record}")], [401, 404, 404, 403, 404, 404]),
    (
        "mend_bulk",
        &[("id", "{record}"), ("attribute", "price"), ("change", "trim")],
        [401, 404, 404, 403, 404, 404],
    ),
    (
        "assign_issues",
        &[("ids[0]", "nothing"), ("board", "/issues")],
        [401, 404, 404, 404, 404, 404],
    ),
    (
        "set_edits",
        &[("partner", "nobody"), ("edits", "off")],
        [401, 404, 404, 403, 403, 404],
    ),
    (
        "add_feed",
        &[("wish[partner]", "Not a slug"), ("wish[feed]", "main")],
        [401, 404, 404, 403, 403, 422],
    ),
    (
        "rename_partner",
        &[("partner", "nobody"), ("name", "Nobody")],
        [401, 404, 404, 403, 403, 404],
    ),
    ("keep_fix", &[("id", "{record}")], [401, 404, 404, 403, 404, 404]),
    (
        "start_bulk",
        &[("id", "{record}")],
        [401, 404, 404, 403, 404, 404],
    ),
    (
        "steer_bulk",
        &[("id", "{record}"), ("step", "cancel")],
        [401, 404, 404, 403, 404, 404],
    ),
    (
        "revoke_token",
        &[("feed", "beta/main"), ("prefix", "fg_00000000")],
        [401, 404, 404, 403, 404, 404],
    ),
    (
        "set_pull",
        &[
            ("feed", "beta/main"),
            ("wish[url]", "ftp://shop.example.com/f.csv"),
            ("wish[every_minutes]", "60"),
        ],
        [401, 404, 404, 403, 422, 422],
    ),
    (
        "stop_pull",
        &[("feed", "beta/main")],
        [401, 404, 404, 403, 404, 404],
    ),
    ("list_rules", &[], [401, 200, 200, 200, 200, 200]),
    (
        "read_rule",
        &[("code", "GTIN_CHARS")],
        [401, 200, 200, 200, 200, 200],
    ),
    (
        "edit_record",
        &[("id", "{record}"), ("revision", "0")],
        [401, 404, 404, 403, 422, 422],
    ),
    (
        "judge_draft",
        &[("id", "{record}"), ("names[]", "id"), ("values[]", "1")],
        [401, 404, 404, 403, 200, 200],
    ),
    (
        "discard_record",
        &[("id", "{record}")],
        [401, 404, 404, 403, 422, 422],
    ),
    (
        "restore_record",
        &[("id", "{record}")],
        [401, 404, 404, 403, 409, 409],
    ),
    (
        "replay_record",
        &[("id", "{record}")],
        [401, 404, 404, 403, 200, 409],
    ),
];

/// The issue of partner B's held record.
pub(crate) fn the_issue() -> IssueId {
    IssueId::held(&FeedId::new(format!("{OTHER}/main")), "GTIN_CHARS")
}

/// The issue of partner A's held record.
pub(crate) fn the_issue_of_a() -> IssueId {
    IssueId::held(&FeedId::new("acme/main"), "GTIN_LENGTH")
}

pub(crate) async fn with_two_partners(app: &App) -> (String, String) {
    with_partner_a(app).await;
    with_partner_b(app).await
}

/// Partner A with a delivery, one record of which is held; their ids.
pub(crate) async fn with_partner_a(app: &App) -> (String, String) {
    let files = Files::new();
    let mine = app.partner("acme").await;
    let records = [a_record(1), a_record(2).with("gtin", "1234")];
    app.take_in(&mine, &files.csv("a.csv", &records)).await;
    held_of(app, &mine.id.partner()).await
}

/// The same of partner B.
pub(crate) async fn with_partner_b(app: &App) -> (String, String) {
    let files = Files::new();
    let theirs = app.partner_called(OTHER, MARKER).await;
    let record = |n: u32| {
        a_record(n)
            .with("title", MARKER)
            .with("brand", MARKER)
            .with("id", &format!("{MARKER}-{n}"))
    };
    app.take_in(
        &theirs,
        &files.csv("zebra.csv", &[record(1), record(2).with("gtin", "zebra1234")]),
    )
    .await;
    held_of(app, &theirs.id.partner()).await
}

/// The delivery of a partner's held record, and the record.
async fn held_of(app: &App, partner: &PartnerId) -> (String, String) {
    let filter = QuarantineFilter {
        partner: Some(partner.clone()),
        ..QuarantineFilter::default()
    };
    let held = app
        .store
        .list_held(&Scope::All, &filter, "", 1)
        .await
        .expect("a list")
        .rows
        .remove(0);
    (held.delivery.to_string(), held.id.to_string())
}

async fn actors(app: &App) -> [Actor<'_>; 7] {
    [
        app.anonymous(),
        app.sign_in(Role::Partner, Some("acme")).await,
        app.sign_in(Role::Partner, Some(OTHER)).await,
        app.sign_in(Role::Manager, None).await,
        app.sign_in(Role::Staff, None).await,
        app.sign_in(Role::Admin, None).await,
        app.sign_in(Role::Manager, Some("acme")).await,
    ]
}

/// What a manager of partner A's alone is answered: no more than other managers, and of partner B
/// what partner A is.
fn of_limited(function: &str, expected: &[u16; 6]) -> u16 {
    match function {
        "read_overview" | "read_heat" => expected[3],
        _ if expected[3] == 403 => 403,
        _ => expected[1],
    }
}

#[tokio::test]
async fn every_server_function_gives_every_role_just_what_is_theirs() {
    let app = App::start().await;
    let (delivery, record) = with_two_partners(&app).await;
    let actors = actors(&app).await;
    for (function, arguments, expected) in TABLE {
        let arguments: Vec<(&str, String)> = arguments
            .iter()
            .map(|(n, v)| {
                (
                    *n,
                    v.replace("{delivery}", &delivery)
                        .replace("{record}", &record)
                        .replace("{issue}", the_issue().as_str()),
                )
            })
            .collect();
        let arguments: Vec<(&str, &str)> = arguments.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let limited = of_limited(function, expected);
        let expected: Vec<u16> = expected.iter().copied().chain([limited]).collect();
        for (index, actor) in actors.iter().enumerate().filter(|(i, _)| expected[*i] != 0) {
            let answer: Answer = actor.call(function, &arguments).await;
            assert_eq!(
                answer.status.as_u16(),
                expected[index],
                "{function} as actor {index}: {}",
                answer.body
            );
            if [1, 6].contains(&index) {
                assert!(
                    !answer.body.contains(MARKER),
                    "{function} tells actor {index} of partner B: {}",
                    answer.body
                );
            }
        }
    }
}

#[tokio::test]
async fn what_exists_elsewhere_looks_like_what_does_not_exist() {
    let app = App::start().await;
    let (delivery, record) = with_two_partners(&app).await;
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    for (function, name, there) in [
        ("read_delivery", "id", delivery.as_str()),
        ("read_held_record", "id", record.as_str()),
        ("read_issue", "id", the_issue().as_str()),
        ("read_partner", "partner", OTHER),
        ("read_report", "partner", OTHER),
        ("replay_record", "id", record.as_str()),
    ] {
        let exists = partner.call(function, &[(name, there), ("range", "7d")]).await;
        let invented = partner
            .call(function, &[(name, "never-heard-of"), ("range", "7d")])
            .await;
        assert_eq!(
            (exists.status, &exists.body),
            (invented.status, &invented.body),
            "{function}"
        );
        assert_eq!(exists.status, StatusCode::NOT_FOUND);
    }
}

#[test]
fn the_table_has_every_server_function() {
    let mut registered: Vec<String> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, _)| path.trim_start_matches("/api/").to_owned())
        .collect();
    let mut listed: Vec<String> = TABLE.iter().map(|(name, ..)| (*name).to_owned()).collect();
    registered.sort();
    listed.sort();
    assert_eq!(registered, listed);
}

#[tokio::test]
async fn a_call_without_its_arguments_is_no_fault_of_the_server() {
    let app = App::start().await;
    let staff = app.sign_in(Role::Staff, None).await;
    for (function, fields, missing) in [
        ("sign_in", &[("email", "x@example.com")][..], "password"),
        ("read_feed", &[], "feed"),
    ] {
        let answer = staff.call(function, fields).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        let error: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(error["error"], "unreadable");
        let message = error["message"].as_str().expect("a message");
        assert!(message.contains(missing), "{message}");
    }
}
