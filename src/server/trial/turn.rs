//! Shares the cores that check files: a turn is as many as nobody else has, and is left while there is
//! nothing to check.

use std::num::NonZero;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Cores that check one file. Dropped, they are anybody's.
#[derive(Debug)]
pub(super) struct Turn {
    cores: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
    /// As many as it began with: so many threads check.
    most: usize,
    /// Where one waits for a turn from a thread.
    runtime: Handle,
}

impl Turn {
    /// The turn that a core just taken gives, with those that nobody else has just now.
    pub(super) fn with_others(cores: &Arc<Semaphore>, taken: OwnedSemaphorePermit) -> Self {
        let taken = merged(cores, taken, usize::MAX);
        Self {
            most: taken.num_permits(),
            taken: Some(taken),
            cores: Arc::clone(cores),
            runtime: Handle::current(),
        }
    }

    /// How many cores it is.
    pub(super) fn cores(&self) -> NonZero<usize> {
        NonZero::new(self.most).unwrap_or(NonZero::<usize>::MIN)
    }

    /// Leaves the cores to others.
    pub(super) fn leave(&mut self) {
        self.taken = None;
    }

    /// Takes a turn anew if it was left, of one core at least and no more than before, and waits for
    /// it: whoever has one ends, or leaves it as well. Blocks its thread, which must not be one of the
    /// runtime's.
    pub(super) fn come_back(&mut self) {
        if self.taken.is_none() {
            let taken = self.runtime.block_on(Arc::clone(&self.cores).acquire_owned());
            // Nobody closes it; if somebody did, there would be no turns to wait for.
            self.taken = taken.ok().map(|taken| merged(&self.cores, taken, self.most));
        }
    }

    /// A turn of the only core that there is.
    #[cfg(test)]
    pub(super) fn only() -> Self {
        let cores = Arc::new(Semaphore::new(1));
        let taken = Arc::clone(&cores).try_acquire_owned().ok();
        Self {
            cores,
            taken,
            most: 1,
            runtime: Handle::current(),
        }
    }
}

/// With those that nobody else has, as long as it is no more than `most` together.
fn merged(cores: &Arc<Semaphore>, mut taken: OwnedSemaphorePermit, most: usize) -> OwnedSemaphorePermit {
    let others = cores.available_permits().min(most - taken.num_permits());
    let others = u32::try_from(others).unwrap_or(0);
    if let Ok(others) = Arc::clone(cores).try_acquire_many_owned(others) {
        taken.merge(others);
    }
    taken
}
