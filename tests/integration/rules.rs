//! The rule book as people read it: every rule has its page, and the page says what the engine
//! says.

use crate::support::app::App;
use axum::http::StatusCode;
use feedgate::domain::account::Role;
use feedgate::domain::contract::{example, rules};

#[tokio::test]
async fn every_rule_has_a_page_that_says_what_it_means_and_what_to_do() {
    let app = App::start().await;
    let partner = app.sign_in(Role::Partner, Some("acme")).await;
    let book = partner.get("/rules").await;
    for rule in rules() {
        let path = format!("/rules/{}", rule.code);
        assert!(
            book.body.contains(&format!("href=\"{path}\"")),
            "the book has no {path}"
        );
        let page = partner.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        for text in [rule.title, rule.meaning, rule.expected, rule.fix] {
            let text = text
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;");
            assert!(page.body.contains(&text), "{path} has no “{text}”");
        }
        let examples = rule.invalid.len() + usize::from(example::together(rule).is_some());
        assert_eq!(
            page.body.matches("class=\"example card fails\"").count(),
            examples,
            "{path}"
        );
        assert_eq!(
            page.body.matches("class=\"says\"").count(),
            examples,
            "{path} lets the engine speak under each record that fails"
        );
    }
}

#[tokio::test]
async fn a_search_finds_rules_by_every_word_of_it() {
    let app = App::start().await;
    let staff = app.sign_in(Role::Staff, None).await;
    let found = staff.get("/rules?find=check+digit&severity=error").await;
    assert!(found.body.contains("GTIN_CHECK"), "{}", found.body);
    assert!(!found.body.contains("TITLE_CAPS"), "{}", found.body);
    let none = staff.get("/rules?find=zebra%20crossing").await;
    assert!(none.body.contains("No rule matches"), "{}", none.body);
}

#[tokio::test]
async fn a_value_can_be_tried_on_the_page_of_its_rule() {
    let app = App::start().await;
    let staff = app.sign_in(Role::Staff, None).await;
    let wrong = staff.get("/rules/GTIN_CHECK?value=4006381333932").await;
    assert!(wrong.body.contains("4006381333931"), "{}", wrong.body);
    let right = staff.get("/rules/gtin_check?value=4006381333931").await;
    assert!(right.body.contains("passes every rule"), "{}", right.body);
    let evil = staff.get("/rules/GTIN_CHECK?value=%3Cscript%3Ealert(1)").await;
    assert!(!evil.body.contains("<script>alert"), "{}", evil.body);
}
