//! `feedgate serve`: shows pages until it is told to stop.

use super::opened::{Opened, told_to_stop};
use crate::server::answers::{self, Answers};
use crate::server::charts::Kept;
use crate::server::clock::Clock;
use crate::server::config::{Database, Web};
use crate::server::context::AppState;
use crate::server::figures::Figures;
use crate::server::http;
use crate::server::live::Live;
use crate::server::reasons::Reasons;
use crate::server::site;
use crate::server::store::Store;
use crate::server::trial::Trials;
use anyhow::Context;
use leptos::config::LeptosOptions;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

/// How long a page waits for a database that has no primary.
const PATIENCE: Duration = Duration::from_secs(2);

/// Serve the pages
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    web: Web,
    #[command(flatten)]
    database: Database,
}

impl Args {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let opened = Opened::open(&self.database, PATIENCE).await?;
        let served = serve(&self.web, opened.store.clone(), told_to_stop()).await;
        opened.close().await;
        served.map(|()| ExitCode::SUCCESS)
    }
}

/// Serves on the configured address until `stop`; requests under way are finished first.
pub(super) async fn serve(
    web: &Web,
    store: Store,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let state = state(web, store)?;
    // The first page would wait for it. Without a database it fails, and the pages say so.
    if let Err(error) = state.figures.refresh(state.clock.now()).await {
        tracing::warn!("the rollups could not be read yet: {error}");
    }
    let live = state.live.clone();
    let following = tokio::spawn({
        let (live, state) = (live.clone(), state.clone());
        async move { live.follow(&state).await }
    });
    let app = http::router(state, web.secure_cookies);
    let listener = tokio::net::TcpListener::bind(web.listen).await.with_context(|| {
        format!(
            "listening on {}; is another feedgate running there? --listen takes another address",
            web.listen
        )
    })?;
    if !web.site.join(site::PKG).join("feedgate.css").exists() {
        tracing::warn!(
            "{} has no built site in it; pages will come without style. `make build` makes it",
            web.site.display()
        );
    }
    tracing::info!("serving on http://{}", listener.local_addr()?);
    let stop = async move {
        stop.await;
        // Streams of news have no end of their own.
        live.close();
    };
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    following.await?;
    Ok(())
}

/// What requests can reach.
pub(super) fn state(web: &Web, store: Store) -> anyhow::Result<AppState> {
    let options = LeptosOptions::builder()
        .output_name("feedgate")
        .site_root(web.site.to_string_lossy().into_owned())
        .site_pkg_dir(site::folder(&web.site))
        .site_addr(web.listen)
        .build();
    Ok(AppState {
        figures: Figures::new(store.clone()),
        reasons: Reasons::default(),
        charts: Kept::default(),
        answers: Answers::new(answers::GOOD_FOR),
        live: Live::default(),
        store,
        clock: Clock::system(),
        options,
        public_url: web.public_url.as_deref().map(Into::into),
        mailer: web.mailer()?,
        file_max: web.intake.file_max(),
        pull_private: web.intake.pull_private,
        trials: Trials::default(),
        taxonomy: web.knowing.load()?,
    })
}
