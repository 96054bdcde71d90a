//! Reads and checks a whole file, touching nothing.
//!
//! The survey counts, keeps samples and decides what becomes of the file; what is to be done
//! with single records is the sink's business. `check` passes a sink that does nothing, an
//! ingest one that writes.
//!
//! On several cores the work is shared block by block (see [`cores`]); duplicates, counts,
//! samples and the calls of the sink are the same as on one. What the sink needs of a record and can be
//! made of it alone is made on the core that checked it ([`survey_making`]), for the sink is one.

mod again;
mod cores;
mod sitting;
mod tally;

use crate::domain::contract::{Across, Checked, Rules, Sound};
use crate::domain::feed::Terms;
use crate::domain::record::RawRecord;
use crate::domain::report::{Refusal, Report};
use crate::server::feed::{self, Limits, Stop};
use anyhow::Context;
use chrono::{DateTime, Utc};
use std::io::Read;
use std::num::NonZero;
use std::time::Instant;
use tally::Tally;

pub use again::revisit;

/// Sees every record of a file with what the contract makes of it, in the order of the file.
pub type Sink<'a> = dyn FnMut(&RawRecord, &Checked) -> anyhow::Result<()> + Send + 'a;

/// Makes something of a record on the core that checked it.
pub type Make<'a, S, T> = dyn Fn(&mut S, &RawRecord, &Checked) -> T + Sync + 'a;

/// A [`Sink`] that is given that too.
pub type Taker<'a, T> = dyn FnMut(&RawRecord, &Checked, T) -> anyhow::Result<()> + Send + 'a;

/// Surveys a file that came as `name`, on all cores; `sink` sees every record, in the order of
/// the file, one at a time but not always from the same thread.
///
/// A damaged file is an outcome, in the report. What the sink saw of it before the damage was
/// met must not take effect: survey first with a sink that does nothing, then once more. An
/// error means that the source or the sink failed, and says nothing about the file.
pub fn survey(
    source: impl Read + Send + 'static,
    name: &str,
    terms: &Terms,
    now: DateTime<Utc>,
    sink: &mut Sink<'_>,
) -> anyhow::Result<Report> {
    survey_on(all_cores(), source, name, terms, now, sink)
}

/// As many cores as this process may use.
pub fn all_cores() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// Surveys like [`survey`], on so many cores.
pub fn survey_on(
    cores: NonZero<usize>,
    source: impl Read + Send + 'static,
    name: &str,
    terms: &Terms,
    now: DateTime<Utc>,
    sink: &mut Sink<'_>,
) -> anyhow::Result<Report> {
    let nothing = |(): &mut (), _: &RawRecord, _: &Checked| ();
    survey_making(
        cores,
        source,
        name,
        terms,
        now,
        &nothing,
        &mut |raw, checked, ()| sink(raw, checked),
    )
}

/// Surveys like [`survey_on`]; the sink is also given what `make` made of the record, before others of
/// the file had a say in it. Every core makes with a state of its own.
pub fn survey_making<S: Default, T: Default + Send>(
    cores: NonZero<usize>,
    source: impl Read + Send + 'static,
    name: &str,
    terms: &Terms,
    now: DateTime<Utc>,
    make: &Make<'_, S, T>,
    sink: &mut Taker<'_, T>,
) -> anyhow::Result<Report> {
    let begun = Instant::now();
    let rules = Rules::new(&terms.contract, now).knowing(terms.known.clone());
    let (mut reader, opened) = feed::open(source, Limits::default(), &terms.profile);
    let mut tally = Tally::default();
    let mut across = Across::default();
    let outcome = opened.map_err(Ended::from).and_then(|()| {
        if cores.get() == 1 {
            on_one_core(&mut reader, &rules, &mut across, &mut tally, make, sink)
        } else {
            cores::share(cores, &mut reader, &rules, &mut across, &mut tally, make, sink)
        }
    });
    let refusal = match outcome {
        Ok(()) => None,
        Err(Ended::Refused(refusal)) => Some(refusal),
        Err(Ended::Failed(error)) => return Err(error),
    };
    let summary = reader.summary().context("reading the rest of the file")?;
    let mut report = tally.report(name, summary, refusal, &across, &rules);
    report.elapsed_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

/// Why a survey ends before the end of the file.
enum Ended {
    Refused(Refusal),
    Failed(anyhow::Error),
}

impl From<Stop> for Ended {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(refusal) => Self::Refused(refusal),
            failed @ Stop::Failed(_) => Self::Failed(failed.into()),
        }
    }
}

/// Records that one core settles together: enough to look ahead, few enough to stay near.
const FEW: usize = 16;

fn on_one_core<S: Default, T>(
    reader: &mut feed::Reader,
    rules: &Rules,
    across: &mut Across,
    tally: &mut Tally,
    make: &Make<'_, S, T>,
    sink: &mut Taker<'_, T>,
) -> Result<(), Ended> {
    let (mut sound, mut few) = (Sound::default(), <[(RawRecord, Checked); FEW]>::default());
    let mut state = S::default();
    loop {
        let (mut count, mut end) = (0, None);
        while count < FEW && end.is_none() {
            let (raw, checked) = &mut few[count];
            match reader.read(raw) {
                Ok(true) => {
                    rules.look_knowing(raw, &mut sound, checked);
                    count += 1;
                }
                Ok(false) => end = Some(Ok(())),
                Err(stop) => end = Some(Err(stop.into())),
            }
        }
        let few = &mut few[..count];
        across.look_ahead(few.iter().map(|(_, checked)| checked));
        for (raw, checked) in few {
            let extra = make(&mut state, raw, checked);
            across.settle(rules, raw, checked);
            tally.add(raw, checked);
            sink(raw, checked, extra).map_err(Ended::Failed)?;
        }
        if let Some(end) = end {
            return end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::contract::{Currency, example};
    use crate::domain::report::Verdict;
    use std::io::Cursor;

    #[test]
    fn every_record_before_the_damage_is_seen_in_order_on_one_core_and_on_two() {
        // Around the number of records that one core settles together.
        for sound in [1, FEW - 1, FEW, FEW + 1, 3 * FEW] {
            let mut file = b"id,title\n".to_vec();
            for number in 0..sound {
                file.extend_from_slice(format!("{number},Mug\n").as_bytes());
            }
            for damage in [&b""[..], b"x,M\xffg\ny,Mug\n"] {
                let file = [&file[..], damage].concat();
                for cores in [1, 2].map(NonZero::new).into_iter().flatten() {
                    let mut seen = Vec::new();
                    let report = survey_on(
                        cores,
                        Cursor::new(file.clone()),
                        "feed.csv",
                        &Terms::in_currency(Currency::of("EUR")),
                        example::moment(),
                        &mut |_, checked| {
                            seen.push(checked.id().to_owned());
                            Ok(())
                        },
                    )
                    .expect("the source does not fail");
                    let expected: Vec<_> = (0..sound).map(|number| number.to_string()).collect();
                    assert_eq!(seen, expected, "{sound} records on {cores}");
                    assert_eq!(report.file.verdict == Verdict::Refused, !damage.is_empty());
                }
            }
        }
    }

    #[test]
    fn a_fault_of_ours_in_one_thread_ends_the_survey_and_leaves_none_waiting() {
        let mut file = b"id,title\n".to_vec();
        for number in 0..200_000 {
            file.extend_from_slice(format!("{number},Mug\n").as_bytes());
        }
        for breaks_at in [1, 100_000, 200_000] {
            let file = Cursor::new(file.clone());
            let surveyed = std::thread::spawn(move || {
                survey_on(
                    NonZero::new(4).expect("some"),
                    file,
                    "feed.csv",
                    &Terms::in_currency(Currency::of("EUR")),
                    example::moment(),
                    &mut |raw, _| {
                        assert!(raw.position().index < breaks_at, "meant to break off here");
                        Ok(())
                    },
                )
            });
            assert!(surveyed.join().is_err(), "whoever asked learns of it");
        }
    }
}
