//! Lets people change the password they sign in with.

use crate::api::access::ChangePassword;
use crate::app::components::states::{Notice, Refused, Tone};
use crate::error::AppError;
use leptos::form::ActionForm;
use leptos::prelude::*;

/// The section; `changed` says that it was done just now.
pub(super) fn section(email: String, changed: bool, change: ServerAction<ChangePassword>) -> AnyView {
    let refused = move || change.value().get().and_then(Result::err);
    let beside = move |field: &'static str| {
        refused().and_then(|error| match error {
            AppError::Invalid { field: of, message } if of == field => Some(message),
            _ => None,
        })
    };
    let above = move || refused().filter(|error| !matches!(error, AppError::Invalid { .. }));
    let input = move |name: &'static str, label: &'static str, complete: &'static str| {
        let id = format!("{name}-error");
        let (wrong, told) = (id.clone(), id);
        view! {
            <label class="field">
                <span>{label}</span>
                <input
                    type="password"
                    name=name
                    autocomplete=complete
                    minlength=(name == "password").then_some("10")
                    required
                    aria-invalid=move || beside(name).is_some().then_some("true")
                    aria-describedby=move || beside(name).is_some().then(|| wrong.clone())
                />
            </label>
            {move || {
                beside(name).map(|text| view! { <p class="error" id=told.clone() role="alert">{text}</p> })
            }}
        }
    };
    let done = changed.then(|| {
        view! {
            <Notice tone=Tone::Good>
                <p>"The password is changed. Wherever else you were signed in, you are not any more."</p>
            </Notice>
        }
    });
    view! {
        <section class="card access" aria-labelledby="secret">
            <h2 id="secret">"Password"</h2>
            {done}
            <Refused said=above/>
            <ActionForm action=change attr:class="stack">
                <input type="hidden" name="username" autocomplete="username" value=email/>
                {input("current", "Password of now", "current-password")}
                {input("password", "New password, 10 characters or more", "new-password")}
                <p>
                    <button class="button">"Change the password"</button>
                </p>
            </ActionForm>
        </section>
    }
    .into_any()
}
