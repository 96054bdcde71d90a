//! Shares the survey of one file between cores.
//!
//! Every thread does the same: it takes the next block from the reader, which is short and one
//! after another, parses and checks it, which is long and side by side, and hands it in. Blocks
//! are settled in the order of the file by whoever hands in the one that was waited for. There
//! are no more blocks than two a thread, so memory is bounded and a slow sink slows the reader.

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

struct Outlet<'a, T> {
    across: &'a mut Across,
    tally: &'a mut Tally,
    sink: &'a mut Taker<'a, T>,
    /// Which block is to be settled next.
    next: u64,
    handed_in: Vec<Load<T>>,
    free: Vec<Load<T>>,
    ended: Option<Ended>,
}

impl<T: Default> Outlet<'_, T> {
    fn settle(&mut self, rules: &Rules) {
        while self.ended.is_none()
            && let Some(place) = self.handed_in.iter().position(|load| load.number == self.next)
        {
            let mut load = self.handed_in.swap_remove(place);
            let outcomes = &mut load.outcomes[..load.count];
            self.across
                .look_ahead(outcomes.iter().map(|(_, checked, _)| checked));
            for (raw, checked, extra) in outcomes {
                self.across.settle(rules, raw, checked);
                self.tally.add(raw, checked);
                if let Err(error) = (self.sink)(raw, checked, std::mem::take(extra)) {
                    self.ended = Some(Ended::Failed(error));
                    return;
                }
            }
            self.ended = load.stop.take().map(Ended::from);
            self.next += 1;
            self.free.push(load);
        }
    }
}

/// Ends the work of the other threads when one breaks off: they would wait for its block for ever.
struct Breaking<'a, 'b, T> {
    intake: &'a Mutex<Intake<'b>>,
    outlet: &'a Mutex<Outlet<'b, T>>,
    freed: &'a Condvar,
}

impl<T> Drop for Breaking<'_, '_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Nobody reads why: the scope that all of them are in breaks off as well.
            let why = anyhow::anyhow!("a thread broke off");
            lock(self.outlet).ended.get_or_insert(Ended::Failed(why));
            self.freed.notify_all();
            lock(self.intake).ended = true;
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
    let intake = Mutex::new(Intake {
        reader,
        next: 0,
        ended: false,
    });
    let mut forward = |raw: &RawRecord, checked: &Checked, extra| sink(raw, checked, extra);
    let outlet = Mutex::new(Outlet {
        across,
        tally,
        sink: &mut forward,
        next: 0,
        handed_in: Vec::new(),
        free: (0..cores.get()).map(|_| Load::default()).collect(),
        ended: None,
    });
    let freed = Condvar::new();
    let work = || {
        let _breaking = Breaking {
            intake: &intake,
            outlet: &outlet,
            freed: &freed,
        };
        let (mut load, mut sound, mut state) = (Load::default(), Sound::default(), S::default());
        while lock(&intake).take(&mut load) {
            load.work(rules, &mut sound, &mut state, make);
            let mut outlet = lock(&outlet);
            outlet.handed_in.push(load);
            outlet.settle(rules);
            freed.notify_all();
            load = loop {
                if outlet.ended.is_some() {
                    lock(&intake).ended = true;
                    return;
                }
                match outlet.free.pop() {
                    Some(free) => break free,
                    None => outlet = freed.wait(outlet).unwrap_or_else(PoisonError::into_inner),
                }
            };
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..cores.get() {
            scope.spawn(work);
        }
        work();
    });
    outlet
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .ended
        .map_or(Ok(()), Err)
}
