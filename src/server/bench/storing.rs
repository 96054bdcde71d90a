//! Measures taking a file in, beside inserting the same documents bare.

use super::Measured;
use crate::domain::feed::Feed;
use crate::domain::ids::{FeedId, PartnerId};
use crate::server::clock::Clock;
use crate::server::fresh;
use crate::server::pipeline::ingest::Ingest;
use crate::server::pipeline::judge;
use crate::server::pipeline::survey::survey;
use crate::server::store::{Encoded, Partner, Store};
use anyhow::Context;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Documents in one `insert_many` of the bare insert, and how many of them at once: the best
/// that were found.
const BATCH: usize = 5000;
const TASKS: usize = 4;

pub(super) fn feed() -> anyhow::Result<Feed> {
    let id = FeedId::of(&PartnerId::new("bench"), "main")?;
    Ok(Feed {
        currency: Some("EUR".to_owned()),
        ..Feed::new(id)
    })
}

/// The feed, which the database knows then.
pub(super) async fn known(store: &Store) -> anyhow::Result<Feed> {
    let feed = feed()?;
    store
        .insert_partner(&Partner {
            id: feed.id.partner(),
            name: "Bench".to_owned(),
            edits_off: false,
        })
        .await?;
    store.insert_feed(&feed).await?;
    Ok(feed)
}

/// `insert_many` of the items that the file makes; making them is not measured.
pub async fn bare_insert(store: &Store, path: &Path) -> anyhow::Result<Measured> {
    let (feed, now) = (feed()?, Clock::system().now());
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let delivery = fresh::delivery();
    let (terms, mut documents) = (feed.terms(), Encoded::default());
    survey(file, "bench.csv", &terms, now, &mut |raw, checked| {
        if !checked.is_held() {
            documents.push(&feed.id, &delivery, now, &judge::passed(raw, checked));
        }
        Ok(())
    })?;
    let begun = Instant::now();
    store.insert_bare(&documents, BATCH, TASKS).await?;
    Ok(Measured::since(begun, documents.len() as u64))
}

/// Writes the file again with another last value in one of every `one_in` records: what a shop
/// sends the next day. A generated feed has no line breaks within its values.
pub fn change(path: &Path, changed: &Path, one_in: usize) -> anyhow::Result<()> {
    let lines = BufReader::new(File::open(path)?).split(b'\n');
    let mut out = BufWriter::new(File::create(changed)?);
    for (index, line) in lines.enumerate() {
        let line = line?;
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        out.write_all(line)?;
        // The header is no record.
        if index > 0 && index.is_multiple_of(one_in) {
            out.write_all(b" again")?;
        }
        out.write_all(b"\r\n")?;
    }
    Ok(out.flush()?)
}

/// The real ingest, end to end: survey, lease, apply, decide.
pub async fn ingest(store: &Store, path: &Path) -> anyhow::Result<Measured> {
    let feed = known(store).await?;
    let ingest = Ingest {
        store: store.clone(),
        clock: Clock::system(),
        patience: Duration::from_secs(30),
        taxonomy: None,
    };
    let begun = Instant::now();
    let done = ingest.run(&feed, path, "bench.csv").await?;
    Ok(Measured::since(begun, done.report.records.received))
}
