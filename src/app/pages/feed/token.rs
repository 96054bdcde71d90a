//! Shows the tokens that the partner's programs send files of the feed with, and lets staff make
//! and revoke them.

use super::Revoke;
use crate::api::token::TokenRow;
use crate::app::components::states::Refused;
use crate::app::components::table::{Table, text};
use crate::app::components::time::Ago;
use crate::domain::ids::FeedId;
use chrono::{DateTime, Utc};
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The section; with a way to let a token write the log for those who may grant that.
pub(super) fn section(
    id: &FeedId,
    tokens: Vec<TokenRow>,
    as_of: DateTime<Utc>,
    grants: bool,
    revoke: Revoke,
) -> AnyView {
    let failed = move || match revoke.value().get() {
        Some(Err(error)) => Some(error.to_string()),
        _ => None,
    };
    let list = if tokens.is_empty() {
        view! {
            <p class="muted">
                "No program of the partner has a token yet. With one it sends files over HTTP, as the manual of the API says."
            </p>
        }
        .into_any()
    } else {
        let columns = vec![
            text("Begins with"),
            text("What for"),
            text("Sends"),
            text("Made"),
            text("Last used"),
            text("State"),
        ];
        let rows: Vec<_> = tokens
            .into_iter()
            .map(|token| row(id, token, as_of, revoke))
            .collect();
        view! { <Table caption="Tokens of this feed" columns rows/> }.into_any()
    };
    view! {
        <section class="block" id="tokens">
            <h2>"Tokens"</h2>
            <Refused said=failed/>
            {list}
            <form method="post" action=format!("/token/{id}") class="filters">
                <label class="field">
                    <span>"What the new token is for"</span>
                    <input name="label" required maxlength="80" autocomplete="off"/>
                </label>
                {grants
                    .then(|| {
                        view! {
                            <label class="check">
                                <input type="checkbox" name="may_log" value="true"/>
                                <span>"It writes entries of the audit log, too"</span>
                            </label>
                        }
                    })}
                <button>"Make a token"</button>
                <span class="muted">"It is shown once, on the page that follows."</span>
            </form>
        </section>
    }
    .into_any()
}

fn row(id: &FeedId, token: TokenRow, as_of: DateTime<Utc>, revoke: Revoke) -> AnyView {
    let sends = match (token.is_of_all, token.may_log) {
        (true, false) => "files of every feed",
        (true, true) => "files of every feed, entries of the log",
        (false, false) => "files of this feed",
        (false, true) => "files of this feed, entries of the log",
    };
    let by = (!token.made_by.is_empty()).then(|| format!(" by {}", token.made_by));
    let used = match token.used_at {
        Some(at) => view! { <Ago at as_of/> }.into_any(),
        None => view! { <span class="muted">"never"</span> }.into_any(),
    };
    let state = if let Some(at) = token.revoked_at {
        view! {
            "revoked "
            <Ago at as_of/>
        }
        .into_any()
    } else {
        let (feed, prefix) = (id.to_string(), token.prefix.clone());
        let label = format!("Revoke {prefix}");
        view! {
            <ActionForm action=revoke>
                <input type="hidden" name="feed" value=feed/>
                <input type="hidden" name="prefix" value=prefix/>
                <button aria-label=label>"Revoke"</button>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row">
                <code>{token.prefix} "…"</code>
            </th>
            <td class="wrap">{token.label}</td>
            <td class="wrap">{sends}</td>
            <td class="nowrap">
                <Ago at=token.made_at as_of/>
                {by}
            </td>
            <td class="nowrap">{used}</td>
            <td class="nowrap">{state}</td>
        </tr>
    }
    .into_any()
}
