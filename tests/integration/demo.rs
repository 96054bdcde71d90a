//! The demo as somebody who tries it sees it: up, down, up again, and killed; and what lies in it.

use crate::support::app::App;
use crate::support::mongo::{directory, options};
use feedgate::domain::account::{Role, Scope};
use feedgate::domain::delivery::{Delivery, Status};
use feedgate::domain::query::DeliveryFilter;
use feedgate::server::demo::seed::Demo as Demonstrated;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A demo that has said that it is ready.
struct Demo {
    process: Child,
    welcome: String,
    port: u16,
}

impl Demo {
    fn start(data: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let mut process = feedgate(data)
            .args(["demo", "--small", "--listen", &format!("127.0.0.1:{port}")])
            .stdout(Stdio::piped())
            .spawn()
            .expect("feedgate");
        let mut welcome = String::new();
        for line in BufReader::new(process.stdout.take().expect("its output")).lines() {
            welcome += &line.expect("a line");
            welcome.push('\n');
            if welcome.contains("Ctrl-C") {
                break;
            }
        }
        assert!(welcome.contains("Ctrl-C"), "it ended early: {welcome}");
        Self {
            process,
            welcome,
            port,
        }
    }

    fn get(&self, path: &str) -> String {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        write!(
            connection,
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        )
        .expect("a request");
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// The lines with addresses and passwords.
    fn people(&self) -> Vec<&str> {
        self.welcome.lines().filter(|line| line.contains('@')).collect()
    }

    fn ensure_that_all_is_gone(&self, data: &Path) {
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() || a_process_names(data) {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "something is still running"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

/// The program, on its own database in `data`, whatever the environment says.
fn feedgate(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_feedgate"));
    command
        .env_remove("FEEDGATE_MONGODB_URI")
        .env("FEEDGATE_DATA_DIR", data)
        .env("FEEDGATE_LOG", "warn")
        .stderr(Stdio::null());
    if let Some(mongod) = options().binary {
        command.env("FEEDGATE_MONGOD", mongod);
    }
    command
}

/// Whether any process has this directory among its arguments.
fn a_process_names(directory: &Path) -> bool {
    let name = directory.as_os_str().as_encoded_bytes();
    let processes = std::fs::read_dir("/proc").expect("/proc");
    processes.filter_map(Result::ok).any(|process| {
        std::fs::read(process.path().join("cmdline"))
            .is_ok_and(|arguments| arguments.windows(name.len()).any(|part| part == name))
    })
}

fn send(signal: &str, process: &Child) {
    let status = Command::new("sh")
        .args(["-c", &format!("kill -{signal} {}", process.id())])
        .status();
    assert!(status.expect("a shell").success());
}

#[test]
fn the_demo_ends_cleanly_goes_on_where_it_was_and_can_be_killed() {
    let data = directory();
    let mut first = Demo::start(data.path());
    for role in ["admin", "staff", "manager", "partner"] {
        assert!(
            first.people().iter().any(|line| line.trim().starts_with(role)),
            "{}",
            first.welcome
        );
    }
    assert!(first.get("/readyz").starts_with("HTTP/1.1 200"));
    assert!(first.get("/sign-in").contains("Sign in"));
    send("TERM", &first.process);
    assert!(first.process.wait().expect("its end").success());
    first.ensure_that_all_is_gone(data.path());

    let doctor = feedgate(data.path()).arg("doctor").output().expect("feedgate");
    let said = String::from_utf8_lossy(&doctor.stdout);
    assert!(doctor.status.success() && said.contains("0 faults"), "{said}");

    let mut second = Demo::start(data.path());
    assert_eq!(second.people(), first.people());
    send("KILL", &second.process);
    second.process.wait().expect("its end");
    second.ensure_that_all_is_gone(data.path());

    let mut third = Demo::start(data.path());
    send("INT", &third.process);
    assert!(third.process.wait().expect("its end").success());
    third.ensure_that_all_is_gone(data.path());
}

#[tokio::test]
async fn one_file_of_the_demo_waits_for_a_decision_and_can_be_released() {
    let app = App::start().await;
    let data = directory();
    let demo = Demonstrated {
        ingest: app.ingest(),
        dir: data.path().to_owned(),
        small: true,
    };
    // A second start adds nothing.
    for _ in 0..2 {
        demo.sow().await.expect("a business");
    }
    let waiting = DeliveryFilter {
        status: Some(Status::Held),
        ..DeliveryFilter::default()
    };
    let held = app.store.list_deliveries(&Scope::All, &waiting, "", 10).await;
    let held: Vec<Delivery> = held.expect("a list").rows;
    let held: Vec<_> = held.iter().filter(|delivery| delivery.is_waiting()).collect();
    let [half] = held[..] else {
        panic!("{held:?}");
    };
    assert_eq!(
        (half.partner.as_str(), half.file.code.as_deref()),
        ("papeterie", Some("FILE_DROP"))
    );
    let staff = app.sign_in(Role::Staff, None).await;
    let page = staff.get(&format!("/deliveries/{}", half.id)).await;
    assert!(page.body.contains("value=\"release\""), "{}", page.body);
}
