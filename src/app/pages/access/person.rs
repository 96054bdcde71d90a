//! Shows one account to those who look after accounts, and to everybody their own: what it may
//! do, where it is signed in, and what was done with it.

use super::{fields, limits, secret, slugs};
use crate::api::access::{
    AccountEvent, ChangePassword, ChangePerson, ClosePerson, EndSession, EndSessions, PersonRow, PersonView,
    SessionRow, Standing, read_account, read_person,
};
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::states::{Loading, Notice, Refused, Tone};
use crate::app::components::table::{Table, figures, text};
use crate::app::components::time::Ago;
use crate::domain::ids::PartnerId;
use chrono::{DateTime, Utc};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

/// What can be done on the page.
#[derive(Clone, Copy)]
struct Doing {
    change: ServerAction<ChangePerson>,
    close: ServerAction<ClosePerson>,
    end: ServerAction<EndSession>,
    end_all: ServerAction<EndSessions>,
    password: ServerAction<ChangePassword>,
}

impl Doing {
    fn new() -> Self {
        Self {
            change: ServerAction::new(),
            close: ServerAction::new(),
            end: ServerAction::new(),
            end_all: ServerAction::new(),
            password: ServerAction::new(),
        }
    }

    /// What was refused, if anything was.
    fn failed(self) -> Option<String> {
        let all = [
            self.change.value().get(),
            self.close.value().get(),
            self.end.value().get(),
            self.end_all.value().get(),
        ];
        let refused = all.into_iter().flatten().find_map(Result::err);
        refused.map(|error| error.to_string())
    }
}

/// The page of any account.
#[component]
pub fn PersonPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|p| p.get("person").unwrap_or_default()));
    let viewer = use_viewer();
    let doing = Doing::new();
    let view = Resource::new(move || id.get(), read_person);
    view! {
        <Transition fallback=Loading>
            {move || {
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(viewer, view.await, Section::Access, |_, view| content(view, true, None, doing))
                })
            }}
        </Transition>
    }
    .into_any()
}

/// The page of the reader's own account.
#[component]
pub fn AccountPage() -> impl IntoView {
    let viewer = use_viewer();
    let doing = Doing::new();
    let query = use_query_map();
    let changed = Memo::new(move |_| query.with(|q| q.get("changed").is_some()));
    let view = Resource::new(|| (), |()| read_account());
    view! {
        <Transition fallback=Loading>
            {move || {
                Suspend::new(async move {
                    let viewer = viewer.await;
                    let view = view.await;
                    framed(
                        viewer,
                        view,
                        Section::Account,
                        |viewer, view| {
                            let changed = viewer.guise.is_none().then(|| changed.get());
                            content(view, false, changed, doing)
                        },
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

/// `changed`: whether one's own password was changed just now; none where it is not to be changed.
fn content(view: PersonView, looks_after: bool, changed: Option<bool>, doing: Doing) -> AnyView {
    let PersonView {
        as_of,
        person,
        is_own,
        sessions,
        history,
        partners,
    } = view;
    let crumbs = looks_after.then(|| {
        view! {
            <p class="crumbs">
                <a href="/access">"Access"</a>
            </p>
        }
    });
    let told = format!("{}, {} of {}", person.email, person.role.word(), limits(&person));
    let (heading, sentence) = if looks_after {
        (person.name.clone(), told)
    } else {
        ("Your account".to_owned(), told)
    };
    let closed = (person.standing == Standing::Closed).then(|| {
        view! {
            <Notice tone=Tone::Watch>
                <p>"The account is closed: nobody signs in with it."</p>
            </Notice>
        }
    });
    view! {
        <Title text=heading.clone()/>
        {crumbs}
        <Head title=heading as_of>
            <p class="muted">{sentence}</p>
        </Head>
        <Refused said=move || doing.failed()/>
        {closed}
        {looks_after.then(|| change(&person, partners, doing))}
        {changed.map(|changed| secret::section(person.email.clone(), changed, doing.password))}
        {list(&person, sessions, as_of, looks_after && !is_own, doing)}
        <section class="block">
            <h2>"What was done"</h2>
            {story(history, as_of)}
        </section>
    }
    .into_any()
}

/// Changing, closing, and a new link.
fn change(person: &PersonRow, partners: Vec<(PartnerId, String)>, doing: Doing) -> AnyView {
    let slugs_now: Vec<&str> = person.partners.iter().map(PartnerId::as_str).collect();
    let id = person.id.to_string();
    let is_closed = person.standing == Standing::Closed;
    let link = format!("/access/{id}/link");
    let (changed, closed) = (id.clone(), id);
    let wished = fields("wish", &person.name, person.role, &slugs_now.join(", "));
    let closing = if is_closed {
        "Open the account again"
    } else {
        "Close the account"
    };
    view! {
        <section class="card access" aria-labelledby="change">
            <h2 id="change">"What it may do"</h2>
            <ActionForm action=doing.change attr:class="stack">
                <input type="hidden" name="id" value=changed/>
                {wished}
                <p>
                    <button class="button">"Change it"</button>
                </p>
            </ActionForm>
            {slugs(partners)}
            <div class="deeds-of">
                {(!is_closed)
                    .then(|| {
                        view! {
                            <form method="post" action=link>
                                <button>"Make a link that sets a password"</button>
                            </form>
                        }
                    })}
                <ActionForm action=doing.close>
                    <input type="hidden" name="id" value=closed/>
                    <input type="hidden" name="open" value=is_closed.to_string()/>
                    <button>{closing}</button>
                </ActionForm>
            </div>
        </section>
    }
    .into_any()
}

fn list(
    person: &PersonRow,
    sessions: Vec<SessionRow>,
    as_of: DateTime<Utc>,
    others: bool,
    doing: Doing,
) -> AnyView {
    let id = if others {
        person.id.to_string()
    } else {
        String::new()
    };
    let count = sessions.len();
    let rows: Vec<_> = sessions
        .into_iter()
        .map(|one| row(one, &id, as_of, doing))
        .collect();
    let columns = vec![
        text("Browser"),
        text("From"),
        figures("Began"),
        figures("Last used"),
        text("State"),
    ];
    let everywhere = if others {
        "End all sessions"
    } else {
        "Sign out everywhere"
    };
    let body = if rows.is_empty() {
        view! { <p class="muted">"Nobody is signed in with it."</p> }.into_any()
    } else {
        view! { <Table caption="Sessions" columns rows/> }.into_any()
    };
    view! {
        <section class="block">
            <h2>"Sessions"</h2>
            <p class="hint">"A session ends 24 hours after its last use, and 7 days after it began."</p>
            {body}
            {(count > 0)
                .then(|| {
                    view! {
                        <ActionForm action=doing.end_all>
                            <input type="hidden" name="id" value=id/>
                            <button>{everywhere}</button>
                        </ActionForm>
                    }
                })}
        </section>
    }
    .into_any()
}

fn row(session: SessionRow, id: &str, as_of: DateTime<Utc>, doing: Doing) -> AnyView {
    let agent = browser(&session.agent);
    let from = if session.address.is_empty() {
        "–".to_owned()
    } else {
        session.address
    };
    let end = if session.is_this {
        view! { <span class="muted">"this one"</span> }.into_any()
    } else {
        let (id, handle) = (id.to_owned(), session.handle);
        view! {
            <ActionForm action=doing.end>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="handle" value=handle/>
                <button>"End it"</button>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row">
                <span title=session.agent>{agent}</span>
            </th>
            <td>{from}</td>
            <td class="num">
                <Ago at=session.since as_of/>
            </td>
            <td class="num">
                <Ago at=session.seen as_of/>
            </td>
            <td>{end}</td>
        </tr>
    }
    .into_any()
}

/// What people call a browser, by what it calls itself.
fn browser(agent: &str) -> String {
    let name = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]
    .into_iter()
    .find_map(|(mark, name)| agent.contains(mark).then_some(name));
    let system = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]
    .into_iter()
    .find_map(|(mark, name)| agent.contains(mark).then_some(name));
    match (name, system) {
        (Some(name), Some(system)) => format!("{name} on {system}"),
        (Some(name), None) => name.to_owned(),
        _ => "unknown".to_owned(),
    }
}

fn story(history: Vec<AccountEvent>, as_of: DateTime<Utc>) -> AnyView {
    if history.is_empty() {
        return view! { <p class="muted">"Nothing yet."</p> }.into_any();
    }
    let events: Vec<_> = history
        .into_iter()
        .map(|event| {
            view! {
                <li>
                    <p>
                        <strong>{event.by}</strong>
                        " "
                        {event.what}
                    </p>
                    <p class="muted small">
                        <Ago at=event.at as_of/>
                    </p>
                </li>
            }
        })
        .collect();
    view! { <ol class="timeline">{events}</ol> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn a_browser_is_called_what_people_call_it() {
        let edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0";
        assert_eq!(browser(edge), "Edge on Windows");
        assert_eq!(browser("curl/8.0"), "unknown");
    }
}
