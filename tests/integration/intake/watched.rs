//! Files that are laid into a watched folder.

use crate::support::app::App;
use crate::support::files::a_record;
use chrono::TimeDelta;
use feedgate::domain::account::Scope;
use feedgate::domain::query::DeliveryFilter;
use feedgate::server::worker::Watch;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// Seconds a file has to stand still.
const STILL: u32 = 10;

/// A folder with `acme/main/` in it.
fn folder() -> (TempDir, PathBuf) {
    let dir = crate::support::mongo::directory();
    let feed = dir.path().join("acme/main");
    std::fs::create_dir_all(&feed).expect("a folder");
    (dir, feed)
}

fn content(price: &str) -> Vec<u8> {
    let files = crate::support::files::Files::new();
    std::fs::read(files.csv("f.csv", &[a_record(1).with("price", price)])).expect("a file")
}

/// Writes a file as a program would that is still at it when it is looked at.
fn write_now(path: &Path, content: &[u8]) {
    std::fs::write(path, content).expect("written");
    let file = std::fs::File::options()
        .append(true)
        .open(path)
        .expect("the file");
    // Later than the test's clock, so that its age says nothing.
    let later = SystemTime::now() + Duration::from_hours(9600);
    file.set_modified(later).expect("a time");
}

fn names(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

async fn deliveries(app: &App) -> u64 {
    let all = DeliveryFilter::default();
    let list = app.store.list_deliveries(&Scope::All, &all, "", 1).await;
    list.expect("a list").total
}

async fn look(watch: &mut Watch, app: &App) {
    watch.look(&app.worker()).await.expect("a look");
}

#[tokio::test]
async fn a_file_is_taken_in_once_it_stands_still_and_put_away_with_its_verdict() {
    let app = App::start().await;
    app.partner("acme").await;
    let (dir, feed) = folder();
    let mut watch = Watch::new(dir.path().to_owned(), STILL);
    let file = feed.join("spring.csv");
    let whole = content("1.00 EUR");
    write_now(&file, &whole[..20]);
    look(&mut watch, &app).await;
    app.clock.advance(TimeDelta::seconds(8));
    write_now(&file, &whole);
    look(&mut watch, &app).await;
    app.clock.advance(TimeDelta::seconds(8));
    look(&mut watch, &app).await;
    assert_eq!(
        deliveries(&app).await,
        0,
        "it counts while it is still being written"
    );
    app.clock.advance(TimeDelta::seconds(2));
    look(&mut watch, &app).await;
    assert_eq!(deliveries(&app).await, 1);
    look(&mut watch, &app).await;
    assert!(
        names(&feed.join("done")).is_empty(),
        "it is put away before anybody read it"
    );
    app.work().await;
    look(&mut watch, &app).await;
    let done = names(&feed.join("done"));
    assert!(done.len() == 2 && done[0].ends_with("-spring.csv"), "{done:?}");
    assert_eq!(done[1], format!("{}.verdict.json", done[0]));
    assert_eq!(
        std::fs::read(feed.join("done").join(&done[0])).expect("the file"),
        whole
    );
    let said = std::fs::read(feed.join("done").join(&done[1])).expect("the verdict");
    let said: Value = serde_json::from_slice(&said).expect("JSON");
    assert_eq!(
        (&said["state"], &said["file"]["verdict"]),
        (&"decided".into(), &"accepted".into())
    );
    assert_eq!(said["records"]["accepted"], 1);
    assert!(names(&feed.join(".waiting")).is_empty());
    look(&mut watch, &app).await;
    assert_eq!(deliveries(&app).await, 1, "it is taken in again");
}

#[tokio::test]
async fn a_file_that_is_renamed_in_counts_at_the_second_look_and_a_hidden_or_unfinished_one_never() {
    let app = App::start().await;
    app.partner("acme").await;
    let (dir, feed) = folder();
    let mut watch = Watch::new(dir.path().to_owned(), STILL);
    for name in [".spring.csv", "spring.csv.part", "spring.csv.tmp"] {
        std::fs::write(feed.join(name), content("1.00 EUR")).expect("written");
    }
    for _ in 0..3 {
        look(&mut watch, &app).await;
        app.clock.advance(TimeDelta::minutes(1));
    }
    assert_eq!(deliveries(&app).await, 0);
    // Written long ago elsewhere, as the clock has it.
    std::fs::rename(feed.join("spring.csv.part"), feed.join("spring.csv")).expect("renamed");
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let file = std::fs::File::options()
        .append(true)
        .open(feed.join("spring.csv"))
        .expect("the file");
    file.set_modified(old).expect("a time");
    look(&mut watch, &app).await;
    look(&mut watch, &app).await;
    assert_eq!(deliveries(&app).await, 1);
}

#[tokio::test]
async fn what_is_refused_or_belongs_to_nobody_goes_to_failed_with_the_reason() {
    let app = App::start().await;
    app.partner("acme").await;
    let (dir, feed) = folder();
    let stray = dir.path().join("nobody/main");
    std::fs::create_dir_all(&stray).expect("a folder");
    let mut watch = Watch::new(dir.path().to_owned(), STILL);
    write_now(&feed.join("bad.csv.gz"), b"\x1f\x8bnot gzip at all");
    write_now(&feed.join("large.csv"), &vec![b'x'; 3_000_001]);
    write_now(&stray.join("a.csv"), &content("1.00 EUR"));
    look(&mut watch, &app).await;
    app.clock.advance(TimeDelta::seconds(10));
    look(&mut watch, &app).await;
    app.work().await;
    look(&mut watch, &app).await;
    let verdict = |dir: &Path, name: &str| {
        let all = names(&dir.join("failed"));
        let of = all.iter().find(|n| n.ends_with(&format!("{name}.verdict.json")));
        let said = std::fs::read(dir.join("failed").join(of.expect("a verdict"))).expect("a file");
        serde_json::from_slice::<Value>(&said).expect("JSON")
    };
    let bad = verdict(&feed, "bad.csv.gz");
    assert_eq!(bad["file"]["verdict"], "refused");
    assert!(bad["file"]["message"].is_string());
    let large = verdict(&feed, "large.csv");
    assert!(
        large["error"]
            .as_str()
            .is_some_and(|why| why.contains("larger than 3 MB")),
        "{large}"
    );
    let nobody = verdict(&stray, "a.csv");
    assert!(
        nobody["error"]
            .as_str()
            .is_some_and(|why| why.contains("no feed nobody/main")),
        "{nobody}"
    );
    assert!(names(&feed.join(".waiting")).is_empty() && names(&stray.join(".waiting")).is_empty());
}

#[tokio::test]
async fn of_several_workers_one_takes_a_file_and_one_that_died_takes_nothing_twice() {
    let app = App::start().await;
    app.partner("acme").await;
    let (dir, feed) = folder();
    let mut watches: Vec<Watch> = (0..4).map(|_| Watch::new(dir.path().to_owned(), STILL)).collect();
    for number in 0..6 {
        write_now(
            &feed.join(format!("{number}.csv")),
            &content(&format!("{number}.50 EUR")),
        );
    }
    for _ in 0..3 {
        let workers: Vec<_> = watches.iter().map(|_| app.worker()).collect();
        let looks = watches
            .iter_mut()
            .zip(&workers)
            .map(|(watch, worker)| watch.look(worker));
        for looked in futures::future::join_all(looks).await {
            looked.expect("a look");
        }
        app.clock.advance(TimeDelta::seconds(10));
    }
    assert_eq!(deliveries(&app).await, 6);
    // A worker that dies between claiming and taking in leaves this.
    let id = feedgate::server::fresh::delivery();
    write_now(
        &feed.join(format!(".waiting/{id}-late.csv")),
        &content("9.50 EUR"),
    );
    let mut other = Watch::new(dir.path().to_owned(), STILL);
    look(&mut other, &app).await;
    look(&mut other, &app).await;
    assert_eq!(deliveries(&app).await, 7);
    app.work().await;
    look(&mut other, &app).await;
    assert_eq!(
        names(&feed.join("done")).len(),
        14,
        "{:?}",
        names(&feed.join("failed"))
    );
}
