//! Reads and checks a whole file, touching nothing.
//!
//! The survey counts, keeps samples and decides what becomes of the file; what is to be done
//! with single records is the sink's business. `check` passes a sink that does nothing, an
//! ingest one that writes.
//!
//! On several cores the work is shared block by block (see [`cores`]); duplicates, counts,
//! samples and the calls of the sink are the same as on one.

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
    let cores = std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    survey_on(cores, source, name, terms, now, sink)
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
    let begun = Instant::now();
    let rules = Rules::new(&terms.contract, now).knowing(terms.known.clone());
    let (mut reader, opened) = feed::open(source, Limits::default(), &terms.profile);
    let mut tally = Tally::default();
    let mut across = Across::default();
    let outcome = opened.map_err(Ended::from).and_then(|()| {
        if cores.get() == 1 {
            on_one_core(&mut reader, &rules, &mut across, &mut tally, sink)
        } else {
            cores::share(cores, &mut reader, &rules, &mut across, &mut tally, sink)
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

fn on_one_core(
    reader: &mut feed::Reader,
    rules: &Rules,
    across: &mut Across,
    tally: &mut Tally,
    sink: &mut Sink<'_>,
) -> Result<(), Ended> {
    let (mut sound, mut few) = (Sound::default(), <[(RawRecord, Checked); FEW]>::default());
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
            across.settle(rules, raw, checked);
            tally.add(raw, checked);
            sink(raw, checked).map_err(Ended::Failed)?;
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
}
