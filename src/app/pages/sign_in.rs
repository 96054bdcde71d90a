//! Lets people in.

use crate::api::session::SignIn;
use crate::app::components::frame::Bare;
use crate::domain::account::too_many_tries;
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page. Its form is a plain one that loads the next page whole: everything the browser
/// holds then belongs to the person who signed in.
#[component]
pub fn SignInPage() -> impl IntoView {
    let query = use_query_map();
    let email = query.with_untracked(|q| q.get("email").unwrap_or_default());
    let next = query.with_untracked(|q| q.get("next").unwrap_or_default());
    // A refused form comes back as an address, with what was typed and without the password.
    let refused = query.with_untracked(|q| q.get_str("refused").is_some());
    let wait = query.with_untracked(|q| {
        q.get_str("wait")
            .and_then(|w| w.parse::<u32>().ok())
            .unwrap_or_default()
    });
    let is_new = query.with_untracked(|q| q.get_str("set").is_some());
    let error = ServerAction::<SignIn>::new()
        .value()
        .get_untracked()
        .and_then(Result::err)
        .or_else(|| {
            refused.then(|| {
                if wait > 0 {
                    let (message, seconds) = (too_many_tries(wait), wait);
                    return AppError::Throttled { message, seconds };
                }
                AppError::invalid(
                    "password",
                    "No account has this address and password. Check both and try again.",
                )
            })
        });
    let beside = |field: &'static str| {
        error.as_ref().and_then(|e| match e {
            AppError::Invalid { field: f, message } if f == field => Some(message.clone()),
            _ => None,
        })
    };
    let (of_email, of_password) = (beside("email"), beside("password"));
    let above = error
        .as_ref()
        .filter(|_| of_email.is_none() && of_password.is_none())
        .map(|e| match e {
            AppError::Unauthenticated => "E-mail and password do not belong together.".to_owned(),
            other => other.to_string(),
        });
    let retry = error.is_some() && !email.is_empty();
    view! {
        <Title text="Sign in"/>
        <Bare>
            <h1>"Sign in"</h1>
            {is_new.then(|| view! { <p class="notice good">"The password is set. Sign in with it."</p> })}
            {above.map(|text| view! { <p class="error" id="form-error" role="alert">{text}</p> })}
            <form method="post" action=SignIn::url() class="stack">
                <input type="hidden" name="next" value=next/>
                <label class="field">
                    <span>"E-mail"</span>
                    <input
                        type="email"
                        name="email"
                        autocomplete="username"
                        required
                        autofocus=!retry
                        value=email
                        aria-invalid=of_email.is_some().then_some("true")
                        aria-describedby=of_email.is_some().then_some("email-error")
                    />
                </label>
                {of_email.map(|text| view! { <p class="error" id="email-error" role="alert">{text}</p> })}
                <label class="field">
                    <span>"Password"</span>
                    <input
                        type="password"
                        name="password"
                        autocomplete="current-password"
                        required
                        autofocus=retry
                        aria-invalid=of_password.is_some().then_some("true")
                        aria-describedby=of_password.is_some().then_some("password-error")
                    />
                </label>
                {of_password
                    .map(|text| view! { <p class="error" id="password-error" role="alert">{text}</p> })}
                <button class="button wide">"Sign in"</button>
            </form>
            <p class="muted small">
                "Accounts are given out by whoever runs feedgate here; a forgotten password is set anew the same way."
            </p>
        </Bare>
    }
    .into_any()
}
