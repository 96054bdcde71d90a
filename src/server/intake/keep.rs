//! Keeps a file that was read from a disk, so that what is held of it can be released without it
//! being sent again.

use crate::domain::ids::{DeliveryId, FeedId};
use crate::server::clock::Clock;
use crate::server::store::Store;
use anyhow::Context;
use std::path::Path;
use tokio::io::AsyncReadExt;

/// Bytes read at once.
const PIECE: usize = 256 * 1024;

/// Keeps the file at `path` under its delivery, whose SHA-256 it must have.
pub async fn keep(
    store: &Store,
    clock: &Clock,
    delivery: (&DeliveryId, &FeedId),
    name: &str,
    sha256: &str,
    path: &Path,
) -> anyhow::Result<()> {
    let (id, feed) = delivery;
    let mut file = tokio::fs::File::open(path)
        .await
        .with_context(|| format!("opening {}", path.display()))?;
    let mut receiving = store.begin_file(id, feed, name, clock.now()).await?;
    let mut piece = vec![0; PIECE];
    loop {
        let read = file.read(&mut piece).await?;
        if read == 0 {
            break;
        }
        receiving.write(&piece[..read], clock.now()).await?;
    }
    let ended = receiving.end(clock.now()).await?;
    // Dropped without being kept, it is removed again.
    anyhow::ensure!(
        ended.file().sha256 == sha256,
        "{} has changed since it was read",
        path.display()
    );
    store.keep_file(ended).await?;
    Ok(())
}
