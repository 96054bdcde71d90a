//! Knows the built site: which build it is, so that a browser may keep its files for good.
//!
//! The address of a built file has a hash of all of them in it (`/pkg/HASH/…`). Another build has
//! other addresses, and a page always names the files that were built with it. The same files
//! without the hash are for pages that stand on their own, and are asked after each time.

use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// Where the built files lie in the site.
pub const PKG: &str = "pkg";

/// The folder that pages name the built files in: `pkg/HASH`, or `pkg` where nothing is built.
pub fn folder(site: &Path) -> String {
    match hash(&site.join(PKG)) {
        Some(hash) => format!("{PKG}/{hash}"),
        None => PKG.to_owned(),
    }
}

/// A hash of every file in a folder; none when there is none.
fn hash(folder: &Path) -> Option<String> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let mut hash = Sha256::new();
    for path in &files {
        let content = std::fs::read(path).ok()?;
        hash.update(path.file_name()?.as_encoded_bytes());
        hash.update(content.len().to_le_bytes());
        hash.update(content);
    }
    let digest = hash.finalize();
    (!files.is_empty()).then(|| {
        digest
            .iter()
            .take(8)
            .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_build_has_another_address_and_the_same_one_the_same() {
        let site = tempfile::tempdir().expect("a folder");
        assert_eq!(folder(site.path()), "pkg", "nothing is built");
        let pkg = site.path().join(PKG);
        std::fs::create_dir(&pkg).expect("a folder");
        assert_eq!(folder(site.path()), "pkg", "still nothing");
        std::fs::write(pkg.join("feedgate.js"), "one").expect("a file");
        let one = folder(site.path());
        assert_eq!(one.len(), "pkg/".len() + 16);
        assert_eq!(folder(site.path()), one);
        std::fs::write(pkg.join("feedgate.js"), "two").expect("a file");
        assert_ne!(folder(site.path()), one);
    }
}
