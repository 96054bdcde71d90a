//! Keeps the accounts people sign in with.

use super::{Error, Result, Store, is_duplicate_key, transaction, when};
use crate::domain::account::{Role, Viewer};
use crate::domain::ids::{PartnerId, UserId};
use chrono::{DateTime, Utc};
use futures::TryStreamExt;
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use serde::{Deserialize, Serialize};

/// An account with what signing in needs.
#[derive(Debug, Clone)]
pub struct Account {
    /// The person.
    pub viewer: Viewer,
    /// argon2id hash in PHC form.
    pub password_hash: String,
    /// Raised whenever the password changes; sessions that carry an older one are over.
    pub generation: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was closed, if it is.
    pub closed_at: Option<DateTime<Utc>>,
}

impl Account {
    /// Whether its person has set a password and may sign in.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none() && !self.password_hash.is_empty()
    }
}

/// What came of changing an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is changed.
    Done,
    /// There is no such account.
    Missing,
    /// Nobody would have been left who looks after accounts; it is as it was.
    NobodyLeft,
}

#[derive(Serialize, Deserialize)]
struct UserDoc {
    #[serde(rename = "_id")]
    id: String,
    email: String,
    name: String,
    role: Role,
    partners: Vec<PartnerId>,
    password_hash: String,
    generation: i64,
    #[serde(with = "when")]
    created_at: DateTime<Utc>,
    #[serde(with = "when::option", default)]
    closed_at: Option<DateTime<Utc>>,
}

impl From<UserDoc> for Account {
    fn from(d: UserDoc) -> Self {
        Self {
            viewer: Viewer {
                id: UserId::new(d.id),
                email: d.email,
                name: d.name,
                role: d.role,
                partners: d.partners,
                guise: None,
            },
            password_hash: d.password_hash,
            generation: d.generation,
            created_at: d.created_at,
            closed_at: d.closed_at,
        }
    }
}

impl Store {
    /// Adds an account; `Conflict` when the address is taken.
    pub async fn insert_user(&self, account: &Account, now: DateTime<Utc>) -> Result<()> {
        let v = &account.viewer;
        let doc = UserDoc {
            id: v.id.to_string(),
            email: v.email.to_lowercase(),
            name: v.name.clone(),
            role: v.role,
            partners: v.partners.clone(),
            password_hash: account.password_hash.clone(),
            generation: account.generation,
            created_at: now,
            closed_at: None,
        };
        match self.collection::<UserDoc>("users").insert_one(doc).await {
            Err(error) if is_duplicate_key(&error) => Err(Error::Conflict {
                what: v.email.clone(),
            }),
            Err(error) => Err(error.into()),
            Ok(_) => Ok(()),
        }
    }

    /// Finds an account by the address it signs in with, upper or lower case.
    pub async fn find_user_by_email(&self, email: &str) -> Result<Option<Account>> {
        let query = doc! {"email": email.trim().to_lowercase()};
        Ok(self
            .collection::<UserDoc>("users")
            .find_one(query)
            .await?
            .map(Account::from))
    }

    /// Finds an account by its id.
    pub async fn find_user(&self, id: &UserId) -> Result<Option<Account>> {
        Ok(self
            .collection::<UserDoc>("users")
            .find_one(doc! {"_id": id.as_str()})
            .await?
            .map(Account::from))
    }

    /// Lists every account by address.
    pub async fn list_users(&self) -> Result<Vec<Account>> {
        let found: Vec<UserDoc> = self
            .collection("users")
            .find(doc! {})
            .sort(doc! {"email": 1})
            .await?
            .try_collect()
            .await?;
        Ok(found.into_iter().map(Account::from).collect())
    }

    /// Changes a password and ends every session of the account; false when there is none.
    pub async fn update_password(&self, email: &str, password_hash: &str) -> Result<bool> {
        let change = doc! {"$set": {"password_hash": password_hash}, "$inc": {"generation": 1_i64}};
        let done = self
            .collection::<UserDoc>("users")
            .update_one(doc! {"email": email.trim().to_lowercase()}, change)
            .await?;
        Ok(done.matched_count == 1)
    }

    /// Changes what an account is called, what it may do, and whose data it sees. Nothing is changed
    /// where nobody would be left who looks after accounts.
    pub async fn update_user(&self, viewer: &Viewer) -> Result<Changed> {
        let partners: Vec<&str> = viewer.partners.iter().map(PartnerId::as_str).collect();
        let change = doc! {
            "name": &viewer.name,
            "role": super::to_bson(&viewer.role)?,
            "partners": partners,
        };
        self.change_user(&viewer.id, change).await
    }

    /// Closes an account, or opens it again with `None`. The same holds.
    pub async fn close_user(&self, id: &UserId, closed_at: Option<DateTime<Utc>>) -> Result<Changed> {
        self.change_user(id, doc! {"closed_at": closed_at.map(when::bson)})
            .await
    }

    async fn change_user(&self, id: &UserId, change: Document) -> Result<Changed> {
        let mut session = self.client.start_session().await?;
        let mut tries = transaction::Tries::default();
        while tries.another().await {
            session.start_transaction().await?;
            let changed = self.change_user_in(&mut session, id, change.clone()).await;
            if let Ok(Changed::NobodyLeft) = changed {
                session.abort_transaction().await?;
                return Ok(Changed::NobodyLeft);
            }
            if let Some(changed) = transaction::end(&mut session, changed).await? {
                return Ok(changed);
            }
        }
        Err(Error::Conflict {
            what: format!("account {id}"),
        })
    }

    async fn change_user_in(
        &self,
        session: &mut ClientSession,
        id: &UserId,
        change: Document,
    ) -> Result<Changed> {
        let users = self.collection::<UserDoc>("users");
        let admins =
            doc! {"role": super::to_bson(&Role::Admin)?, "closed_at": null, "password_hash": {"$ne": ""}};
        // Each change writes to all of them, so that of two at once the later one sees the earlier.
        let before = users
            .update_many(admins.clone(), doc! {"$inc": {"turn": 1_i64}})
            .session(&mut *session)
            .await?
            .matched_count;
        let done = users
            .update_one(doc! {"_id": id.as_str()}, doc! {"$set": change})
            .session(&mut *session)
            .await?;
        let left = users.count_documents(admins).session(&mut *session).await?;
        Ok(match (done.matched_count, before > 0 && left == 0) {
            (0, _) => Changed::Missing,
            (_, true) => Changed::NobodyLeft,
            _ => Changed::Done,
        })
    }
}
