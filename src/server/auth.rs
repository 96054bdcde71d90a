//! Keeps passwords and says whom a session belongs to.
//!
//! A session holds the account's id, the generation of its password and what the browser said of
//! itself; the account is read anew on every request, so a changed role or password counts at
//! once. This is the only room that writes the session.
//!
//! Tries to sign in are counted before the password is looked at, for the account and for the
//! address they come from, whether there is such an account or not. Who tries too often waits.

use super::clock::Clock;
use super::store::{self, Account, Store};
use crate::api::quarantine::Draft;
use crate::domain::account::{Right, Role, Viewer};
use crate::domain::ids::{PartnerId, UserId};
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use tower_sessions::Session;

const USER: &str = "user";
const GENERATION: &str = "generation";
const DRAFT: &str = "typed";
const GUISE: &str = "guise";
const AGENT: &str = "agent";
const ADDRESS: &str = "address";

/// Tries for one account within [`STRETCH`], and from one address, behind which an office may sit.
const TRIES: (i64, i64) = (10, 50);
/// The stretch of time in which tries are counted.
const STRETCH: TimeDelta = TimeDelta::minutes(15);
/// Most characters kept of what a browser calls itself.
const AGENT_MAX: usize = 300;

/// Fewest characters of a password.
pub const PASSWORD_MIN: usize = 10;

/// Why somebody's session could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The session could not be read or written.
    #[error("the session store failed: {0}")]
    Session(#[from] tower_sessions::session::Error),
    /// The account could not be read.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Hashes a password with argon2id and a fresh salt. Takes tens of milliseconds of one core.
pub async fn hash_password(password: String) -> anyhow::Result<String> {
    tokio::task::spawn_blocking(move || {
        let failed = |e| anyhow::anyhow!("the password could not be hashed: {e}");
        let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(failed)?;
        Argon2::default()
            .hash_password(password.as_bytes(), &salt)
            .map(|hash| hash.to_string())
            .map_err(failed)
    })
    .await?
}

/// An account without a password: nobody signs in with it until a link has set one.
pub fn invited(email: &str, name: &str, role: Role, partners: Vec<PartnerId>, now: DateTime<Utc>) -> Account {
    let viewer = Viewer {
        id: UserId::new(uuid::Uuid::new_v4().simple().to_string()),
        email: email.trim().to_lowercase(),
        name: name.trim().to_owned(),
        role,
        partners,
        guise: None,
    };
    Account {
        viewer,
        password_hash: String::new(),
        generation: 0,
        created_at: now,
        closed_at: None,
    }
}

/// Makes an account that can be inserted.
pub async fn new_account(
    email: &str,
    name: &str,
    role: Role,
    partners: Vec<PartnerId>,
    password: String,
) -> anyhow::Result<Account> {
    // The store writes down when it is inserted.
    let account = invited(email, name, role, partners, DateTime::UNIX_EPOCH);
    Ok(Account {
        password_hash: hash_password(password).await?,
        ..account
    })
}

/// A link's text and the hash it is kept as.
pub fn new_link() -> (String, String) {
    let text = hex(&rand::random::<[u8; 32]>());
    let hash = link_hash(&text);
    (text, hash)
}

/// What a link is kept as.
pub fn link_hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Compares a password with an account's, in the same time whether the account exists or not.
async fn matches(account: Option<&Account>, password: String) -> bool {
    // A hash of nothing in particular, with the same parameters as ours.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$2jkf1c1V3JkzU0fZ3QGZpBUIcpG0bXkqPqb0nN0O0yo";
    let account = account.filter(|account| account.is_open());
    let hash = account.map_or_else(|| NOBODY.to_owned(), |a| a.password_hash.clone());
    let known = account.is_some();
    tokio::task::spawn_blocking(move || {
        let fits = PasswordHash::new(&hash).is_ok_and(|parsed| {
            Argon2::default()
                .verify_password(password.as_bytes(), &parsed)
                .is_ok()
        });
        fits && known
    })
    .await
    .unwrap_or(false)
}

/// Where a try to sign in comes from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The address; empty where that is not known.
    pub address: String,
    /// What the browser calls itself.
    pub agent: String,
}

/// What came of a try to sign in.
#[derive(Debug)]
pub enum SignedIn {
    /// Address and password fit.
    As(Viewer),
    /// They do not, or there is no such account.
    No,
    /// There were too many tries: nothing was looked at. The account, where it is the account's
    /// tries, and this is the first that is refused.
    Wait {
        /// How long.
        left: TimeDelta,
        /// The account that its own tries have closed just now.
        closed: Option<Viewer>,
    },
}

/// What came of looking at an address and a password.
enum Proof {
    Of(Box<Account>),
    None,
    Wait { left: TimeDelta, closed: Option<Viewer> },
}

/// Looks whether address and password fit, when there were not too many tries before.
async fn prove(
    store: &Store,
    origin: &Origin,
    email: &str,
    password: String,
    now: DateTime<Utc>,
) -> Result<Proof, Error> {
    let of_address = format!("address:{}", origin.address);
    let of_account = format!("account:{}", link_hash(&email.trim().to_lowercase()));
    if !origin.address.is_empty() {
        let (count, since) = store.count_try(&of_address, STRETCH, now).await?;
        if count > TRIES.1 {
            let left = since + STRETCH - now;
            return Ok(Proof::Wait { left, closed: None });
        }
    }
    let (count, since) = store.count_try(&of_account, STRETCH, now).await?;
    if count > TRIES.0 {
        let closed = match count - TRIES.0 {
            1 => store
                .find_user_by_email(email)
                .await?
                .map(|account| account.viewer),
            _ => None,
        };
        let left = since + STRETCH - now;
        return Ok(Proof::Wait { left, closed });
    }
    let account = store.find_user_by_email(email).await?;
    if !matches(account.as_ref(), password).await {
        return Ok(Proof::None);
    }
    let Some(account) = account else {
        return Ok(Proof::None);
    };
    store.forget_tries(&of_account).await?;
    if !origin.address.is_empty() {
        store.forgive_try(&of_address).await?;
    }
    Ok(Proof::Of(Box::new(account)))
}

/// Signs in with a fresh session id, when address and password fit and there were not too many
/// tries before.
pub async fn sign_in(
    store: &Store,
    session: &Session,
    origin: &Origin,
    email: &str,
    password: String,
    now: DateTime<Utc>,
) -> Result<SignedIn, Error> {
    let account = match prove(store, origin, email, password, now).await? {
        Proof::Of(account) => account,
        Proof::None => return Ok(SignedIn::No),
        Proof::Wait { left, closed } => return Ok(SignedIn::Wait { left, closed }),
    };
    // A session id from before signing in must not be one from after it, nor what was in it.
    session.clear().await;
    session.cycle_id().await?;
    write(session, USER, account.viewer.id.as_str()).await?;
    write(session, GENERATION, account.generation).await?;
    let agent: String = origin.agent.chars().take(AGENT_MAX).collect();
    write(session, AGENT, agent).await?;
    write(session, ADDRESS, &origin.address).await?;
    Ok(SignedIn::As(account.viewer))
}

/// Says whether this is the password of a signed-in person, who may try as often as somebody who
/// signs in.
pub async fn confirm(
    store: &Store,
    origin: &Origin,
    viewer: &Viewer,
    password: String,
    now: DateTime<Utc>,
) -> Result<SignedIn, Error> {
    Ok(match prove(store, origin, &viewer.email, password, now).await? {
        Proof::Of(account) => SignedIn::As(account.viewer),
        Proof::None => SignedIn::No,
        Proof::Wait { left, closed } => SignedIn::Wait { left, closed },
    })
}

/// Lets this session, under a new id, outlast a change of its account's password.
pub async fn outlast(store: &Store, session: &Session, id: &UserId) -> Result<(), Error> {
    session.cycle_id().await?;
    if let Some(account) = store.find_user(id).await? {
        write(session, GENERATION, account.generation).await?;
    }
    Ok(())
}

/// What the session is named by in lists; none before it is stored.
pub fn handle(session: &Session) -> Option<String> {
    session.id().map(|id| store::handle(&id))
}

/// Signs out: the session is gone, here and in the store.
pub async fn sign_out(session: &Session) -> Result<(), Error> {
    Ok(session.flush().await?)
}

/// Finds out who a session belongs to.
pub async fn identify(store: &Store, session: &Session) -> Result<Option<Viewer>, Error> {
    let Some(id) = session.get::<String>(USER).await? else {
        return Ok(None);
    };
    let generation = session.get::<i64>(GENERATION).await?;
    let account = store.find_user(&UserId::new(id)).await?;
    let viewer = account
        .filter(|a| a.is_open() && Some(a.generation) == generation)
        .map(|a| a.viewer);
    let guise = session.get::<PartnerId>(GUISE).await?;
    Ok(match (viewer, guise) {
        // Whoever may look at the partner no more is themselves again.
        (Some(viewer), Some(partner))
            if viewer.may(Right::ViewAsPartner) && viewer.scope().covers(&partner) =>
        {
            Some(viewer.looking_as(partner))
        }
        (viewer, _) => viewer,
    })
}

/// Lets the session's person look on as this partner does, or be themselves again.
pub async fn look_as(session: &Session, partner: Option<&PartnerId>) -> Result<(), Error> {
    if let Some(partner) = partner {
        return write(session, GUISE, partner).await;
    }
    session.remove_value(GUISE).await?;
    Ok(())
}

/// Keeps what somebody typed into a record's editor and could not be saved: one draft a session.
pub async fn keep_draft(session: &Session, record: &str, draft: &Draft) -> Result<(), Error> {
    write(session, DRAFT, (record, draft)).await
}

/// The draft kept for a record, if there is one.
pub async fn find_draft(session: &Session, record: &str) -> Result<Option<Draft>, Error> {
    let kept = session.get::<(String, Draft)>(DRAFT).await?;
    Ok(kept.filter(|(of, _)| of == record).map(|(_, draft)| draft))
}

/// Drops the draft.
pub async fn drop_draft(session: &Session) -> Result<(), Error> {
    session.remove_value(DRAFT).await?;
    Ok(())
}

async fn write(
    session: &Session,
    key: &str,
    value: impl serde::Serialize + Send + Sync,
) -> Result<(), Error> {
    #[expect(clippy::disallowed_methods, reason = "the one place that writes sessions")]
    session.insert(key, value).await?;
    Ok(())
}

/// The clock sessions expire by; named here so that `http` need not know why.
pub fn session_store(store: &Store, clock: &Clock) -> store::Sessions {
    store.sessions(clock.clone())
}
