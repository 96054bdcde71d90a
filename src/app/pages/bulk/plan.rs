//! Shows a plan: what would become of the set today, and the form that starts it.

use super::{Mend, Start, mending};
use crate::api::bulk::BulkView;
use crate::app::components::rule::RuleCode;
use crate::app::components::table::{Table, figure, figures, text};
use crate::domain::bulk::{Action, Pace};
use crate::domain::format::{count, counted, percent};
use crate::error::AppError;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// Whether it is looked at what would become of the records: only a replay judges them.
pub(super) fn is_rehearsed(view: &BulkView) -> bool {
    view.row.action == Action::Replay
}

pub(super) fn view(view: &BulkView, start: Start, mend: Mend, typed: &ParamsMap) -> AnyView {
    let rehearsal = is_rehearsed(view).then(|| rehearsal(view));
    let mending = (is_rehearsed(view) && view.may_mend).then(|| mending::view(view, mend, typed));
    view! {
        <div class="planned">
            {rehearsal}
            {form(view, start)}
        </div>
        {mending}
    }
    .into_any()
}

fn rehearsal(view: &BulkView) -> AnyView {
    let seen = &view.rehearsal;
    let frozen = view.row.frozen;
    let failing = seen.seen - seen.pass - seen.gone;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a share that is shown with one decimal"
    )]
    let share = |n: u64| percent((seen.seen > 0).then(|| n as f64 / seen.seen as f64));
    let state = if seen.seen < frozen {
        format!("Tried so far: {} of {}.", count(seen.seen), count(frozen))
    } else {
        "Every record was tried against the contract of today; nothing was changed.".to_owned()
    };
    let changed = view.mend.as_ref().map(|_| {
        let label = "would be changed by the fix".into_any();
        row(label, seen.changed, share(seen.changed))
    });
    let mut rows = vec![
        row("would pass".into_any(), seen.pass, share(seen.pass)),
        row("would fail again".into_any(), failing, share(failing)),
    ];
    if seen.gone > 0 {
        let label = "dealt with meanwhile".into_any();
        rows.push(row(label, seen.gone, share(seen.gone)));
    }
    rows.splice(0..0, changed);
    rows.extend(seen.fail.iter().map(|(code, records)| {
        let label = view! {
            <span class="deeper">
                "for " <RuleCode code=code.clone()/>
            </span>
        };
        row(label.into_any(), *records, share(*records))
    }));
    let columns = vec![text("Of these records"), figures("Records"), figures("Share")];
    view! {
        <section class="card panel" aria-labelledby="rehearsal">
            <h2 id="rehearsal">"What would become of them"</h2>
            <Table caption="What would become of them" columns rows/>
            <p class="muted">{state}</p>
        </section>
    }
    .into_any()
}

fn row(label: AnyView, records: u64, share: String) -> AnyView {
    view! {
        <tr>
            <th scope="row">{label}</th>
            {figure(count(records))}
            {figure(share)}
        </tr>
    }
    .into_any()
}

fn form(view: &BulkView, start: Start) -> AnyView {
    let wrong = move |field: &'static str| match start.value().get() {
        Some(Err(AppError::Invalid { field: of, message })) if of == field => Some(message),
        _ => None,
    };
    let action = view.row.action;
    let id = view.row.id.to_string();
    let button = format!(
        "{} {}",
        action.verb(),
        counted(view.row.frozen, "record", "records")
    );
    let pace = Pace::default();
    let stop = pace.stop_above.map(|share| share.to_string());
    let reason = (action == Action::Discard).then(|| {
        view! {
            <label class="field">
                <span>"Why they are given up (each record keeps it)"</span>
                <input
                    name="reason"
                    required
                    maxlength="500"
                    autocomplete="off"
                    aria-invalid=move || wrong("reason").map(|_| "true")
                />
            </label>
            <p class="error">{move || wrong("reason")}</p>
        }
    });
    let stops = (action == Action::Replay).then(|| {
        view! {
            <label class="field">
                <span>"Pause when more of a step than this fails, in % (empty: never)"</span>
                <input
                    name="stop_above"
                    inputmode="numeric"
                    value=stop
                    autocomplete="off"
                    aria-invalid=move || wrong("stop_above").map(|_| "true")
                />
            </label>
            <p class="error">{move || wrong("stop_above")}</p>
        }
    });
    view! {
        <section class="card panel" aria-labelledby="start">
            <h2 id="start">"Start it"</h2>
            <ActionForm action=start>
                <div class="stack">
                    <input type="hidden" name="id" value=id/>
                    {reason}
                    <label class="tick">
                        <input type="checkbox" name="ramp" value="yes" checked=pace.ramp/>
                        <span>"Go up by steps: 1 record, 10, 100, then the rest by thousands"</span>
                    </label>
                    {stops}
                    <label class="field">
                        <span>"Most records a second, over all workers (empty: as fast as it goes)"</span>
                        <input
                            name="per_second"
                            inputmode="numeric"
                            autocomplete="off"
                            aria-invalid=move || wrong("per_second").map(|_| "true")
                        />
                    </label>
                    <p class="error">{move || wrong("per_second")}</p>
                    <button class="main">{button}</button>
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}
