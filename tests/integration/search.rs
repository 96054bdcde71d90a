//! Searching the quarantine for what no index tells: in bounded steps, each of which says how far
//! it has come.

use crate::support::app::App;
use crate::support::files::{Files, a_record};
use axum::http::StatusCode;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::ids::PartnerId;
use feedgate::domain::query::{HeldAsk, QuarantineFilter};
use feedgate::server::store::{Bound, Found};
use std::collections::BTreeSet;
use std::time::Duration;

/// Records that are held.
const MANY: u32 = 60;

fn asking(params: &[(&str, &str)]) -> QuarantineFilter {
    HeldAsk::read(|name| {
        let found = params.iter().find(|(n, _)| *n == name);
        found.map(|(_, value)| (*value).to_owned()).unwrap_or_default()
    })
    .filter()
}

async fn search(app: &App, scope: &Scope, params: &[(&str, &str)], step: (&str, u32, u64)) -> Found {
    let (after, limit, records) = step;
    let bound = Bound {
        records,
        time: Duration::from_mins(1),
    };
    app.store
        .search_held(scope, &asking(params), after, limit, bound)
        .await
        .expect("a search")
}

/// Every record that is found, walked page by page, and how many pages that took.
async fn walk(app: &App, params: &[(&str, &str)], limit: u32, records: u64) -> (Vec<String>, usize, u64) {
    let (mut ids, mut after, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let found = search(app, &Scope::All, params, (&after, limit, records)).await;
        pages += 1;
        assert!(found.rows.len() <= limit as usize);
        ids.extend(found.rows.iter().map(|row| row.item_id.clone()));
        match found.next {
            Some(next) if pages < 200 => after = next,
            _ => return (ids, pages, found.scanned.examined),
        }
    }
}

#[tokio::test]
async fn a_search_looks_at_no_more_than_its_bound_says_so_and_goes_on_from_there() {
    let app = App::start().await;
    let staff = app.sign_in(Role::Staff, None).await;

    // With no record at all.
    let page = staff.get("/quarantine?text=zebra").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in ["No held record matches", "Scanned 0 of 0 records"] {
        assert!(page.body.contains(words), "no “{words}” in {}", page.body);
    }

    // With many, of which one has what is looked for: the oldest.
    let files = Files::new();
    let feed = app.partner("acme").await;
    let records: Vec<_> = (1..=MANY)
        .map(|n| match n {
            1 => a_record(n).with("price", "zebra* (5) EUR"),
            n => a_record(n).with("gtin", "4006381333932"),
        })
        .collect();
    app.take_in(&feed, &files.csv("many.csv", &records)).await;
    let text = [("text", "ZEBRA* (5)")];
    let first = search(&app, &Scope::All, &text, ("", 50, 7)).await;
    assert_eq!((first.scanned.examined, first.scanned.of), (7, Some(60)));
    let next = first.next.expect("more to look at");

    // What comes meanwhile shifts nothing.
    let other = app.partner("beta").await;
    app.take_in(
        &other,
        &files.csv("one.csv", &[a_record(900).with("price", "zebra")]),
    )
    .await;
    let second = search(&app, &Scope::All, &text, (&next, 50, 7)).await;
    assert_eq!((second.scanned.examined, second.scanned.of), (14, Some(60)));

    // Whatever the way to the records, each is looked at once and what fits is found once.
    for way in [
        vec![],
        vec![("partner", "acme")],
        vec![("feed", "acme/main")],
        vec![("state", "any"), ("partner", "acme")],
        vec![("code", "GTIN_CHECK")],
    ] {
        let all: u64 = if way.is_empty() || way[0].0 == "code" {
            61
        } else {
            60
        };
        let gtins: Vec<_> = way.iter().copied().chain([("attribute", "gtin")]).collect();
        for (limit, bound) in [(10, 1000), (50, 7), (7, 9), (100, 61), (59, 60), (1, 1)] {
            let (ids, pages, examined) = walk(&app, &gtins, limit, bound).await;
            assert_eq!(ids.len(), 59, "{way:?}, {limit} a page, {bound} looked at");
            assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 59, "{way:?}");
            assert_eq!(examined, all, "{way:?}, {limit} a page, {bound} looked at");
            assert!(pages as u64 >= all.div_ceil(bound), "{pages} pages of {bound}");
        }
    }

    // Each filter by itself, and several that must hold of one and the same violation.
    for (params, found) in [
        (vec![("text", "zebra* (5)"), ("partner", "acme")], 1),
        (vec![("text", "zebra.*")], 0),
        (vec![("text", "4006381333932")], 59),
        (vec![("text", "4006381333932"), ("attribute", "price")], 0),
        (vec![("attribute", "price"), ("severity", "error")], 2),
        (vec![("attribute", "price"), ("severity", "warning")], 0),
        (vec![("attempts", "1")], 0),
        (vec![("from", "2001-01-01"), ("attribute", "gtin")], 59),
        (vec![("to", "2001-01-01"), ("attribute", "gtin")], 0),
        (vec![("text", "zebra"), ("item", "SKU1")], 1),
        (vec![("text", "zebra"), ("partner", "nobody")], 0),
    ] {
        assert_eq!(walk(&app, &params, 50, 1000).await.0.len(), found, "{params:?}");
    }

    // Nobody finds what is not theirs.
    let beta = Scope::Only(vec![PartnerId::new("beta")]);
    let theirs = search(&app, &beta, &[("text", "zebra")], ("", 50, 1000)).await;
    assert_eq!((theirs.rows.len(), theirs.scanned.of), (1, Some(1)));

    // The page says how far it came, shows the sentence that was looked for, offers no “all”; the
    // file has what the page has.
    let page = staff.get("/quarantine?feed=acme%2Fmain&text=zebra*").await.body;
    for words in [
        "Scanned 60 of 60 records; 1 match on this page, and no more.",
        "zebra* (5)",
    ] {
        assert!(page.contains(words), "no “{words}” in {page}");
    }
    assert!(
        page.contains("discard-selected") && !page.contains("discard-all"),
        "{page}"
    );
    let file = staff
        .get("/export/quarantine.csv?feed=acme%2Fmain&text=zebra*")
        .await
        .body;
    assert_eq!(file.lines().count(), 2, "{file}");
}
