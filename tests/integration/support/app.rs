//! Runs the real router on a database of its own, and gives it people to act through.

use super::mongo;
use argon2::password_hash::{PasswordHasher, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use chrono::DateTime;
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::feed::Feed;
use feedgate::domain::ids::{FeedId, PartnerId};
use feedgate::domain::job::Kind;
use feedgate::domain::quarantine::{HeldRecord, Revision};
use feedgate::domain::record::Attributes;
use feedgate::server::answers::Answers;
use feedgate::server::charts::Kept;
use feedgate::server::clock::Clock;
use feedgate::server::config::{Intake, Knowing, Working};
use feedgate::server::context::AppState;
use feedgate::server::figures::Figures;
use feedgate::server::live::Live;
use feedgate::server::pipeline::ingest::{Ingest, Ingested};
use feedgate::server::pipeline::rollup;
use feedgate::server::reasons::Reasons;
use feedgate::server::store::{Account, Partner, Store};
use feedgate::server::trial::Trials;
use feedgate::server::worker::Worker;
use feedgate::server::{auth, http};
use std::path::Path;
use std::time::Duration;
use tower::ServiceExt;

/// What everybody signs in with in tests.
pub const PASSWORD: &str = "correct horse battery";

/// Largest file taken in, in bytes.
pub const FILE_MAX: u64 = 3_000_000;

/// feedgate on a database of its own, with a clock that stands still.
pub struct App {
    pub store: Store,
    pub clock: Clock,
    pub database: mongo::Lent,
    /// Whether the rollups are brought up to the log before each request, as a worker would.
    pub follows: bool,
    /// What its requests reach.
    pub state: AppState,
    router: axum::Router,
}

/// Somebody with a browser: keeps the cookie, follows no redirect.
pub struct Actor<'a> {
    app: &'a App,
    cookie: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub location: Option<String>,
    pub cookie: Option<String>,
    /// What `Cache-Control` says.
    pub cache: Option<String>,
    pub body: String,
    /// Everything in the answer's head.
    pub headers: axum::http::HeaderMap,
}

impl App {
    /// On the server that the test run shares, with the patience that it takes where every test
    /// works at once.
    pub async fn start() -> Self {
        Self::build(None, Duration::from_secs(30), true, Duration::ZERO, false).await
    }

    /// The same, set up otherwise.
    pub async fn start_with(change: impl FnOnce(&mut AppState)) -> Self {
        let mut app = Self::start().await;
        change(&mut app.state);
        app.router = http::router(app.state.clone(), false);
        app
    }

    /// With pages that are kept ready for this long, as those that people see are for a moment.
    pub async fn start_ready(good_for: Duration) -> Self {
        Self::build(None, Duration::from_secs(30), true, good_for, false).await
    }

    /// With pages that let nothing be pulled from private addresses, as they come.
    pub async fn start_guarded() -> Self {
        Self::build(None, Duration::from_secs(30), false, Duration::ZERO, false).await
    }

    /// As behind a proxy that speaks https.
    pub async fn start_secure() -> Self {
        Self::build(None, Duration::from_secs(30), true, Duration::ZERO, true).await
    }

    /// On a server of the test's own, with the patience of `feedgate serve`.
    pub async fn start_on(uri: &str) -> Self {
        Self::build(Some(uri), Duration::from_secs(2), true, Duration::ZERO, false).await
    }

    /// On a server of its own, or on the one that all share.
    async fn build(
        own: Option<&str>,
        patience: Duration,
        pull_private: bool,
        good_for: Duration,
        secure: bool,
    ) -> Self {
        let (uri, database) = match own {
            Some(uri) => (uri, mongo::own()),
            None => (mongo::uri(), mongo::lend().await),
        };
        let store = Store::connect(uri, &database, patience)
            .await
            .expect("a connection");
        store.migrate().await.expect("indexes");
        let clock = Clock::standing(
            DateTime::parse_from_rfc3339("2026-11-24T13:05:00Z")
                .expect("a time")
                .to_utc(),
        );
        let options = leptos::config::LeptosOptions::builder()
            .output_name("feedgate")
            .site_root("target/none")
            .build();
        let state = AppState {
            store: store.clone(),
            figures: Figures::new(store.clone()),
            reasons: Reasons::default(),
            charts: Kept::default(),
            live: Live::default(),
            answers: Answers::new(good_for),
            clock: clock.clone(),
            options,
            public_url: None,
            mailer: None,
            file_max: FILE_MAX,
            pull_private,
            trials: Trials::default(),
            taxonomy: None,
        };
        Self {
            store,
            clock,
            database,
            follows: true,
            router: http::router(state.clone(), secure),
            state,
        }
    }

    /// Adds a partner with one feed `main` in euro, expected daily.
    pub async fn partner(&self, slug: &str) -> Feed {
        self.partner_called(slug, &format!("Partner {slug}")).await
    }

    /// The same with a name of its own.
    pub async fn partner_called(&self, slug: &str, name: &str) -> Feed {
        let id = PartnerId::new(slug);
        let partner = Partner {
            id: id.clone(),
            name: name.to_owned(),
            edits_off: false,
        };
        self.store.insert_partner(&partner).await.expect("a partner");
        let feed = Feed {
            expected_every_hours: Some(24),
            currency: Some("EUR".to_owned()),
            ..Feed::new(FeedId::of(&id, "main").expect("a slug"))
        };
        self.store.insert_feed(&feed).await.expect("a feed");
        feed
    }

    pub fn ingest(&self) -> Ingest {
        Ingest {
            store: self.store.clone(),
            clock: self.clock.clone(),
            patience: Duration::from_secs(5),
            taxonomy: None,
        }
    }

    /// Takes a file in through the real pipeline.
    pub async fn take_in(&self, feed: &Feed, file: &Path) -> Ingested {
        self.ingest()
            .run(feed, file, "products.csv")
            .await
            .expect("an ingest")
    }

    /// Lets a worker do everything that waits.
    pub async fn work(&self) {
        let worker = self.worker();
        while worker.do_one(&Kind::ALL).await.expect("a job") || worker.do_part().await.expect("a part") {}
    }

    /// Saves a revision of a held record in which one value is another.
    pub async fn mend(&self, held: &HeldRecord, name: &str, value: &str) {
        let changed = |(n, v): (&str, &str)| (n.to_owned(), if n == name { value } else { v }.to_owned());
        let revision = Revision {
            number: held.revision() + 1,
            attributes: Attributes(held.current().iter().map(changed).collect()),
            violations: vec![],
            by: "Sam".into(),
            at: self.clock.now(),
            reason: "typo".into(),
        };
        self.store
            .insert_revision(&Scope::All, &held.id, held.revision(), &revision)
            .await
            .expect("a revision");
    }

    /// The site, to be served on an address.
    pub fn router(&self) -> axum::Router {
        self.router.clone()
    }

    /// A worker of its own name, as an operator starts one.
    pub fn worker(&self) -> Worker {
        self.worker_with(true)
    }

    /// The same, with pulls from private addresses or without.
    pub fn worker_with(&self, pull_private: bool) -> Worker {
        let settings = Self::settings(pull_private);
        Worker::new(self.store.clone(), self.clock.clone(), settings).expect("a worker")
    }

    /// What an operator sets for a worker.
    pub fn settings(pull_private: bool) -> Working {
        Working {
            keep_files_days: 30,
            keep_held_days: 90,
            follower_silence: 10,
            watch: None,
            watch_still_seconds: 10,
            pull_seconds: 2,
            intake: Intake {
                file_max_mb: 3,
                pull_private,
            },
            knowing: Knowing::default(),
        }
    }

    /// Brings the rollups up to the log, as a worker does within moments.
    pub async fn roll(&self) {
        rollup::catch_up(&self.store, &self.clock, "test")
            .await
            .expect("rollups");
    }

    pub fn anonymous(&self) -> Actor<'_> {
        Actor {
            app: self,
            cookie: None,
        }
    }

    /// Somebody whose browser has this cookie.
    pub fn with_cookie(&self, cookie: &str) -> Actor<'_> {
        Actor {
            app: self,
            cookie: Some(cookie.to_owned()),
        }
    }

    /// Somebody with an account of this role, signed in. A partner role belongs to `partner`.
    pub async fn sign_in(&self, role: Role, partner: Option<&str>) -> Actor<'_> {
        let email = format!("{role}-{}@example.com", partner.unwrap_or("all"));
        let partners = partner.map(PartnerId::new).into_iter().collect();
        let name = format!("{role} of {}", partner.unwrap_or("all"));
        let account = Account {
            password_hash: password_hash(),
            ..auth::invited(&email, &name, role, partners, self.clock.now())
        };
        // The second time the account is there already.
        let _ = self.store.insert_user(&account, self.clock.now()).await;
        let mut actor = self.anonymous();
        let answer = actor
            .post("/api/sign_in", &[("email", &email), ("password", PASSWORD)])
            .await;
        assert_eq!(answer.status, StatusCode::FOUND, "{answer:?}");
        actor.cookie = answer.cookie;
        assert!(actor.cookie.is_some(), "signing in gives a cookie");
        actor
    }
}

/// [`PASSWORD`] as an account keeps it, hashed so lightly that hundreds of tests may sign in.
fn password_hash() -> String {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).expect("within the limits");
    let salt = SaltString::encode_b64(b"some salt of tests").expect("long enough");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password(PASSWORD.as_bytes(), &salt)
        .expect("a hash")
        .to_string()
}

impl Actor<'_> {
    /// The cookie, if there is one.
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// Sends any request, with the cookie if there is one.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        if self.app.follows {
            self.app.roll().await;
        }
        if let Some(cookie) = &self.cookie {
            request
                .headers_mut()
                .insert(header::COOKIE, cookie.parse().expect("a cookie"));
        }
        let response: Response<Body> = self.app.router.clone().oneshot(request).await.expect("an answer");
        let text = |name| {
            response
                .headers()
                .get(name)
                .and_then(|v| v.to_str().ok())
                .map(str::to_owned)
        };
        let (status, location) = (response.status(), text(header::LOCATION));
        let headers = response.headers().clone();
        let cache = text(header::CACHE_CONTROL);
        let cookie = text(header::SET_COOKIE).and_then(|c| c.split(';').next().map(str::to_owned));
        let body = axum::body::to_bytes(response.into_body(), 50_000_000)
            .await
            .expect("a body");
        Answer {
            status,
            location,
            cookie,
            cache,
            body: String::from_utf8_lossy(&body).into_owned(),
            headers,
        }
    }

    /// The status alone, of what may have no end.
    pub async fn status(&self, mut request: Request<Body>) -> u16 {
        if let Some(cookie) = &self.cookie {
            request
                .headers_mut()
                .insert(header::COOKIE, cookie.parse().expect("a cookie"));
        }
        let answer = self.app.router.clone().oneshot(request).await;
        answer.expect("an answer").status().as_u16()
    }

    /// Asks for something without an end, and gives what comes of it.
    pub async fn open(&self, path: &str) -> axum::body::BodyDataStream {
        let mut request = Request::get(path).body(Body::empty()).expect("a request");
        if let Some(cookie) = &self.cookie {
            request
                .headers_mut()
                .insert(header::COOKIE, cookie.parse().expect("a cookie"));
        }
        let response = self.app.router.clone().oneshot(request).await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        response.into_body().into_data_stream()
    }

    /// Opens a page as a browser does.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(
            Request::get(path)
                .header(header::ACCEPT, "text/html")
                .body(Body::empty())
                .expect("a request"),
        )
        .await
    }

    /// Posts a form as a browser without a script does.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.form(path, fields, "text/html").await
    }

    /// Calls a server function as the wasm page does.
    pub async fn call(&self, function: &str, fields: &[(&str, &str)]) -> Answer {
        self.form(&format!("/api/{function}"), fields, "application/json")
            .await
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)], accept: &str) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, accept)
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body))
            .expect("a request");
        self.send(request).await
    }

    /// The same request as [`Actor::post`], as another site would make a browser send it.
    pub async fn post_from_elsewhere(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "cross-site")
            .body(Body::from(body))
            .expect("a request");
        self.send(request).await
    }
}
