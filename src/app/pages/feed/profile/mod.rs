//! Shows how the files of one feed are read: what its profile says, what that makes of the first
//! records of a file, and how it came about; those who may change it write another one here.
//!
//! What is being written is named in the address (see the server's drafts), so the page works,
//! and can be sent on, without a script. [`form`] is what one writes in, [`says`] tells the
//! profile in words, [`preview`] shows records as sent and as understood, [`history`] the versions.

mod form;
mod history;
mod preview;
mod says;

use super::tabs::{Place, tabs};
use super::{crumbs, named};
use crate::api::profile::{ProfileView, WriteProfile, read_profile};
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::states::{Empty, Loading, Notice, Tone};
use crate::app::link;
use crate::domain::format;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

/// Tries what is written, or puts it in force.
type Write = ServerAction<WriteProfile>;

/// The page.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let of = |name| query.with(|q| q.get(name).unwrap_or_default());
        (params.with(named), of("draft"), of("start"), of("saved"))
    });
    let write = Write::new();
    let viewer = use_viewer();
    // Whatever is written leads to another address, which reads it all again; what is refused
    // must not, or what was typed would be gone.
    let view = Resource::new(
        move || asked.get(),
        |(feed, draft, start, _)| read_profile(feed, draft, start),
    );
    view! {
        <Transition fallback=Loading>
            {move || {
                let (_, _, _, saved) = asked.get();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(viewer, view.await, Section::Partner, |_, view| content(view, &saved, write))
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(view: ProfileView, saved: &str, write: Write) -> AnyView {
    let ProfileView {
        feed,
        partner_name,
        as_of,
        version,
        text,
        says,
        writing,
        preview,
        versions,
    } = view;
    let is_draft = writing.as_ref().is_some_and(|writing| writing.is_draft);
    let may_change = writing.is_some();
    let sentence = if is_draft {
        format!("A draft; version {version} is in force")
    } else {
        let names = says.as_ref().map_or(0, |says| says.names.len() as u64);
        let what = match names {
            _ if text.trim().is_empty() => "nothing is said, the names are taken as they are".to_owned(),
            0 => "no name is mapped".to_owned(),
            _ => format!("{} mapped", format::counted(names, "name", "names")),
        };
        format!("Version {version}: {what}")
    };
    let done = (saved == version.to_string()).then(|| {
        view! {
            <Notice tone=Tone::Good>
                <p>{format!("Version {version} is in force: the next file is read by it.")}</p>
            </Notice>
        }
    });
    let left = match writing {
        Some(writing) => form::form(&feed, text, writing, write),
        None => form::plain(text),
    };
    let shown = match preview {
        Some(preview) => preview::preview(preview, is_draft, version),
        None if says.is_none() => view! {
            <p class="muted">"What it makes of records is shown as soon as it can be read."</p>
        }
        .into_any(),
        None => nothing(may_change),
    };
    view! {
        <Title text=format!("Profile of {feed}")/>
        {crumbs(&feed, partner_name, true)}
        <Head title="Profile" as_of>
            <p class="muted">{sentence}</p>
        </Head>
        {tabs(&feed, Place::Profile)}
        {done}
        <div class="halves">
            {left}
            {says.map(says::card)}
        </div>
        <section class="block" id="preview">
            <h2>"The first records, as sent and as understood"</h2>
            {shown}
        </section>
        <section class="block">
            <h2>"How it came about"</h2>
            {history::table(&link::profile(&feed), versions, version, may_change)}
        </section>
    }
    .into_any()
}

fn nothing(may_change: bool) -> AnyView {
    let advice = if may_change {
        "Send a file on the feed's page, whatever becomes of it, or paste a few records above."
    } else {
        "They are shown here as soon as a file of this feed has come and is kept."
    };
    view! {
        <Empty title="No file of this feed is kept">
            <p>{advice}</p>
        </Empty>
    }
    .into_any()
}
