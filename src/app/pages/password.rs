//! Has somebody set the password of their account, by a link that was sent to them.

use crate::api::access::{SetPassword, read_link};
use crate::app::components::frame::Bare;
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// The page.
#[component]
pub fn PasswordPage() -> impl IntoView {
    let params = use_params_map();
    let link = params.with_untracked(|p| p.get("link").unwrap_or_default());
    // A refusal of the form that was posted without a script stands in the address.
    let refusal = ServerAction::<SetPassword>::new()
        .value()
        .get_untracked()
        .and_then(Result::err);
    let whose = Resource::new(
        {
            let link = link.clone();
            move || link.clone()
        },
        read_link,
    );
    view! {
        <Title text="Set a password"/>
        <Transition>
            {move || {
                let (link, refusal) = (link.clone(), refusal.clone());
                Suspend::new(async move {
                    match whose.await {
                        Ok(email) => form(link, email, refusal),
                        Err(error) => used_up(&error),
                    }
                })
            }}
        </Transition>
    }
    .into_any()
}

fn form(link: String, email: String, refusal: Option<AppError>) -> AnyView {
    let refusal = refusal.map(|error| error.to_string());
    let is_refused = refusal.is_some();
    view! {
        <Bare>
            <h1>"Set a password"</h1>
            <p>"It is for " <strong>{email.clone()}</strong> ". Every session of the account ends."</p>
            <form method="post" action=SetPassword::url() class="stack">
                <input type="hidden" name="link" value=link/>
                <input type="hidden" name="username" autocomplete="username" value=email/>
                <label class="field">
                    <span>"New password, 10 characters or more"</span>
                    <input
                        type="password"
                        name="password"
                        autocomplete="new-password"
                        minlength="10"
                        required
                        autofocus
                        aria-invalid=is_refused.then_some("true")
                        aria-describedby=is_refused.then_some("password-error")
                    />
                </label>
                {refusal.map(|text| view! { <p class="error" id="password-error" role="alert">{text}</p> })}
                <button class="button wide">"Set it"</button>
            </form>
        </Bare>
    }
    .into_any()
}

fn used_up(error: &AppError) -> AnyView {
    let sentence = match error {
        AppError::NotFound { .. } => {
            "It was used before, or its time is over. Ask whoever sent it to you for another.".to_owned()
        }
        other => other.to_string(),
    };
    view! {
        <Bare>
            <h1>"This link works no more"</h1>
            <p>{sentence}</p>
            <p>
                <a class="button" href="/sign-in">"Sign in"</a>
            </p>
        </Bare>
    }
    .into_any()
}
