//! Lists who may sign in, and invites people.
//!
//! [`mod@partners`] lists whom we exchange feeds with, [`person`] shows one account, and everybody their own, where they change their password (`secret`).

mod partners;
pub mod person;
mod secret;

use crate::api::access::{AccessView, PersonRow, list_people};
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::states::Loading;
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::components::time::Ago;
use crate::domain::account::Role;
use crate::domain::format::{count, counted, url_value};
use crate::domain::ids::PartnerId;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

/// The page.
#[component]
pub fn AccessPage() -> impl IntoView {
    let viewer = use_viewer();
    let doing = partners::Doing::new();
    let query = use_query_map();
    // A refusal brings what was typed back in the address.
    let typed = move || query.with(ParamsMap::clone);
    let view = Resource::new(move || doing.version(), |_| list_people());
    view! {
        <Title text="Access"/>
        <Transition fallback=Loading>
            {move || {
                let typed = typed();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(viewer, view.await, Section::Access, |_, view| content(view, &typed, doing))
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(view: AccessView, typed: &ParamsMap, doing: partners::Doing) -> AnyView {
    let AccessView {
        as_of,
        people,
        partners,
    } = view;
    let named = partners.iter().map(|p| (p.id.clone(), p.name.clone())).collect();
    let sentence = counted(people.len() as u64, "account", "accounts");
    let columns = vec![
        text("Name"),
        text("Signs in with"),
        text("Role"),
        text("Partners"),
        text("State"),
        figures("Sessions"),
        figures("Last seen"),
    ];
    let rows: Vec<_> = people.into_iter().map(|person| row(person, as_of)).collect();
    view! {
        <Head title="Access" as_of>
            <p class="muted">{sentence}</p>
        </Head>
        <Table caption="Accounts" columns rows/>
        <section class="card access" aria-labelledby="invite">
            <h2 id="invite">"Invite somebody"</h2>
            <p class="hint">
                "Whoever opens the link that is made sets the password of the account. It is mailed where a server for mail is "
                "set up; else you are shown it, once, and send it on yourself."
            </p>
            <form method="post" action="/access/invite" class="stack">
                <label class="field">
                    <span>"E-mail"</span>
                    <input type="email" name="email" required maxlength="120" autocomplete="off"/>
                </label>
                {fields("", "", Role::Partner, "")}
                <p>
                    <button class="button">"Make the account and its link"</button>
                </p>
            </form>
            {slugs(named)}
        </section>
        {partners::add(typed, doing)}
        {partners::card(partners, doing)}
    }
    .into_any()
}

/// What may be changed about an account; within an argument of that name, when there is one.
fn fields(argument: &str, name: &str, role: Role, partners: &str) -> AnyView {
    let field = |field: &str| match argument {
        "" => field.to_owned(),
        argument => format!("{argument}[{field}]"),
    };
    let roles: Vec<_> = Role::ALL
        .into_iter()
        .rev()
        .map(|one| {
            let does = match one {
                Role::Admin => "admin: everything, and accounts",
                Role::Staff => "staff: inspects, mends and replays records of every partner",
                Role::Manager => "manager: reads everything of every partner, or of those named below",
                Role::Partner => "partner: reads the reports of its own partner, and sends its files",
            };
            view! {
                <option value=one.word() selected=one == role>
                    {does}
                </option>
            }
        })
        .collect();
    let (name, partners) = (name.to_owned(), partners.to_owned());
    view! {
        <label class="field">
            <span>"Name"</span>
            <input name=field("name") required maxlength="120" autocomplete="off" value=name/>
        </label>
        <label class="field">
            <span>"Role"</span>
            <select name=field("role")>{roles}</select>
        </label>
        <label class="field">
            <span>"Partners, by their short names, with commas between them"</span>
            <input name=field("partners") list="slugs" autocomplete="off" value=partners/>
        </label>
    }
    .into_any()
}

fn slugs(partners: Vec<(PartnerId, String)>) -> AnyView {
    let options: Vec<_> = partners
        .into_iter()
        .map(|(id, name)| view! { <option value=id.to_string()>{name}</option> })
        .collect();
    view! { <datalist id="slugs">{options}</datalist> }.into_any()
}

fn row(person: PersonRow, as_of: DateTime<Utc>) -> AnyView {
    let href = format!("/access/{}", url_value(person.id.as_str()));
    let class = format!("badge {}", person.standing.word());
    view! {
        <tr>
            <th scope="row">
                <a href=href>{person.name.clone()}</a>
            </th>
            <td>{person.email.clone()}</td>
            <td>{person.role.word()}</td>
            <td class="wrap">{limits(&person)}</td>
            <td>
                <span class=class>{person.standing.word()}</span>
            </td>
            {figure(count(person.sessions))}
            <td class="num">
                {match person.seen {
                    Some(at) => view! { <Ago at as_of/> }.into_any(),
                    None => view! { <span class="muted">"–"</span> }.into_any(),
                }}
            </td>
        </tr>
    }
    .into_any()
}

/// Whose data the account sees, in words.
fn limits(person: &PersonRow) -> String {
    let slugs: Vec<&str> = person.partners.iter().map(PartnerId::as_str).collect();
    if slugs.is_empty() {
        "all".to_owned()
    } else {
        slugs.join(", ")
    }
}
