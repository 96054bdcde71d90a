//! Goes through a file once more, for the records that are asked for and for no others.
//!
//! Rows that nobody asks for are found and neither cut nor checked. What a record has in common
//! with others of its file was told by the survey; here each stands for itself, so the cores
//! need not wait for each other.

use super::all_cores;
use super::cores::lock;
use crate::domain::contract::{Checked, Rules, Sound};
use crate::domain::feed::Terms;
use crate::domain::record::RawRecord;
use crate::server::feed::{self, Block, Limits};
use anyhow::Context;
use chrono::{DateTime, Utc};
use std::io::Read;
use std::sync::Mutex;

/// Checks the records whose number in the file, counted from 1, is `wanted`. Every core has a
/// state of its own that `begin` makes; `see` is given it with each record, in the order of the
/// file but with gaps, for other cores have the rest.
///
/// Gives the states, and the SHA-256 of the file in hex. A file that is refused now was surveyed
/// before, so it is another one: an error.
pub fn revisit<S: Send>(
    source: impl Read + Send + 'static,
    terms: &Terms,
    now: DateTime<Utc>,
    wanted: impl Fn(u64) -> bool + Sync,
    begin: impl Fn() -> S + Sync,
    see: impl Fn(&mut S, &RawRecord, &Checked) -> anyhow::Result<()> + Sync,
) -> anyhow::Result<(Vec<S>, String)> {
    let rules = Rules::new(&terms.contract, now).knowing(terms.known.clone());
    let (mut reader, opened) = feed::open(source, Limits::default(), &terms.profile);
    opened?;
    // None when it has ended, or somebody failed.
    let intake = Mutex::new(Some(&mut reader));
    let work = || -> anyhow::Result<S> {
        let (mut block, mut raw) = (Block::default(), RawRecord::default());
        let (mut sound, mut checked) = (Sound::default(), Checked::default());
        let mut state = begin();
        loop {
            match lock(&intake).as_mut().map(|reader| reader.fill(&mut block)) {
                Some(Ok(true)) => {}
                Some(Err(stop)) => return Err(stop.into()),
                Some(Ok(false)) | None => return Ok(state),
            }
            for index in 0..block.len() {
                if wanted(block.number(index)) {
                    block.record(index, &mut raw)?;
                    rules.look_knowing(&raw, &mut sound, &mut checked);
                    see(&mut state, &raw, &checked)?;
                }
            }
        }
    };
    let ending = || {
        let done = work();
        *lock(&intake) = None;
        done
    };
    let states = std::thread::scope(|scope| {
        let others: Vec<_> = (1..all_cores().get()).map(|_| scope.spawn(ending)).collect();
        let mut states = vec![ending()];
        states.extend(others.into_iter().map(|other| {
            other
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        }));
        states.into_iter().collect::<anyhow::Result<Vec<S>>>()
    })?;
    let summary = reader.summary().context("reading the rest of the file")?;
    Ok((states, summary.sha256))
}
