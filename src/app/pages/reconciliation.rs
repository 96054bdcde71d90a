//! Shows the proof that everything received is accounted for: the law with its figures, what
//! differs and what to do about it, and below the sums of each partner and day.

use crate::api::reconciliation::{Line, Reconciliation, read_reconciliation};
use crate::app::components::filter::FilterForm;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::range_bar::{RangeBar, asked};
use crate::app::components::select::PartnerField;
use crate::app::components::states::{Empty, Loading};
use crate::app::components::table::{Table, figure, figures, text};
use crate::app::link::{self, Link};
use crate::domain::format::{self, count, counted};
use crate::domain::ids::PartnerId;
use crate::domain::query::{Asked, Range};
use crate::domain::reconciliation::{Difference, Sums};
use chrono::TimeDelta;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn ReconciliationPage() -> impl IntoView {
    let query = use_query_map();
    let asks = Memo::new(move |_| {
        query.with(|q| {
            (
                q.get_str("partner").unwrap_or_default().to_owned(),
                asked(q).kept(),
            )
        })
    });
    let viewer = use_viewer();
    let proof = Resource::new(
        move || asks.get(),
        |(partner, asked)| read_reconciliation(partner, asked),
    );
    view! {
        <Title text="Reconciliation"/>
        <Transition fallback=Loading>
            {move || {
                let (partner, asked) = asks.get();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(
                        viewer,
                        proof.await,
                        Section::Reconciliation,
                        |_, proof| content(proof, &partner, &asked),
                    )
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(proof: Reconciliation, partner: &str, asked: &Asked) -> AnyView {
    let Reconciliation {
        shown,
        as_of,
        followed,
        total,
        days,
        files_counted,
        lines,
        differences,
        partners,
    } = proof;
    let link = Link::to("/reconciliation").with("partner", partner).asking(asked);
    let csv = Link::to("/export/reconciliation.csv")
        .with("partner", partner)
        .asking(asked);
    let verdict = verdict(&total, days, files_counted, differences.len());
    let table = if lines.is_empty() {
        ().into_any()
    } else {
        let daily = !partner.is_empty();
        let columns = vec![
            text(if daily { "Day (UTC)" } else { "Partner" }),
            figures("Received"),
            figures("Accepted"),
            figures("Unchanged"),
            figures("Quarantined"),
            figures("In flight"),
            figures("Difference"),
        ];
        let rows: Vec<_> = lines.into_iter().map(|line| row(line, &link)).collect();
        view! {
            <section class="block">
                <h2>{if daily { "Day by day" } else { "Partners" }}</h2>
                <Table caption="Sums" columns rows/>
                <p class="after">
                    <a href=csv.href() download="">"Download every partner and day as CSV"</a>
                </p>
            </section>
        }
        .into_any()
    };
    view! {
        <Head title="Reconciliation" as_of/>
        <RangeBar link=link.clone() shown/>
        {(!followed)
            .then(|| {
                view! {
                    <p class="hint" role="status">
                        "No worker keeps the figures in step with the log at the moment, so what came last may be \
                        missing on both sides. " <code>"feedgate worker"</code> " starts one."
                    </p>
                }
            })}
        {filters(&link, partners, partner.to_owned())}
        {verdict}
        {unequal(differences)}
        {table}
    }
    .into_any()
}

fn filters(link: &Link, partners: Vec<(PartnerId, String)>, chosen: String) -> AnyView {
    let hidden: Vec<_> = link
        .hidden(&["partner"])
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    view! {
        <FilterForm action="/reconciliation".to_owned()>
            <div class="filters" role="search">
                {hidden} <PartnerField partners chosen/> <button>"Filter"</button>
            </div>
        </FilterForm>
    }
    .into_any()
}

/// Whether everything adds up, and the law with its figures.
fn verdict(total: &Sums, days: u64, files_counted: u64, differences: usize) -> AnyView {
    if days == 0 && differences == 0 {
        return view! {
            <Empty title="Nothing was received in this time">
                <p>"A wider range may have something."</p>
            </Empty>
        }
        .into_any();
    }
    let looked = format!(
        "{} added up; the held records of {} counted.",
        counted(days, "partner’s day", "partners’ days"),
        counted(files_counted, "newest file", "newest files"),
    );
    let (class, sentence) = match differences {
        0 => (
            "notice good verdict",
            format!(
                "Everything adds up: {} accounted for.",
                counted(total.received, "record", "records")
            ),
        ),
        n => (
            "notice bad verdict",
            format!("{} not add up.", counted(n as u64, "thing does", "things do")),
        ),
    };
    let term = |class: &'static str, n: u64, name: &'static str| {
        view! {
            <span class="term">
                <span class=format!("key {class}") aria-hidden="true"></span>
                <b>{count(n)}</b>
                " "
                {name}
            </span>
        }
    };
    let sign = if total.adds_up() { " = " } else { " ≠ " };
    view! {
        <div class=class role="status">
            <p>
                <strong>{sentence}</strong>
            </p>
            <p class="muted">{looked}</p>
        </div>
        <p class="law">
            <span class="term">
                <b>{count(total.received)}</b>
                " received"
            </span>
            {sign}
            {term("accepted", total.accepted, "accepted")}
            " + "
            {term("unchanged", total.unchanged, "unchanged")}
            " + "
            {term("quarantined", total.quarantined, "quarantined")}
            " + "
            {term("outline", total.in_flight, "in flight")}
        </p>
    }
    .into_any()
}

/// What differs, both figures side by side.
fn unequal(differences: Vec<Difference>) -> AnyView {
    if differences.is_empty() {
        return ().into_any();
    }
    let columns = vec![
        text("Where"),
        text("Day (UTC)"),
        figures("Here"),
        figures("There"),
        figures("Difference"),
        text("What to do"),
    ];
    let rows: Vec<_> = differences.into_iter().map(difference).collect();
    view! {
        <section class="block">
            <h2>"What does not add up"</h2>
            <Table caption="Differences" columns rows/>
        </section>
    }
    .into_any()
}

fn difference(difference: Difference) -> AnyView {
    let (left, right) = difference.law.sides();
    let advice = difference.law.advice();
    let Difference {
        partner,
        day,
        delivery,
        left: here,
        right: there,
        ..
    } = difference;
    let place = match delivery {
        Some((feed, id)) => view! {
            <a href=link::delivery(&id).href()>{id.to_string()}</a>
            <span class="sub">{feed.to_string()}</span>
        }
        .into_any(),
        None => view! { <a href=link::partner(&partner).href()>{partner.to_string()}</a> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <span class="named">{place}</span>
            </th>
            <td>{day.map(format::day)}</td>
            {side(here, left)}
            {side(there, right)}
            {figure(signed(here, there))}
            <td class="wrap">{advice}</td>
        </tr>
    }
    .into_any()
}

fn side(n: u64, name: &'static str) -> AnyView {
    view! {
        <td class="num side-of">
            <b>{count(n)}</b>
            <span class="sub">{name}</span>
        </td>
    }
    .into_any()
}

fn row(of: Line, page: &Link) -> AnyView {
    let Line {
        partner,
        name,
        day,
        sums,
        unequal,
    } = of;
    let head = if let Some(day) = day {
        let range = Range::Between(day, day + TimeDelta::days(1)).to_param();
        let href = Link::to("/deliveries")
            .with("partner", partner.as_str())
            .with("range", &range)
            .href();
        view! { <a href=href>{format::day(day)}</a> }.into_any()
    } else {
        let href = page.clone().with("partner", partner.as_str()).href();
        view! { <a href=href>{name}</a> }.into_any()
    };
    // Days that make up for one another differ all the same.
    let difference = if unequal > 0 && sums.adds_up() {
        format!("{} differ", counted(unequal, "day", "days"))
    } else {
        signed(sums.received, sums.accounted())
    };
    view! {
        <tr class=(unequal > 0).then_some("differs")>
            <th scope="row">{head}</th>
            {figure(count(sums.received))}
            {figure(count(sums.accepted))}
            {figure(count(sums.unchanged))}
            {figure(count(sums.quarantined))}
            {figure(count(sums.in_flight))}
            {figure(difference)}
        </tr>
    }
    .into_any()
}

/// How much more there is here than there: `0`, `+12`, `−3`.
fn signed(here: u64, there: u64) -> String {
    match here.cmp(&there) {
        std::cmp::Ordering::Equal => "0".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", count(here - there)),
        std::cmp::Ordering::Less => format!("−{}", count(there - here)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_has_a_sign() {
        assert_eq!(signed(5, 5), "0");
        assert_eq!(signed(1205, 5), "+1,200");
        assert_eq!(signed(5, 8), "−3");
    }
}
