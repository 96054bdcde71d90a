//! Looks after accounts: who there is, what they may do, where they are signed in.
//!
//! Everything done is written into the history with its real outcome. An admin cannot close the
//! last account that looks after accounts, for then nobody could. Partners and their feeds are
//! added in [`partners`].

pub mod partners;

use super::session::{deed, wait};
use crate::api::access::{AccessView, AccountEvent, PersonRow, PersonView, PersonWish, SessionRow, Standing};
use crate::domain::account::{Right, Role, Scope, Viewer, partners_fit};
use crate::domain::format::{counted, url_value};
use crate::domain::ids::{PartnerId, UserId};
use crate::error::AppError;
use crate::server::auth::{self, PASSWORD_MIN, SignedIn};
use crate::server::context::{self, AppState, go};
use crate::server::store::{Account, AccountChanged, Deed, Error as StoreError, Presence};
use chrono::{DateTime, TimeDelta, Utc};

/// How long a link works that invites somebody, and one that sets a new password.
const LINK_WORKS: (TimeDelta, TimeDelta) = (TimeDelta::days(7), TimeDelta::days(1));
/// Most characters of a name or an address.
const LONGEST: usize = 120;
/// Events of an account that are shown.
const EVENTS: usize = 50;

/// Reads the list of accounts.
pub async fn list() -> Result<AccessView, AppError> {
    let state = context::state()?;
    let now = state.clock.now();
    let (accounts, presence) = tokio::try_join!(state.store.list_users(), state.store.list_presence(now))?;
    Ok(AccessView {
        as_of: now,
        people: accounts
            .into_iter()
            .map(|account| {
                let here = presence.get(&account.viewer.id).copied();
                row(account, here)
            })
            .collect(),
        partners: partners::list(&state).await?,
    })
}

async fn names(state: &AppState) -> Result<Vec<(PartnerId, String)>, AppError> {
    let found = state.store.list_partners(&Scope::All).await?;
    Ok(found.into_iter().map(|p| (p.id, p.name)).collect())
}

fn row(account: Account, here: Option<Presence>) -> PersonRow {
    let standing = match (account.closed_at, account.is_open()) {
        (Some(_), _) => Standing::Closed,
        (None, true) => Standing::Open,
        (None, false) => Standing::Invited,
    };
    let viewer = account.viewer;
    PersonRow {
        standing,
        sessions: here.map_or(0, |here| here.sessions),
        seen: here.map(|here| here.seen),
        id: viewer.id,
        email: viewer.email,
        name: viewer.name,
        role: viewer.role,
        partners: viewer.partners,
    }
}

/// Reads one account: the reader's own, or any for those who look after accounts.
pub async fn read(viewer: &Viewer, id: &UserId) -> Result<PersonView, AppError> {
    let state = context::state()?;
    let now = state.clock.now();
    let account = find(&state, id).await?;
    let this = auth::handle(&context::session()?);
    let sessions = state.store.list_sessions(id, now).await?;
    let here = sessions.first().map(|last| Presence {
        sessions: sessions.len() as u64,
        seen: last.seen,
    });
    let sessions = sessions.into_iter().map(|session| SessionRow {
        is_this: Some(&session.handle) == this.as_ref(),
        handle: session.handle,
        since: session.since,
        seen: session.seen,
        agent: session.agent,
        address: session.address,
    });
    let looks_after = viewer.may(Right::ManageUsers);
    let deeds = state.store.list_deeds(&Scope::All, &format!("user:{id}")).await?;
    let history = deeds.into_iter().rev().take(EVENTS).map(|deed| AccountEvent {
        at: deed.at,
        by: deed.actor_name,
        what: deed.what,
    });
    Ok(PersonView {
        as_of: now,
        is_own: viewer.id == *id,
        person: row(account, here),
        sessions: sessions.collect(),
        history: history.collect(),
        partners: if looks_after {
            names(&state).await?
        } else {
            Vec::new()
        },
    })
}

async fn find(state: &AppState, id: &UserId) -> Result<Account, AppError> {
    let found = state.store.find_user(id).await?;
    found.ok_or_else(|| AppError::not_found("account"))
}

/// A name as it was typed, if it will do; `who` it is that is called so: `they are`.
fn called(name: &str, who: &str) -> Result<String, AppError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST || name.chars().any(char::is_control) {
        return Err(AppError::invalid(
            "name",
            format!("Say in 1 to {LONGEST} characters what {who} called."),
        ));
    }
    Ok(name.to_owned())
}

/// What a wish comes to; the first field that will not do is named.
async fn understood(state: &AppState, wish: &PersonWish) -> Result<(String, Role, Vec<PartnerId>), AppError> {
    let name = called(&wish.name, "they are")?;
    let role = wish
        .role
        .parse::<Role>()
        .map_err(|why| AppError::invalid("role", format!("{why}.")))?;
    let mut partners = Vec::new();
    for slug in wish
        .partners
        .split([',', ' ', ';'])
        .filter(|slug| !slug.is_empty())
    {
        let none = || AppError::invalid("partners", format!("There is no partner “{slug}”."));
        let id = PartnerId::parse(slug).map_err(|_| none())?;
        if state.store.find_partner(&Scope::All, &id).await?.is_none() {
            return Err(none());
        }
        if !partners.contains(&id) {
            partners.push(id);
        }
    }
    partners_fit(role, &partners).map_err(|why| AppError::invalid("partners", why))?;
    Ok((name, role, partners))
}

/// Makes an account and the link by which its person sets a password; gives both.
pub async fn invite(
    state: &AppState,
    viewer: &Viewer,
    wish: &PersonWish,
) -> Result<(Account, Link), AppError> {
    let email = wish.email.trim().to_lowercase();
    let sound = email.chars().count() <= LONGEST
        && !email.contains(|c: char| c.is_whitespace() || c.is_control())
        && email
            .split_once('@')
            .is_some_and(|(who, host)| !who.is_empty() && !host.is_empty());
    if !sound {
        return Err(AppError::invalid(
            "email",
            format!("“{email}” is no address to sign in with; it looks like name@example.com."),
        ));
    }
    let (name, role, partners) = understood(state, wish).await?;
    let now = state.clock.now();
    let account = auth::invited(&email, &name, role, partners, now);
    match state.store.insert_user(&account, now).await {
        Err(StoreError::Conflict { .. }) => {
            return Err(AppError::conflict(format!(
                "{email} has an account already; look at it for a new link."
            )));
        }
        other => other?,
    }
    let what = format!("invited {email} as {}", told(&account.viewer));
    note(state, viewer, &account.viewer, "user.invite", what).await?;
    let link = link(state, &account.viewer.id, now, LINK_WORKS.0).await?;
    Ok((account, link))
}

fn told(person: &Viewer) -> String {
    let slugs: Vec<&str> = person.partners.iter().map(PartnerId::as_str).collect();
    match (slugs.is_empty(), person.role) {
        (true, role) => role.word().to_owned(),
        (false, role) => format!("{role} of {}", slugs.join(", ")),
    }
}

/// A link that sets a password; its text is shown once and kept nowhere.
#[derive(Debug)]
pub struct Link {
    /// What stands at the end of its address.
    pub text: String,
    /// Until when it works.
    pub until: DateTime<Utc>,
}

async fn link(state: &AppState, id: &UserId, now: DateTime<Utc>, works: TimeDelta) -> Result<Link, AppError> {
    let (text, hash) = auth::new_link();
    let until = now + works;
    state.store.insert_link(&hash, id, until).await?;
    Ok(Link { text, until })
}

/// Makes a link by which an account's person sets a new password; the old one works till then.
pub async fn new_link(state: &AppState, viewer: &Viewer, id: &UserId) -> Result<(Account, Link), AppError> {
    let account = find(state, id).await?;
    if account.closed_at.is_some() {
        return Err(AppError::conflict(
            "The account is closed. Open it first, then make a link.",
        ));
    }
    let works = if account.is_open() {
        LINK_WORKS.1
    } else {
        LINK_WORKS.0
    };
    let link = link(state, id, state.clock.now(), works).await?;
    let what = "made a link that sets a password".to_owned();
    note(state, viewer, &account.viewer, "user.link", what).await?;
    Ok((account, link))
}

async fn note(
    state: &AppState,
    viewer: &Viewer,
    person: &Viewer,
    action: &str,
    what: String,
) -> Result<(), AppError> {
    let object = format!("user:{}", person.id);
    let partner = person.partners.first().cloned();
    let deed = Deed::of(viewer, action, object, partner, what, state.clock.now());
    Ok(state.store.insert_deed(&deed).await?)
}

/// Refuses what would have left nobody who looks after accounts.
fn done(changed: AccountChanged) -> Result<(), AppError> {
    match changed {
        AccountChanged::Done => Ok(()),
        AccountChanged::Missing => Err(AppError::not_found("account")),
        AccountChanged::NobodyLeft => Err(AppError::conflict(
            "This is the last account that looks after accounts. Make another admin first.",
        )),
    }
}

/// Changes what an account is called, what it may do, and whose data it sees. It counts at once,
/// for accounts are read with every request.
pub async fn change(viewer: &Viewer, id: &UserId, wish: &PersonWish) -> Result<(), AppError> {
    let state = context::state()?;
    let before = find(&state, id).await?.viewer;
    let (name, role, partners) = understood(&state, wish).await?;
    let after = Viewer {
        name,
        role,
        partners,
        ..before.clone()
    };
    if after != before {
        done(state.store.update_user(&after).await?)?;
        let what = if told(&before) == told(&after) {
            format!("called them {}", after.name)
        } else {
            format!("made {} of what was {}", told(&after), told(&before))
        };
        note(&state, viewer, &after, "user.change", what).await?;
    }
    go(&format!("/access/{}", url_value(id.as_str())));
    Ok(())
}

/// Closes an account, with its sessions and links, or opens it again.
pub async fn close(viewer: &Viewer, id: &UserId, closed: bool) -> Result<(), AppError> {
    let state = context::state()?;
    let person = find(&state, id).await?.viewer;
    let now = state.clock.now();
    done(state.store.close_user(id, closed.then_some(now)).await?)?;
    let (action, what) = if closed {
        let ended = state.store.end_sessions(id).await?;
        state.store.drop_links(id).await?;
        let what = format!(
            "closed the account; {} ended",
            counted(ended, "session", "sessions")
        );
        ("user.close", what)
    } else {
        ("user.open", "opened the account again".to_owned())
    };
    note(&state, viewer, &person, action, what).await?;
    go(&format!("/access/{}", url_value(id.as_str())));
    Ok(())
}

/// Whose sessions are meant: one's own, or anybody's for those who look after accounts.
async fn whose(state: &AppState, viewer: &Viewer, id: &str) -> Result<(Viewer, String), AppError> {
    if viewer.guise.is_some() {
        return Err(AppError::Forbidden);
    }
    if id.is_empty() || id == viewer.id.as_str() {
        return Ok((viewer.clone(), "/account".to_owned()));
    }
    if !viewer.may(Right::ManageUsers) {
        return Err(AppError::not_found("session"));
    }
    let person = find(state, &UserId::new(id)).await?.viewer;
    Ok((person, format!("/access/{}", url_value(id))))
}

/// Ends one session.
pub async fn end_session(viewer: &Viewer, id: &str, handle: &str) -> Result<(), AppError> {
    let state = context::state()?;
    let (person, page) = whose(&state, viewer, id).await?;
    if !state.store.end_session(&person.id, handle).await? {
        return Err(AppError::not_found("session"));
    }
    let what = "ended a session".to_owned();
    note(&state, viewer, &person, "session.end", what).await?;
    go(&page);
    Ok(())
}

/// Ends every session, one's own with it.
pub async fn end_sessions(viewer: &Viewer, id: &str) -> Result<(), AppError> {
    let state = context::state()?;
    let (person, page) = whose(&state, viewer, id).await?;
    let ended = state.store.end_sessions(&person.id).await?;
    let what = format!("ended {}", counted(ended, "session", "sessions"));
    note(&state, viewer, &person, "session.end_all", what).await?;
    if person.id == viewer.id {
        auth::sign_out(&context::session()?).await?;
        go("/sign-in");
    } else {
        go(&page);
    }
    Ok(())
}

fn used_up() -> AppError {
    AppError::not_found("link")
}

/// Whose link this is.
pub async fn read_link(text: &str) -> Result<String, AppError> {
    let state = context::state()?;
    let hash = auth::link_hash(text);
    let user = state.store.find_link(&hash, state.clock.now()).await?;
    let account = match user {
        Some(user) => state.store.find_user(&user).await?,
        None => None,
    };
    let open = account.filter(|account| account.closed_at.is_none());
    open.map(|account| account.viewer.email).ok_or_else(used_up)
}

/// Sets a password by a link, which is used up with it; every session of the account ends.
pub async fn set_password(text: &str, password: &str) -> Result<(), AppError> {
    let state = context::state()?;
    let email = read_link(text).await?;
    let hashed = hashed(password).await?;
    let now = state.clock.now();
    let used = state.store.use_link(&auth::link_hash(text), now).await?;
    let id = used.ok_or_else(used_up)?;
    let person = find(&state, &id).await?.viewer;
    state.store.update_password(&person.email, &hashed).await?;
    state.store.end_sessions(&id).await?;
    let deed = deed(&person, "user.password", "set a password by a link", now);
    state.store.insert_deed(&deed).await?;
    go(&format!("/sign-in?set=1&email={}", url_value(&email)));
    Ok(())
}

/// The hash of a new password, if it will do.
async fn hashed(password: &str) -> Result<String, AppError> {
    let length = password.chars().count();
    if !(PASSWORD_MIN..=1000).contains(&length) {
        return Err(AppError::invalid(
            "password",
            format!("A password has at least {PASSWORD_MIN} characters; a sentence is a good one."),
        ));
    }
    auth::hash_password(password.to_owned())
        .await
        .map_err(context::internal)
}

/// Changes the caller's own password, which takes the one of now; every other session of theirs ends.
pub async fn change_password(viewer: &Viewer, current: &str, password: &str) -> Result<(), AppError> {
    if viewer.guise.is_some() {
        return Err(AppError::Forbidden);
    }
    let (state, session) = (context::state()?, context::session()?);
    let now = state.clock.now();
    let hashed = hashed(password).await?;
    let origin = context::origin();
    match auth::confirm(&state.store, &origin, viewer, current.to_owned(), now).await? {
        SignedIn::As(_) => {}
        SignedIn::No => {
            return Err(AppError::invalid(
                "current",
                "This is not the password you sign in with.",
            ));
        }
        SignedIn::Wait { left, closed } => return Err(wait(&state, left, closed, now).await?),
    }
    let others = state
        .store
        .list_sessions(&viewer.id, now)
        .await?
        .len()
        .saturating_sub(1);
    state.store.update_password(&viewer.email, &hashed).await?;
    state.store.end_sessions(&viewer.id).await?;
    auth::outlast(&state.store, &session, &viewer.id).await?;
    let others = counted(others as u64, "other session", "other sessions");
    let what = format!("changed the password; {others} ended");
    state
        .store
        .insert_deed(&deed(viewer, "user.password", &what, now))
        .await?;
    go("/account?changed=1");
    Ok(())
}
