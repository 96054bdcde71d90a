//! Starts workers as processes, which a test may kill.

use super::app::App;
use super::mongo;
use std::process::{Child, Command, Stdio};

/// A process that works; killed when dropped.
pub struct Worker(Child);

impl Worker {
    /// On the app's database, giving up others that are silent for a second.
    pub fn start(app: &App) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_feedgate"))
            .args(["worker", "--follower-silence", "1", "--mongodb-uri", mongo::uri()])
            .args(["--database", &app.database])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a worker");
        Self(child)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
