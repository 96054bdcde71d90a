//! Shares the survey of one file between cores.
//!
//! Every thread does the same: it takes the next block from the reader, which is short and one
//! after another, parses and checks it, which is long and side by side, and hands it in. Blocks
//! are settled in the order of the file, by whoever hands in the one that was waited for and until
//! the next is not here; nobody waits for that but for want of a block. There are no more of these
//! than two a thread, so memory is bounded and a slow sink slows the reader.

use super::{Ended, Make, Taker, Tally};
use crate::domain::contract::{Across, Checked, Rules, Sound};
use crate::domain::record::RawRecord;
use crate::server::feed::{Block, Reader, Stop};
use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A block and what became of its records.
#[derive(Default)]
struct Load<T> {
    /// Which block of the file it is, counted from 0.
    number: u64,
    block: Block,
    outcomes: Vec<(RawRecord, Checked, T)>,
    count: usize,
    /// Why nothing follows the records that count.
    stop: Option<Stop>,
}

impl<T: Default> Load<T> {
    fn work<S>(&mut self, rules: &Rules, sound: &mut Sound, state: &mut S, make: &Make<'_, S, T>) {
        self.count = 0;
        for index in 0..self.block.len() {
            if self.outcomes.len() == self.count {
                self.outcomes.push(Default::default());
            }
            let (raw, checked, extra) = &mut self.outcomes[self.count];
            if let Err(stop) = self.block.record(index, raw) {
                self.stop = Some(stop);
                return;
            }
            rules.look_knowing(raw, sound, checked);
            *extra = make(state, raw, checked);
            self.count += 1;
        }
    }
}

struct Intake<'a> {
    reader: &'a mut Reader,
    next: u64,
    ended: bool,
}

impl Intake<'_> {
    /// Fills the load with the next block; false when there is none.
    fn take<T>(&mut self, load: &mut Load<T>) -> bool {
        if self.ended {
            return false;
        }
        load.number = self.next;
        load.stop = None;
        match self.reader.fill(&mut load.block) {
            Ok(true) => {}
            Ok(false) => {
                self.ended = true;
                return false;
            }
            Err(stop) => {
                // What the block holds of records before the damage was met is dropped: on one
                // core it is not seen either.
                self.ended = true;
                load.block.clear();
                load.stop = Some(stop);
            }
        }
        self.next += 1;
        true
    }
}

/// Loads that wait: to be settled, or to be filled.
struct Yard<T> {
    handed_in: Vec<Load<T>>,
    free: Vec<Load<T>>,
    /// Which block is to be settled next.
    next: u64,
    /// Whether somebody settles. Who hands in meanwhile goes on with another block.
    is_settling: bool,
    ended: Option<Ended>,
}

impl<T> Yard<T> {
    /// The load that is to be settled next, if it is here and there is no end.
    fn take_next(&mut self) -> Option<Load<T>> {
        let due = |load: &Load<T>| load.number == self.next;
        let place = self
            .handed_in
            .iter()
            .position(due)
            .filter(|_| self.ended.is_none());
        self.is_settling = place.is_some();
        place.map(|place| self.handed_in.swap_remove(place))
    }

    /// Takes back a load that was settled.
    fn settled(&mut self, load: Load<T>, ended: Option<Ended>) {
        self.next += 1;
        self.free.push(load);
        if self.ended.is_none() {
            self.ended = ended;
        }
    }
}

/// What settles blocks, one after another.
struct Outlet<'a, T> {
    across: &'a mut Across,
    tally: &'a mut Tally,
    sink: &'a mut Taker<'a, T>,
}

impl<T: Default> Outlet<'_, T> {
    /// Settles a block, and says why nothing follows it.
    fn settle(&mut self, rules: &Rules, load: &mut Load<T>) -> Option<Ended> {
        let outcomes = &mut load.outcomes[..load.count];
        self.across
            .look_ahead(outcomes.iter().map(|(_, checked, _)| checked));
        for (raw, checked, extra) in outcomes {
            self.across.settle(rules, raw, checked);
            self.tally.add(raw, checked);
            if let Err(error) = (self.sink)(raw, checked, std::mem::take(extra)) {
                return Some(Ended::Failed(error));
            }
        }
        load.stop.take().map(Ended::from)
    }
}

/// What the threads that survey a file share.
struct Shared<'a, T> {
    intake: Mutex<Intake<'a>>,
    yard: Mutex<Yard<T>>,
    /// A load is free, or there is an end.
    freed: Condvar,
    /// Only whoever settles has it.
    outlet: Mutex<Outlet<'a, T>>,
}

impl<T: Default> Shared<'_, T> {
    /// Hands a load in, settles what can be settled if nobody else does, and gives one to be filled;
    /// none at the end.
    fn hand_in(&self, load: Load<T>, rules: &Rules) -> Option<Load<T>> {
        let mut yard = lock(&self.yard);
        yard.handed_in.push(load);
        if !yard.is_settling {
            while let Some(mut load) = yard.take_next() {
                drop(yard);
                let ended = lock(&self.outlet).settle(rules, &mut load);
                yard = lock(&self.yard);
                yard.settled(load, ended);
                self.freed.notify_all();
            }
        }
        while yard.ended.is_none() {
            if let Some(free) = yard.free.pop() {
                return Some(free);
            }
            yard = self.freed.wait(yard).unwrap_or_else(PoisonError::into_inner);
        }
        drop(yard);
        lock(&self.intake).ended = true;
        None
    }
}

/// Ends the work of the other threads when one breaks off: they would wait for its block for ever.
struct Breaking<'a, 'b, T>(&'a Shared<'b, T>);

impl<T> Drop for Breaking<'_, '_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Nobody reads why: the scope that all of them are in breaks off as well.
            let why = anyhow::anyhow!("a thread broke off");
            lock(&self.0.yard).ended.get_or_insert(Ended::Failed(why));
            self.0.freed.notify_all();
            lock(&self.0.intake).ended = true;
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Surveys the rest of a file on so many cores.
pub(super) fn share<S: Default, T: Default + Send>(
    cores: NonZero<usize>,
    reader: &mut Reader,
    rules: &Rules,
    across: &mut Across,
    tally: &mut Tally,
    make: &Make<'_, S, T>,
    sink: &mut Taker<'_, T>,
) -> Result<(), Ended> {
    let mut forward = |raw: &RawRecord, checked: &Checked, extra| sink(raw, checked, extra);
    let shared = Shared {
        intake: Mutex::new(Intake {
            reader,
            next: 0,
            ended: false,
        }),
        yard: Mutex::new(Yard {
            handed_in: Vec::new(),
            free: (0..cores.get()).map(|_| Load::default()).collect(),
            next: 0,
            is_settling: false,
            ended: None,
        }),
        freed: Condvar::new(),
        outlet: Mutex::new(Outlet {
            across,
            tally,
            sink: &mut forward,
        }),
    };
    let work = || {
        let _breaking = Breaking(&shared);
        let (mut load, mut sound, mut state) = (Load::default(), Sound::default(), S::default());
        while lock(&shared.intake).take(&mut load) {
            load.work(rules, &mut sound, &mut state, make);
            match shared.hand_in(load, rules) {
                Some(free) => load = free,
                None => return,
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..cores.get() {
            scope.spawn(work);
        }
        work();
    });
    let yard = shared.yard.into_inner().unwrap_or_else(PoisonError::into_inner);
    yard.ended.map_or(Ok(()), Err)
}
