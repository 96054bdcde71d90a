//! Tells open pages that something of theirs has come.
//!
//! One task per process follows the turns of the rollups, by when the figures have moved too,
//! and hands on whose entries each turn brought. Nothing but that goes out: a page that is told
//! asks for itself again, with its own rights.

use super::context::AppState;
use super::store::Error;
use crate::domain::account::Scope;
use crate::domain::ids::PartnerId;
use futures::Stream;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

/// Turns that a slow listener may be behind; beyond that it is told once for all it missed.
const BEHIND: usize = 64;
/// Pause before watching anew after an error.
const PAUSE: Duration = Duration::from_secs(1);

/// Whose entries a turn brought; none when that is not known, and it may be anybody's.
type Touched = Option<Arc<BTreeSet<PartnerId>>>;

/// Hands news on to those who listen. Clones are the same.
#[derive(Debug, Clone)]
pub struct Live {
    sender: broadcast::Sender<Touched>,
    closing: CancellationToken,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            sender: broadcast::Sender::new(BEHIND),
            closing: CancellationToken::new(),
        }
    }
}

impl Live {
    /// Follows the rollups until [`Self::close`].
    pub async fn follow(&self, state: &AppState) {
        while !self.closing.is_cancelled() {
            let followed = tokio::select! {
                () = self.closing.cancelled() => return,
                followed = self.while_it_lasts(state) => followed,
            };
            if let Err(error) = followed {
                tracing::warn!("open pages are not told of what comes, it will be tried again: {error}");
            }
            tokio::select! {
                () = self.closing.cancelled() => return,
                () = tokio::time::sleep(PAUSE) => {}
            }
            // What came meanwhile was not seen.
            state.answers.outdate();
            let _ = self.sender.send(None);
        }
    }

    async fn while_it_lasts(&self, state: &AppState) -> Result<(), Error> {
        let mut turns = state.store.watch_turns().await?;
        while let Some(touched) = turns.next().await? {
            state.answers.outdate();
            if self.sender.receiver_count() == 0 {
                continue;
            }
            // Many pages will ask at once; the first must not make them wait.
            state.figures.refresh(state.clock.now()).await?;
            let _ = self.sender.send(Some(Arc::new(touched)));
        }
        Ok(())
    }

    /// Ends following and every stream of news.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// A thing for each piece of news within the scope, until [`Self::close`].
    pub fn news(&self, scope: Scope) -> impl Stream<Item = ()> + Send + use<> {
        let listening = (self.sender.subscribe(), self.closing.clone(), scope);
        futures::stream::unfold(listening, async |(mut receiver, closing, scope)| {
            loop {
                let told = tokio::select! {
                    () = closing.cancelled() => return None,
                    told = receiver.recv() => told,
                };
                let is_theirs = match told {
                    Ok(Some(touched)) => touched.iter().any(|partner| scope.covers(partner)),
                    Ok(None) | Err(RecvError::Lagged(_)) => true,
                    Err(RecvError::Closed) => return None,
                };
                if is_theirs {
                    return Some(((), (receiver, closing, scope)));
                }
            }
        })
    }
}
