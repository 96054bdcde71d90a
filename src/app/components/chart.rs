//! Shows a chart: what it asks, what its shapes mean, the picture, and the same as a table.

use super::table::{Table, figure, figures, text};
use crate::app::link::Link;
use crate::domain::chart::{Chart, ChartRow, Series};
use leptos::prelude::*;

/// One chart in a card. The picture is drawn by the server and placed as it is.
#[component]
pub fn ChartCard(
    /// What to show.
    chart: Chart,
    /// The page's address with all that it asks for.
    link: Link,
) -> impl IntoView {
    let Chart {
        name,
        title,
        subtitle,
        legend,
        svg,
        columns,
        rows,
    } = chart;
    let opened = !rows.is_empty();
    let table = opened.then(|| {
        let mut heads = vec![text("Time")];
        heads.extend(columns.into_iter().map(figures));
        // The newest first: that is what a table is opened for.
        let rows: Vec<_> = rows.into_iter().rev().map(row).collect();
        view! { <Table caption=title.clone() columns=heads rows/> }
    });
    // Back to where the reader was: the page is loaded anew.
    let file = |kind: &str| exported(&link, &name, kind);
    let other = format!(
        "{}#{name}",
        link.clone().with("table", if opened { "" } else { &name }).href()
    );
    view! {
        <section class="chart card" id=name>
            <header>
                <h2>{title.clone()}</h2>
                <p class="subtitle">{subtitle}</p>
            </header>
            <ul class="legend">{legend.into_iter().map(series).collect::<Vec<_>>()}</ul>
            <div class=format!("picture {name}") inner_html=svg></div>
            <p class="tools">
                <a href=other>
                    {if opened { "Close the table" } else { "As a table" }}
                </a>
                <a href=file("csv") download="">"CSV"</a>
                <a href=file("svg") download="">"SVG"</a>
                <a href=file("png") download="">"PNG"</a>
            </p>
            {table}
        </section>
    }
    .into_any()
}

/// Where a chart is to be had as a file. A partner's page is its address; the file's has it as a
/// parameter.
fn exported(link: &Link, name: &str, kind: &str) -> String {
    let partner = link.path().strip_prefix("/partners/").unwrap_or_default();
    let file = Link::to(format!("/export/{name}.{kind}")).with("partner", partner);
    let kept = link.hidden(&["table", "sort"]);
    kept.into_iter()
        .fold(file, |file, (name, value)| file.with(&name, &value))
        .href()
}

fn series(series: Series) -> AnyView {
    let figure = (!series.figure.is_empty()).then(|| view! { <b>{series.figure}</b> });
    view! {
        <li>
            <span class=format!("key {}", series.key) aria-hidden="true"></span>
            {series.name}
            " "
            {figure}
        </li>
    }
    .into_any()
}

fn row(row: ChartRow) -> AnyView {
    let label = match row.href {
        Some(href) => view! { <a href=href>{row.label}</a> }.into_any(),
        None => row.label.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{label}</th>
            {row.cells.into_iter().map(figure).collect::<Vec<_>>()}
        </tr>
    }
    .into_any()
}
