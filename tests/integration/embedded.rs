//! The private mongod, as two terminals, a crash and a forgetful system see it.

use crate::support::mongo::{self, directory, options};
use feedgate::server::embedded::{Embedded, Options};
use mongodb::Client;
use mongodb::bson::{Document, doc};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Names the data directory for [`owner_in_another_process`].
const OWNER_OF: &str = "FEEDGATE_TEST_OWNER_OF";

async fn write_one(uri: &str) {
    let client = Client::with_uri_str(uri).await.expect("a client");
    let things = client.database("test").collection_of("things");
    let mut session = client.start_session().await.expect("a session");
    session.start_transaction().await.expect("a transaction");
    things
        .insert_one(doc! {})
        .session(&mut session)
        .await
        .expect("an insert");
    session.commit_transaction().await.expect("a commit");
}

async fn count(uri: &str) -> u64 {
    let client = Client::with_uri_str(uri).await.expect("a client");
    client
        .database("test")
        .collection_of("things")
        .count_documents(doc! {})
        .await
        .expect("a count")
}

/// Opens collections for tests that are not about what the store keeps in them.
trait AnyCollection {
    fn collection_of(&self, name: &str) -> mongodb::Collection<Document>;
}

impl AnyCollection for mongodb::Database {
    #[expect(
        clippy::disallowed_methods,
        reason = "this test is about the server, not about the store"
    )]
    fn collection_of(&self, name: &str) -> mongodb::Collection<Document> {
        self.collection(name)
    }
}

fn is_running(pid: u32) -> bool {
    // A process that has ended but was not waited for has no arguments any more.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|arguments| !arguments.is_empty())
}

fn wait_until_gone(pid: u32) {
    let start = Instant::now();
    while is_running(pid) {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "process {pid} is still there"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn tests_share_a_server_but_no_database() {
    write_one(mongo::uri()).await;
    assert_eq!(count(mongo::uri()).await, 1);
    assert_ne!(mongo::new_database(), mongo::new_database());
}

#[tokio::test]
async fn a_server_keeps_what_was_written_and_its_address_over_a_restart() {
    let dir = directory();
    let first = Embedded::start(dir.path(), &options()).await.expect("starts");
    write_one(first.uri()).await;
    let (uri, pid) = (first.uri().to_owned(), first.pid());
    first.stop().await;
    assert!(!is_running(pid), "stop waits for the end");

    let second = Embedded::start(dir.path(), &options())
        .await
        .expect("starts again");
    assert_eq!(second.uri(), uri);
    assert_eq!(count(second.uri()).await, 1);
    second.stop().await;
}

#[tokio::test]
async fn a_server_moves_when_its_port_was_taken_meanwhile() {
    let dir = directory();
    let first = Embedded::start(dir.path(), &options()).await.expect("starts");
    write_one(first.uri()).await;
    let uri = first.uri().to_owned();
    first.stop().await;

    let port: u16 = uri
        .split([':', '/'])
        .nth(4)
        .and_then(|port| port.parse().ok())
        .expect("a port");
    let squatter = std::net::TcpListener::bind(("127.0.0.1", port)).expect("the port is free");
    // It hangs up on whoever calls.
    std::thread::spawn(move || squatter.incoming().for_each(drop));
    let second = Embedded::start(dir.path(), &options())
        .await
        .expect("starts elsewhere");
    assert_ne!(second.uri(), uri);
    write_one(second.uri()).await;
    assert_eq!(count(second.uri()).await, 2);
    second.stop().await;
}

#[tokio::test]
async fn a_second_process_shares_the_server_and_inherits_it() {
    let dir = directory();
    let owner = Embedded::start(dir.path(), &options()).await.expect("starts");
    let guest = Embedded::start(dir.path(), &options()).await.expect("finds it");
    let visitor = Embedded::start(dir.path(), &options()).await.expect("finds it");
    assert!(!owner.is_shared() && guest.is_shared());
    assert_eq!((guest.uri(), guest.pid()), (owner.uri(), owner.pid()));

    visitor.stop().await;
    write_one(owner.uri()).await;
    let (uri, pid) = (guest.uri().to_owned(), owner.pid());
    owner.stop().await;
    assert!(!is_running(pid));
    assert_eq!(
        count(&uri).await,
        1,
        "the guest has started a server at the same address"
    );
    guest.stop().await;
}

#[tokio::test]
async fn a_server_that_dies_is_started_again() {
    let dir = directory();
    let server = Embedded::start(dir.path(), &options()).await.expect("starts");
    write_one(server.uri()).await;
    Command::new("sh")
        .args(["-c", &format!("kill -9 {}", server.pid())])
        .status()
        .expect("a shell");
    wait_until_gone(server.pid());
    assert_eq!(count(server.uri()).await, 1);
    server.stop().await;
}

#[tokio::test]
async fn a_killed_owner_leaves_nothing_that_blocks_the_next_start() {
    let dir = directory();
    let mut owner = Command::new(std::env::current_exe().expect("this test's program"))
        .args([
            "--exact",
            "embedded::owner_in_another_process",
            "--ignored",
            "--nocapture",
        ])
        .env(OWNER_OF, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("another process");
    let lines = BufReader::new(owner.stdout.take().expect("its output")).lines();
    let pid: u32 = lines
        .map(|line| line.expect("a line"))
        .find_map(|line| line.strip_prefix("mongod ")?.parse().ok())
        .expect("the server's process id");

    owner.kill().expect("kill -9");
    owner.wait().expect("its end");
    let server = Embedded::start(dir.path(), &options())
        .await
        .expect("starts at once");
    assert_ne!(server.pid(), pid);
    assert!(!is_running(pid), "the first server ended with its owner");
    assert_eq!(count(server.uri()).await, 1);
    server.stop().await;
}

#[tokio::test]
#[ignore = "the other process of the test above"]
async fn owner_in_another_process() {
    let Some(dir) = std::env::var_os(OWNER_OF) else {
        return;
    };
    let server = Embedded::start(Path::new(&dir), &options())
        .await
        .expect("starts");
    write_one(server.uri()).await;
    println!("\nmongod {}", server.pid());
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_server_that_nobody_owns_is_ended_before_the_next_start() {
    let dir = directory();
    Embedded::start(dir.path(), &options())
        .await
        .expect("starts")
        .stop()
        .await;
    let root = dir.path().canonicalize().expect("a path").join("mongod");
    let program = options().binary.unwrap_or_else(|| PathBuf::from(".tools/mongod"));
    let status = Command::new(program)
        .args([
            "--fork",
            "--bind_ip",
            "127.0.0.1",
            "--nounixsocket",
            "--replSet",
            "feedgate",
        ])
        .args(["--port", "0"])
        .arg("--dbpath")
        .arg(root.join("db"))
        .arg("--logpath")
        .arg(root.join("orphan.log"))
        .stdout(Stdio::null())
        .status()
        .expect("mongod");
    assert!(status.success());
    let orphan = std::fs::read_to_string(root.join("db/mongod.lock")).expect("its lock");
    let orphan: u32 = orphan.trim().parse().expect("a process id");
    assert!(is_running(orphan));

    let server = Embedded::start(dir.path(), &options()).await.expect("starts");
    assert!(!is_running(orphan));
    server.stop().await;
}

#[tokio::test]
async fn a_missing_mongod_is_explained() {
    let dir = directory();
    let missing = Options {
        binary: Some(PathBuf::from("/nowhere/mongod")),
        ..Options::default()
    };
    let said = Embedded::start(dir.path(), &missing)
        .await
        .expect_err("nothing to run")
        .to_string();
    for part in ["/nowhere/mongod", "make tools", "FEEDGATE_MONGODB_URI"] {
        assert!(said.contains(part), "{said}");
    }
}

#[tokio::test]
async fn files_that_are_no_database_are_explained() {
    let dir = directory();
    std::fs::create_dir_all(dir.path().join("mongod/db")).expect("a directory");
    std::fs::write(dir.path().join("mongod/db/storage.bson"), "not a database").expect("a file");
    let said = Embedded::start(dir.path(), &options())
        .await
        .expect_err("nothing to open")
        .to_string();
    assert!(
        said.starts_with("mongod ended while starting") && said.contains("mongod.log"),
        "{said}"
    );
}
