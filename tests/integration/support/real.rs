//! Finds the folder of real feeds, where there is one: they are nobody's to pass on, so a test
//! that wants them says that it is skipped where they are absent.

use std::path::PathBuf;

/// The folder of real feeds; says so on standard error where there is none.
pub fn folder() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/feeds");
    #[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
    let folder = std::env::var("FEEDGATE_REAL_FEEDS").map_or_else(|_| beside(), PathBuf::from);
    let found = folder.is_dir();
    if !found {
        eprintln!(
            "skipped: there is no folder of real feeds at {}",
            folder.display()
        );
    }
    found.then_some(folder)
}

/// The earlier versions of one feed, the oldest first.
pub fn history(feed: &str) -> Option<Vec<PathBuf>> {
    let folder = folder()?.join(feed).join("history");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {feed} has no history there");
        return None;
    };
    // Their names begin with their times.
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.sort();
    Some(files)
}
