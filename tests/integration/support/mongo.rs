//! Lends every test its own database on the one MongoDB that a test run starts.
//!
//! To make a database with all of its collections and indexes takes the server a second or so, and
//! one more open file each: what a test has done with is emptied and lent to another.
//!
//! The server starts with the first test that asks for it, on a directory in memory where the
//! system has one, and is gone with the test process however that ends. A server that is
//! already running is used instead when `FEEDGATE_TEST_MONGODB_URI` names it.

use feedgate::server::embedded::{Embedded, Options};
use mongodb::bson::{Document, doc};
use mongodb::{Client, Database};
use std::collections::VecDeque;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a database lies before it is lent again: what its last test had sent off and did not
/// wait for has come to an end.
const RESTS: Duration = Duration::from_secs(2);
/// Documents that are emptied out; a database with more is left as it is.
const FEW: u64 = 3_000;

/// The name of a database that nobody else uses while this is there.
#[derive(Debug)]
pub struct Lent {
    name: String,
    is_handed_on: bool,
}

/// The databases that were given back, and when; the oldest first.
fn given_back() -> MutexGuard<'static, VecDeque<(Instant, String)>> {
    static BACK: Mutex<VecDeque<(Instant, String)>> = Mutex::new(VecDeque::new());
    BACK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lends a database of [`uri`]: empty, perhaps with collections and indexes of another test's.
pub async fn lend() -> Lent {
    let rested = |(at, _): &mut (Instant, String)| at.elapsed() >= RESTS;
    loop {
        let found = given_back().pop_front_if(rested);
        let name = match found {
            None => new_database(),
            Some((_, name)) => {
                let client = Client::with_uri_str(uri()).await.expect("a client");
                if !emptied(&client.database(&name)).await {
                    continue;
                }
                name
            }
        };
        return Lent {
            name,
            is_handed_on: true,
        };
    }
}

/// Empties a database, if that is quickly done.
async fn emptied(database: &Database) -> bool {
    let names = database.list_collection_names().await.expect("its collections");
    let mut filled = Vec::new();
    for name in names.into_iter().filter(|name| !name.starts_with("system.")) {
        #[expect(
            clippy::disallowed_methods,
            reason = "it empties all that there is, whatever the store calls it"
        )]
        let collection = database.collection::<Document>(&name);
        let documents = collection.estimated_document_count().await.expect("a count");
        if documents > 0 {
            filled.push((collection, documents));
        }
    }
    if filled.iter().map(|(_, documents)| documents).sum::<u64>() > FEW {
        return false;
    }
    for (collection, _) in filled {
        collection.delete_many(doc! {}).await.expect("emptied");
        let forget = doc! {"planCacheClear": collection.name()};
        database.run_command(forget).await.expect("no plan is kept");
    }
    true
}

/// A database of a server that no other test uses.
pub fn own() -> Lent {
    Lent {
        name: new_database(),
        is_handed_on: false,
    }
}

impl Deref for Lent {
    type Target = str;

    fn deref(&self) -> &str {
        &self.name
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // What a test that failed leaves behind is for whoever looks for the reason.
        if self.is_handed_on && !std::thread::panicking() {
            given_back().push_back((Instant::now(), std::mem::take(&mut self.name)));
        }
    }
}

/// Where the run's MongoDB is to be reached.
pub fn uri() -> &'static str {
    static URI: OnceLock<String> = OnceLock::new();
    URI.get_or_init(|| environment("FEEDGATE_TEST_MONGODB_URI").unwrap_or_else(start))
}

/// A database name that no other test has, in this run or in another on the same server.
pub fn new_database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("test-{}-{number}", std::process::id())
}

/// The options for a private server in a test: the `mongod` that the Makefile found, little memory.
pub fn options() -> Options {
    let binary = environment("FEEDGATE_MONGOD").map(PathBuf::from);
    Options {
        binary,
        cache_gb: 0.5,
        ..Options::default()
    }
}

/// A directory for a server's files, in memory where the system has one.
pub fn directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    tempfile::Builder::new()
        .prefix("feedgate-test-")
        .tempdir_in(parent)
        .expect("a temporary directory")
}

/// Starts the server on a thread that never ends, so that it belongs to no single test.
fn start() -> String {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let directory = directory().keep();
            let server = Embedded::start(&directory, &options())
                .await
                .expect("a private mongod");
            remove_after_us(&directory, server.pid());
            send.send(server.uri().to_owned()).expect("somebody asked");
            std::future::pending::<()>().await;
        });
    });
    receive.recv().expect("a private mongod")
}

/// Leaves a shell behind that waits for the end of this process (the end of its input), then for
/// the end of the server, and removes the server's files.
fn remove_after_us(directory: &Path, server: u32) {
    let wait_and_remove = r#"
        read _
        tries=0
        while grep -q . "/proc/$2/cmdline" && [ $tries -lt 200 ]; do tries=$((tries + 1)); sleep 0.1; done
        rm -rf -- "$1""#;
    let shell = Command::new("sh")
        .args(["-c", wait_and_remove, "sh"])
        .arg(directory)
        .arg(server.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    // Our end of the pipe closes when we end, not before.
    std::mem::forget(shell);
}

fn environment(name: &str) -> Option<String> {
    std::env::var_os(name)
        .and_then(|value| value.into_string().ok())
        .filter(|value| !value.is_empty())
}
