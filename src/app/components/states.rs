//! Draws what a page shows when it cannot show its content: loading, empty, failed, and the
//! short notices that stand above content.

use crate::app::link::Link;
use crate::error::AppError;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use std::fmt::Display;

/// What stands where a page will be. Seen only while a script changes pages.
#[component]
pub fn Loading() -> impl IntoView {
    view! {
        <main id="main" class="loading" aria-busy="true">
            <p role="status">"Loading"</p>
        </main>
    }
    .into_any()
}

/// Why a page cannot be shown, and what to do about it.
#[component]
pub fn Failed(
    /// What went wrong.
    error: AppError,
) -> impl IntoView {
    let location = use_location();
    let here = {
        let search = location.search.get_untracked();
        let path = location.pathname.get_untracked();
        if search.is_empty() {
            path
        } else {
            format!("{path}?{search}")
        }
    };
    let sentence = error.to_string();
    let (title, advice, way) = match &error {
        AppError::Unauthenticated => (
            "You are signed out".to_owned(),
            "",
            (Link::to("/sign-in").with("next", &here).href(), "Sign in again"),
        ),
        AppError::Forbidden => (
            "Not for this account".to_owned(),
            "Whoever runs feedgate here can change what your account may do.",
            ("/".to_owned(), "Go to your start page"),
        ),
        AppError::NotFound { what } => (
            format!("There is no such {what}"),
            "The address may be mistyped, or what it led to has been archived.",
            ("/".to_owned(), "Go to your start page"),
        ),
        AppError::Unavailable | AppError::Transport { .. } => (
            "The figures cannot be read just now".to_owned(),
            "Files that arrive meanwhile wait and are checked afterwards.",
            (here, "Try again"),
        ),
        AppError::Internal { .. } => (
            "This page could not be put together".to_owned(),
            "Trying again may help. If it does not, the reference above leads us to the cause.",
            (here, "Try again"),
        ),
        AppError::Unreadable { .. }
        | AppError::Invalid { .. }
        | AppError::TooLarge { .. }
        | AppError::Throttled { .. }
        | AppError::Busy { .. }
        | AppError::Conflict { .. } => (
            "This cannot be done as asked".to_owned(),
            "",
            (here, "Load the page again"),
        ),
    };
    let says_more = sentence.trim_end_matches('.') != title;
    view! {
        <Title text=title.clone()/>
        <div class="state failed" role="alert">
            <h1>{title}</h1>
            {says_more.then(|| view! { <p>{sentence}</p> })}
            {(!advice.is_empty()).then(|| view! { <p class="muted">{advice}</p> })}
            // A real load, not a page change: that is what trying again means.
            <p>
                <a class="button" href=way.0 rel="external">{way.1}</a>
            </p>
        </div>
    }
    .into_any()
}

/// What a list shows when it has no rows: what would be here and how it comes.
#[component]
pub fn Empty(
    /// What there is none of.
    #[prop(into)]
    title: String,
    /// How it would come here, or how to widen the search.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="state empty">
            <p class="title">{title}</p>
            {children()}
        </div>
    }
    .into_any()
}

/// Why what was asked for was refused, above what it was asked with; nothing as long as nothing was.
#[component]
pub fn Refused<F, T>(
    /// What there is to say.
    said: F,
) -> impl IntoView
where
    F: Fn() -> Option<T> + Send + Sync + 'static,
    T: Display,
{
    let notice = move || {
        let sentence = said().map(|said| said.to_string());
        sentence.map(|sentence| {
            view! {
                <Notice tone=Tone::Bad>
                    <p>{sentence}</p>
                </Notice>
            }
        })
    };
    view! { {notice} }.into_any()
}

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something to know.
    Plain,
    /// It worked.
    Good,
    /// It waits for somebody.
    Watch,
    /// It did not work.
    Bad,
}

/// A sentence above the content, announced when it appears.
#[component]
pub fn Notice(
    /// How it is meant.
    tone: Tone,
    /// The sentence.
    children: Children,
) -> impl IntoView {
    let (class, role) = match tone {
        Tone::Plain => ("notice", "status"),
        Tone::Good => ("notice good", "status"),
        Tone::Watch => ("notice watch", "status"),
        Tone::Bad => ("notice bad", "alert"),
    };
    view! { <div class=class role=role>{children()}</div> }.into_any()
}
