//! Answers for those who look after accounts, and for everybody about their own.

use crate::domain::account::Role;
use crate::domain::ids::{FeedId, PartnerId, UserId};
use crate::error::AppError;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Whether somebody can sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// They can.
    Open,
    /// They have not set a password yet.
    Invited,
    /// An admin has closed the account.
    Closed,
}

impl Standing {
    /// The word for it on pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Invited => "invited",
            Self::Closed => "closed",
        }
    }
}

/// One account in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRow {
    /// Its id.
    pub id: UserId,
    /// What they sign in with.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// What they are to us.
    pub role: Role,
    /// The partners they are limited to.
    pub partners: Vec<PartnerId>,
    /// Whether they can sign in.
    pub standing: Standing,
    /// Sessions that have not ended.
    pub sessions: u64,
    /// When one of these was last used.
    pub seen: Option<DateTime<Utc>>,
}

/// A partner, as those who look after accounts see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerAccess {
    /// Its slug.
    pub id: PartnerId,
    /// What it is called.
    pub name: String,
    /// Its feeds, by name.
    pub feeds: Vec<FeedId>,
    /// Whether nobody may change what is in its held records.
    pub edits_off: bool,
}

/// Everything the page of accounts shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessView {
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// Every account, by address.
    pub people: Vec<PersonRow>,
    /// Every partner, by name.
    pub partners: Vec<PartnerAccess>,
}

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// What it is named by.
    pub handle: String,
    /// Whether it is the reader's own, the one this page is asked for with.
    pub is_this: bool,
    /// When it began.
    pub since: DateTime<Utc>,
    /// When it was last used.
    pub seen: DateTime<Utc>,
    /// What the browser calls itself.
    pub agent: String,
    /// The address it began from.
    pub address: String,
}

/// Something that was done with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: String,
    /// What, in a sentence without its subject.
    pub what: String,
}

/// Everything the page of one account shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonView {
    /// When this was read.
    pub as_of: DateTime<Utc>,
    /// The account.
    pub person: PersonRow,
    /// Whether it is the reader's own.
    pub is_own: bool,
    /// Its sessions, the one last used first.
    pub sessions: Vec<SessionRow>,
    /// What was done with it, the newest first.
    pub history: Vec<AccountEvent>,
    /// Every partner: slug and name; for those who may change the account.
    pub partners: Vec<(PartnerId, String)>,
}

/// An account as somebody wants it, as forms send it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonWish {
    /// What they sign in with; of an account that is there it stays.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// What they are to us.
    pub role: String,
    /// The partners they are limited to: slugs, with spaces or commas between them.
    pub partners: String,
}

/// A feed as somebody wants it, as forms send it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedWish {
    /// Whose it is: the slug of a partner, new or there.
    pub partner: String,
    /// What a partner that is new is called; its slug when empty.
    pub name: String,
    /// The feed's own slug.
    pub feed: String,
    /// The ISO 4217 code of its prices; any when empty.
    pub currency: String,
    /// Hours between two files; not known when empty.
    pub every_hours: String,
    /// What its files are: whole `catalogues` or `changes` that the partner sends, or an `export`.
    pub files: String,
}

/// Reads the list of accounts.
#[server(endpoint = "list_people")]
pub async fn list_people() -> Result<AccessView, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            context::viewer(Right::ManageUsers).await?;
            desk::access::list().await
        }
        .await,
    )
}

/// Lets the held records of a partner be edited (`on`), or not (`off`).
#[server(endpoint = "set_edits")]
pub async fn set_edits(partner: String, edits: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ManageUsers).await?;
            desk::access::partners::set_edits(&viewer, &PartnerId::new(partner), &edits).await
        }
        .await,
    )
}

/// Adds a feed, and its partner where that is new.
#[server(endpoint = "add_feed")]
pub async fn add_feed(wish: FeedWish) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    use leptos::server_fn::ServerFn;
    let result = async {
        let viewer = context::viewer(Right::ManageUsers).await?;
        desk::access::partners::add_feed(&viewer, &wish).await
    }
    .await;
    let typed = [
        ("partner", &*wish.partner),
        ("name", &*wish.name),
        ("feed", &*wish.feed),
        ("currency", &*wish.currency),
        ("every_hours", &*wish.every_hours),
        ("files", &*wish.files),
    ];
    context::reply_to_form(AddFeed::PATH, "/access", typed, result)
}

/// Calls a partner something else.
#[server(endpoint = "rename_partner")]
pub async fn rename_partner(partner: String, name: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    use leptos::server_fn::ServerFn;
    let result = async {
        let viewer = context::viewer(Right::ManageUsers).await?;
        desk::access::partners::rename(&viewer, &PartnerId::new(partner), &name).await
    }
    .await;
    context::reply_to_form(RenamePartner::PATH, "/access", [], result)
}

/// Reads the page of one account.
#[server(endpoint = "read_person")]
pub async fn read_person(id: String) -> Result<PersonView, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ManageUsers).await?;
            desk::access::read(&viewer, &UserId::new(id)).await
        }
        .await,
    )
}

/// Reads the reader's own account.
#[server(endpoint = "read_account")]
pub async fn read_account() -> Result<PersonView, AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::access::read(&viewer, &viewer.id).await
        }
        .await,
    )
}

/// Changes what an account is called, what it may do, and whose data it sees.
#[server(endpoint = "change_person")]
pub async fn change_person(id: String, wish: PersonWish) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    use leptos::server_fn::ServerFn;
    let id = UserId::new(id);
    let result = async {
        let viewer = context::viewer(Right::ManageUsers).await?;
        desk::access::change(&viewer, &id, &wish).await
    }
    .await;
    let typed = [
        ("name", &*wish.name),
        ("role", &*wish.role),
        ("partners", &*wish.partners),
    ];
    context::reply_to_form(ChangePerson::PATH, &format!("/access/{id}"), typed, result)
}

/// Closes an account and ends its sessions, or opens it again.
#[server(endpoint = "close_person")]
pub async fn close_person(id: String, #[server(default)] open: bool) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ManageUsers).await?;
            desk::access::close(&viewer, &UserId::new(id), !open).await
        }
        .await,
    )
}

/// Ends one session: the reader's own, or for those who look after accounts anybody's.
#[server(endpoint = "end_session")]
pub async fn end_session(handle: String, #[server(default)] id: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::access::end_session(&viewer, &id, &handle).await
        }
        .await,
    )
}

/// Ends every session: the reader's own, or for those who look after accounts anybody's.
#[server(endpoint = "end_sessions")]
pub async fn end_sessions(#[server(default)] id: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    context::reply(
        async {
            let viewer = context::viewer(Right::ViewReports).await?;
            desk::access::end_sessions(&viewer, &id).await
        }
        .await,
    )
}

/// Whose link this is, and so whose password is set by it: the address.
#[server(endpoint = "read_link")]
pub async fn read_link(link: String) -> Result<String, AppError> {
    use crate::server::{context, desk};
    context::reply(desk::access::read_link(&link).await)
}

/// Sets the password of the account that the link is for, once.
#[server(endpoint = "set_password")]
pub async fn set_password(link: String, password: String) -> Result<(), AppError> {
    use crate::server::{context, desk};
    use leptos::server_fn::ServerFn;
    let result = desk::access::set_password(&link, &password).await;
    context::reply_to_form(SetPassword::PATH, &format!("/password/{link}"), [], result)
}

/// Changes the caller's own password; `current` is the one of now.
#[server(endpoint = "change_password")]
pub async fn change_password(current: String, password: String) -> Result<(), AppError> {
    use crate::domain::account::Right;
    use crate::server::{context, desk};
    use leptos::server_fn::ServerFn;
    let result = async {
        let viewer = context::viewer(Right::ViewReports).await?;
        desk::access::change_password(&viewer, &current, &password).await
    }
    .await;
    context::reply_to_form(ChangePassword::PATH, "/account", [], result)
}
