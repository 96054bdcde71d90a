//! Draws the pages: the document around them, the routes, and what a person sees and clicks.
//!
//! Pages own their resources and ask [`crate::api`] for everything; components are given plain
//! values and ask for nothing. Both are drawn on the server alone, whole, and the browser loads
//! the next page as browsers do, so every page works before any script has run. What reacts in
//! the browser is an island, in [`islands`]; that is all the wasm there is. Pages of hydrated
//! components weighed five times what islands do, and sent everything twice: drawn, and as the
//! data to draw it from.
//!
//! To add a page: one file in [`pages`] with its resources at the top and one `<Transition>`, a
//! line in the table of routes below, and a link to it from somewhere.

pub mod components;
pub mod islands;
pub mod link;
pub mod pages;

use components::frame::ViewerResource;
use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::SsrMode;
use leptos_router::components::{Outlet, ParentRoute, Route, Router, Routes};
use leptos_router::path;
use pages::{
    access::AccessPage, access::person::AccountPage, access::person::PersonPage, activity::ActivityPage,
    bulk::BulkPage, deliveries::Deliveries, delivery::DeliveryPage, feed::FeedPage,
    feed::contract::ContractPage, feed::gates::GatesPage, feed::profile::ProfilePage, feed::trial::TrialPage,
    heat::HeatPage, issues::IssuesPage, issues::one::IssuePage, jobs::JobsPage, not_found::NotFound,
    outgoing::OutgoingPage, overview::OverviewPage, partner::PartnerPage, password::PasswordPage,
    quarantine::Quarantine, reasons::ReasonsPage, reconciliation::ReconciliationPage, record::RecordPage,
    report::ReportPage, rule::RulePage, rules::RulesPage, sign_in::SignInPage,
};

/// The whole document around a page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let built = |name: &str| format!("/{}/{name}", options.site_pkg_dir);
    // Outside islands nothing is woken, so nothing is written down for it.
    if let Some(shared) = Owner::current_shared_context() {
        shared.set_is_hydrating(false);
    }
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" href="/icon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=built("feedgate.css")/>
                <script src=built("forms.js") defer=true></script>
                <script src=built("charts.js") defer=true></script>
                <script src=built("keys.js") defer=true></script>
                <script src=built("wake.js") type="module"></script>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// The window's title. It is written into the page as it is, on the server unescaped (`leptos_meta`
/// 0.8), so what could open a tag gives way to a look-alike, on both sides alike.
fn window_title(title: String) -> String {
    let title = title.replace('<', "‹").replace('>', "›");
    if title.is_empty() {
        "feedgate".to_owned()
    } else {
        format!("{title} · feedgate")
    }
}

/// The application: its routes, and what they share.
///
/// Every route hangs below one parent that is rendered whole before anything is sent, so that a
/// page is complete without a script, and its status and redirects are those of what it loaded.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=window_title/>
        <Router>
            <Routes fallback=NotFound>
                <ParentRoute path=path!("") view=Signed ssr=SsrMode::Async>
                    <Route path=path!("") view=OverviewPage/>
                    <Route path=path!("sign-in") view=SignInPage/>
                    <Route path=path!("password/:link") view=PasswordPage/>
                    <Route path=path!("account") view=AccountPage/>
                    <Route path=path!("activity") view=ActivityPage/>
                    <Route path=path!("access") view=AccessPage/>
                    <Route path=path!("access/:person") view=PersonPage/>
                    <Route path=path!("partners/:partner") view=PartnerPage/>
                    <Route path=path!("partners/:partner/report") view=ReportPage/>
                    <Route path=path!("feeds/:partner/:feed") view=FeedPage/>
                    <Route path=path!("feeds/:partner/:feed/contract") view=ContractPage/>
                    <Route path=path!("feeds/:partner/:feed/gates") view=GatesPage/>
                    <Route path=path!("feeds/:partner/:feed/profile") view=ProfilePage/>
                    <Route path=path!("feeds/:partner/:feed/try") view=TrialPage/>
                    <Route path=path!("deliveries") view=Deliveries/>
                    <Route path=path!("deliveries/:delivery") view=DeliveryPage/>
                    <Route path=path!("issues") view=IssuesPage/>
                    <Route path=path!("issues/:issue") view=IssuePage/>
                    <Route path=path!("quarantine") view=Quarantine/>
                    <Route path=path!("quarantine/:record") view=RecordPage/>
                    <Route path=path!("jobs") view=JobsPage/>
                    <Route path=path!("jobs/:job") view=BulkPage/>
                    <Route path=path!("reasons") view=ReasonsPage/>
                    <Route path=path!("exports") view=OutgoingPage/>
                    <Route path=path!("reconciliation") view=ReconciliationPage/>
                    <Route path=path!("heat") view=HeatPage/>
                    <Route path=path!("rules") view=RulesPage/>
                    <Route path=path!("rules/:code") view=RulePage/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}

/// The parent of every page: asks once who is signed in, and lets each page read the answer.
#[component]
fn Signed() -> impl IntoView {
    let viewer: ViewerResource = Resource::new(|| (), |()| crate::api::session::read_viewer());
    provide_context(viewer);
    view! { <Outlet/> }
}
