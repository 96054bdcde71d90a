//! Shows how far a job has come: the bar, the outcomes, how fast it goes and how long it will take.

use super::since;
use crate::api::bulk::BulkView;
use crate::app::components::table::{Table, figure, figures, text};
use crate::domain::bulk::{Outcome, State};
use crate::domain::format::{self, count, percent};
use leptos::prelude::*;

pub(super) fn view(view: &BulkView) -> AnyView {
    let (frozen, decided) = (view.row.frozen, view.tally.total());
    #[expect(
        clippy::cast_precision_loss,
        reason = "a share that is shown with one decimal"
    )]
    let share = |n: u64| percent((frozen > 0).then(|| n as f64 / frozen as f64));
    let rows: Vec<_> = Outcome::ALL
        .into_iter()
        .map(|outcome| (outcome, view.tally.get(outcome)))
        .filter(|(_, records)| *records > 0)
        .map(|(outcome, records)| line(outcome.label(), records, share(records)))
        .chain((decided < frozen).then(|| line("left", frozen - decided, share(frozen - decided))))
        .collect();
    let columns = vec![text("Outcome"), figures("Records"), figures("Share")];
    let label = format!("{} of {} records decided", count(decided), count(frozen));
    view! {
        <section class="card panel moving" aria-labelledby="progress">
            <h2 id="progress">{label.clone()}</h2>
            <progress max=frozen.to_string() value=decided.to_string() aria-label=label>
                {share(decided)}
            </progress>
            <dl class="paced">
                <dt>"Started"</dt>
                <dd>{since(view.started_at)}</dd>
                {pace(view)}
            </dl>
            <Table caption="Outcomes" columns rows/>
            <p>
                <a href=format!("/export/outcomes.csv?job={}", view.row.id)>
                    "Every record with its outcome, as CSV"
                </a>
            </p>
        </section>
    }
    .into_any()
}

fn line(label: &'static str, records: u64, share: String) -> AnyView {
    view! {
        <tr>
            <th scope="row">{label}</th>
            {figure(count(records))}
            {figure(share)}
        </tr>
    }
    .into_any()
}

/// When it ended, or how fast it goes and how long it will take at that.
fn pace(view: &BulkView) -> AnyView {
    if view.ended_at.is_some() {
        return view! {
            <dt>"Ended"</dt>
            <dd>{since(view.ended_at)}</dd>
        }
        .into_any();
    }
    let Some(started) = view.started_at.filter(|_| view.row.state == State::Running) else {
        return ().into_any();
    };
    let decided = view.tally.total();
    let took = u64::try_from((view.as_of - started).num_milliseconds())
        .unwrap_or(0)
        .max(1);
    let per_second = decided.saturating_mul(1000) / took;
    if per_second == 0 {
        return ().into_any();
    }
    let left = view.row.frozen.saturating_sub(decided).saturating_mul(1000) / per_second;
    view! {
        <dt>"Records a second"</dt>
        <dd>{count(per_second)}</dd>
        <dt>"Left at that"</dt>
        <dd>{format::duration(Some(left))}</dd>
    }
    .into_any()
}
