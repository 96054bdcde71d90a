//! Makes a fresh `mongod` the only member of a replica set, and waits until it can be written to.
//!
//! Transactions and change streams need a replica set. This is the one place beside `store`
//! that names `mongodb`: it speaks to the server before there is a database to store anything in.

use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::{Client, Database};
use std::time::Duration;
use tokio::time::sleep;

/// The name of the private replica set.
pub const NAME: &str = "feedgate";

const LOOK_AGAIN: Duration = Duration::from_millis(50);
const NOT_YET_INITIALIZED: i32 = 94;
const ALREADY_INITIALIZED: i32 = 23;

/// Waits for the server at `uri` to answer, sets the replica set up if it is new or has moved to
/// another port, and returns once it is a writable primary. Sets no limit to the waiting.
pub async fn until_primary(uri: &str, port: u16) -> Result<(), Error> {
    let client = connect(uri).await?;
    let admin = client.database("admin");
    // Not listening yet; or the server hung up on everybody, as it does when a set changes.
    while let Err(error) = set_up(&admin, &format!("127.0.0.1:{port}")).await {
        if !matches!(
            error.kind.as_ref(),
            ErrorKind::ServerSelection { .. } | ErrorKind::Io(_)
        ) {
            return Err(error);
        }
        sleep(LOOK_AGAIN).await;
    }
    while !says_primary(&admin).await {
        sleep(LOOK_AGAIN).await;
    }
    client.shutdown().immediate(true).await;
    Ok(())
}

/// Whether the server at `uri` answers, and as a writable primary.
pub async fn is_primary(uri: &str) -> bool {
    let Ok(client) = connect(uri).await else {
        return false;
    };
    let primary = says_primary(&client.database("admin")).await;
    client.shutdown().immediate(true).await;
    primary
}

async fn connect(uri: &str) -> Result<Client, Error> {
    Client::with_uri_str(format!("{uri}&serverSelectionTimeoutMS=500&connectTimeoutMS=500")).await
}

async fn says_primary(admin: &Database) -> bool {
    let hello = admin.run_command(doc! { "hello": 1 }).await;
    hello.is_ok_and(|hello| hello.get_bool("isWritablePrimary").unwrap_or(false))
}

/// Gives the replica set its one member, `host`. A set that was made on another port is told of
/// its new address: by force, for there is nobody left in it to agree.
async fn set_up(admin: &Database, host: &str) -> Result<(), Error> {
    let config = match admin.run_command(doc! { "replSetGetConfig": 1 }).await {
        Ok(answer) => answer.get_document("config").cloned().unwrap_or_default(),
        Err(error) if code(&error) == Some(NOT_YET_INITIALIZED) => Document::new(),
        Err(error) => return Err(error),
    };
    let member = config
        .get_array("members")
        .ok()
        .and_then(|members| members.first()?.as_document());
    let command = match member {
        None => doc! { "replSetInitiate": { "_id": NAME, "members": [{ "_id": 0, "host": host }] } },
        Some(member) if member.get_str("host").is_ok_and(|known| known == host) => return Ok(()),
        Some(member) => {
            let (mut config, mut member) = (config.clone(), member.clone());
            member.insert("host", host);
            config.insert("version", config.get_i32("version").unwrap_or(1) + 1);
            config.insert("members", [member].as_slice());
            doc! { "replSetReconfig": config, "force": true }
        }
    };
    match admin.run_command(command).await {
        // A set that existed was still being read when we asked for its configuration.
        Err(error) if code(&error) == Some(ALREADY_INITIALIZED) => Box::pin(set_up(admin, host)).await,
        answer => answer.map(drop),
    }
}

fn code(error: &Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(error) => Some(error.code),
        _ => None,
    }
}
