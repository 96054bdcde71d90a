//! Keeps passwords and says whom a session belongs to.
//!
//! A session holds the account's id and the generation of its password, nothing else; the
//! account is read anew on every request, so a changed role or password counts at once. This is
//! the only room that writes the session.

use super::clock::Clock;
use super::store::{self, Account, Store};
use crate::api::quarantine::Draft;
use crate::domain::account::{Role, Viewer};
use crate::domain::ids::{PartnerId, UserId};
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use tower_sessions::Session;

const USER: &str = "user";
const GENERATION: &str = "generation";
const DRAFT: &str = "typed";

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

/// Makes an account that can be inserted.
pub async fn new_account(
    email: &str,
    name: &str,
    role: Role,
    partners: Vec<PartnerId>,
    password: String,
) -> anyhow::Result<Account> {
    let viewer = Viewer {
        id: UserId::new(uuid::Uuid::new_v4().simple().to_string()),
        email: email.trim().to_lowercase(),
        name: name.trim().to_owned(),
        role,
        partners,
    };
    Ok(Account {
        viewer,
        password_hash: hash_password(password).await?,
        generation: 0,
    })
}

/// Compares a password with an account's, in the same time whether the account exists or not.
async fn matches(account: Option<&Account>, password: String) -> bool {
    // A hash of nothing in particular, with the same parameters as ours.
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$2jkf1c1V3JkzU0fZ3QGZpBUIcpG0bXkqPqb0nN0O0yo";
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

/// Signs in: the account when address and password fit, with a fresh session id.
pub async fn sign_in(
    store: &Store,
    session: &Session,
    email: &str,
    password: String,
) -> Result<Option<Viewer>, Error> {
    let account = store.find_user_by_email(email).await?;
    if !matches(account.as_ref(), password).await {
        return Ok(None);
    }
    let Some(account) = account else { return Ok(None) };
    // A session id from before signing in must not be one from after it.
    session.cycle_id().await?;
    write(session, USER, account.viewer.id.as_str()).await?;
    write(session, GENERATION, account.generation).await?;
    Ok(Some(account.viewer))
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
    Ok(account
        .filter(|a| Some(a.generation) == generation)
        .map(|a| a.viewer))
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
