//! Lends every test its own database on the one MongoDB that a test run starts.
//!
//! The server starts with the first test that asks for it, on a directory in memory where the
//! system has one, and is gone with the test process however that ends. A server that is
//! already running is used instead when `FEEDGATE_TEST_MONGODB_URI` names it.

use feedgate::server::embedded::{Embedded, Options};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

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
