//! Draws what stands around a page's content: the side bar, the landmarks, and the way to sign
//! in when nobody is.

use super::states::Failed;
use crate::api::session::{EndView, SignOut};
use crate::app::link::{self, Link};
use crate::domain::account::{Right, Viewer};
use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_meta::Title;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_location;

/// Who is signed in; asked once and shared by every page.
pub type ViewerResource = Resource<Result<Option<Viewer>, AppError>>;

/// The shared answer to who is signed in.
pub fn use_viewer() -> ViewerResource {
    expect_context()
}

/// Where in the product a page belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// All partners compared.
    Overview,
    /// One partner's report.
    Report,
    /// One partner.
    Partner,
    /// What came and went.
    Deliveries,
    /// What is wrong, in a line each.
    Issues,
    /// What is held.
    Quarantine,
    /// Partners by time.
    Heat,
    /// Why records fail.
    Reasons,
    /// What went out.
    Outgoing,
    /// What records are held against.
    Rules,
    /// What the worker does.
    Jobs,
    /// Whether everything received is accounted for.
    Reconciliation,
    /// Who may sign in.
    Access,
    /// The reader's own account.
    Account,
    /// Who did what.
    Activity,
}

/// Puts a page together from who looks at it and what it shows, and says what is in the way
/// when one of them is missing. `draw` turns the answer into the page's content.
pub fn framed<T>(
    viewer: Result<Option<Viewer>, AppError>,
    answer: Result<T, AppError>,
    section: Section,
    draw: impl FnOnce(&Viewer, T) -> AnyView,
) -> AnyView {
    match (viewer, answer) {
        (Ok(Some(viewer)), Ok(answer)) => {
            let content = draw(&viewer, answer);
            frame(viewer, section, content)
        }
        (Ok(None), _) | (_, Err(AppError::Unauthenticated)) => view! { <SignInFirst/> }.into_any(),
        (Ok(Some(viewer)), Err(error)) => {
            let content = view! { <Failed error/> }.into_any();
            frame(viewer, section, content)
        }
        (Err(error), _) => view! { <Bare><Failed error/></Bare> }.into_any(),
    }
}

fn frame(viewer: Viewer, section: Section, content: AnyView) -> AnyView {
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="frame">
            <SideBar viewer=viewer.clone() section/>
            <main id="main" tabindex="-1">
                {guise(&viewer)}
                {content}
            </main>
        </div>
    }
    .into_any()
}

/// Says, on every page, that one looks on as somebody else does.
fn guise(viewer: &Viewer) -> Option<AnyView> {
    viewer.guise?;
    let partner = viewer
        .partners
        .first()
        .map(ToString::to_string)
        .unwrap_or_default();
    Some(
        view! {
            <div class="notice watch guise" role="status">
                <p>
                    "You see what the partner " <strong>{partner}</strong> " sees. Nothing can be changed meanwhile."
                </p>
                <form method="post" action=EndView::url()>
                    <button>"Be yourself again"</button>
                </form>
            </div>
        }
        .into_any(),
    )
}

/// The pages this person may open, and who they are.
#[component]
fn SideBar(viewer: Viewer, section: Section) -> impl IntoView {
    let mut places = Vec::new();
    if viewer.may(Right::ViewAllPartners) {
        places.push((Section::Overview, "/".to_owned(), "Overview".to_owned()));
    } else {
        for partner in &viewer.partners {
            places.push((Section::Report, link::report(partner).href(), "Report".to_owned()));
            places.push((
                Section::Partner,
                link::partner(partner).href(),
                "Quality".to_owned(),
            ));
        }
    }
    places.push((
        Section::Deliveries,
        "/deliveries".to_owned(),
        "Deliveries".to_owned(),
    ));
    places.push((Section::Issues, "/issues".to_owned(), "Issues".to_owned()));
    places.push((
        Section::Quarantine,
        "/quarantine".to_owned(),
        "Quarantine".to_owned(),
    ));
    places.push((Section::Reasons, "/reasons".to_owned(), "Reasons".to_owned()));
    if viewer.may(Right::ViewAllPartners) {
        places.push((Section::Heat, "/heat".to_owned(), "Heat map".to_owned()));
    }
    places.push((Section::Outgoing, "/exports".to_owned(), "Exports".to_owned()));
    places.push((Section::Rules, "/rules".to_owned(), "Rules".to_owned()));
    if viewer.may(Right::ManageJobs) {
        places.push((Section::Jobs, "/jobs".to_owned(), "Jobs".to_owned()));
    }
    if viewer.may(Right::Reconcile) {
        places.push((
            Section::Reconciliation,
            "/reconciliation".to_owned(),
            "Reconciliation".to_owned(),
        ));
    }
    if viewer.may(Right::ManageUsers) {
        places.push((Section::Access, "/access".to_owned(), "Access".to_owned()));
        places.push((Section::Activity, "/activity".to_owned(), "Activity".to_owned()));
    }
    // A partner's page is one of the overview's rows to those who may see the overview.
    let is_of_one = matches!(section, Section::Partner | Section::Report);
    let section = if is_of_one && viewer.may(Right::ViewAllPartners) {
        Section::Overview
    } else {
        section
    };
    let links: Vec<_> = places
        .into_iter()
        .map(|(place, href, label)| {
            view! {
                <li>
                    <a href=href aria-current=(place == section).then_some("page")>
                        <Icon place/>
                        <span>{label}</span>
                    </a>
                </li>
            }
        })
        .collect();
    let home = viewer.home();
    view! {
        <header class="side">
            <a class="brand" href=home aria-label="feedgate, start page">
                <Mark/>
                <span>"feedgate"</span>
            </a>
            <nav aria-label="Main">
                <ul>{links}</ul>
            </nav>
            <div class="who">
                <p>
                    <a class="name" href="/account" aria-current=(section == Section::Account).then_some("page")>
                        {viewer.name.clone()}
                    </a>
                    <span class="role">{viewer.role.word()}</span>
                </p>
                // A form of its own and no action: what is cached in the browser leaves with it.
                <form method="post" action=SignOut::url()>
                    <button class="quiet">"Sign out"</button>
                </form>
            </div>
        </header>
    }
    .into_any()
}

/// The product's mark: a gate that lets one of two bars through.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
            <path d="M4 3v18M20 3v18"></path>
            <path d="M8 8h12" class="through"></path>
            <path d="M8 16h5" class="stopped"></path>
        </svg>
    }
    .into_any()
}

#[component]
fn Icon(place: Section) -> impl IntoView {
    let path = match place {
        Section::Overview | Section::Partner => "M4 20V10M10 20V4M16 20v-7M21 20H3",
        Section::Activity => "M3 12h4l3-8 4 16 3-8h4",
        Section::Report => "M6 3h9l4 4v14H6zM9 12h7M9 16h7M14 3v5h5",
        Section::Deliveries => "M4 7l8-4 8 4v10l-8 4-8-4zM4 7l8 4 8-4M12 11v10",
        Section::Issues => "M12 4l9 16H3zM12 10v4M12 17v.5",
        Section::Quarantine => "M12 3l8 3v6c0 5-3.5 7.5-8 9-4.5-1.5-8-4-8-9V6zM9 12h6",
        Section::Heat => "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
        Section::Reasons => "M4 6h16M4 12h10M4 18h6",
        Section::Outgoing => "M4 20h16M12 16V4M7 9l5-5 5 5",
        Section::Jobs => "M12 4a8 8 0 1 0 8 8M12 8v4l3 2M16 3h5v5",
        Section::Reconciliation => "M12 4v16M8 20h8M5 7h14M5 7l-3 7h6zM19 7l-3 7h6z",
        Section::Access | Section::Account => "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 21c0-4 3.5-6 8-6s8 2 8 6",
        Section::Rules => "M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h11M9 8h6",
    };
    view! {
        <svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true">
            <path d=path></path>
        </svg>
    }
    .into_any()
}

/// Goes to the sign-in page, and from there back to where one is.
#[component]
pub fn SignInFirst() -> impl IntoView {
    let location = use_location();
    let here = format!(
        "{}{}{}",
        location.pathname.get_untracked(),
        if location.search.get_untracked().is_empty() {
            ""
        } else {
            "?"
        },
        location.search.get_untracked()
    );
    let path = Link::to("/sign-in").with("next", &here).href();
    view! {
        <Title text="Signed out"/>
        <Redirect path=path.clone()/>
        <Bare>
            <h1>"You are signed out"</h1>
            <p>
                <a class="button" href=path>"Sign in"</a>
            </p>
        </Bare>
    }
    .into_any()
}

/// A page outside the product proper: the mark, and one card.
#[component]
pub fn Bare(
    /// What the card holds, its `h1` first.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="bare">
            <header>
                <a class="brand" href="/">
                    <Mark/>
                    <span>"feedgate"</span>
                </a>
            </header>
            <main id="main" class="card">{children()}</main>
        </div>
    }
    .into_any()
}
