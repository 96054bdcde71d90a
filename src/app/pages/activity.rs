//! Lists who did what to which, and when, for those who look after accounts.

use crate::api::activity::{Activity, DeedRow, Search, list_activity};
use crate::app::components::filter::FilterForm;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::range_bar::{RangeBar, asked};
use crate::app::components::states::{Empty, Loading};
use crate::app::components::table::{Table, figures, text};
use crate::app::components::time::Ago;
use crate::app::link::Link;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn ActivityPage() -> impl IntoView {
    let query = use_query_map();
    let asks = Memo::new(move |_| {
        query.with(|q| {
            let get = |name| q.get_str(name).unwrap_or_default().to_owned();
            Search {
                who: get("who"),
                what: get("what"),
                object: get("object"),
                partner: get("partner"),
                range: asked(q).range,
                after: get("after"),
            }
        })
    });
    let viewer = use_viewer();
    let list = Resource::new(move || asks.get(), list_activity);
    view! {
        <Title text="Activity"/>
        <Transition fallback=Loading>
            {move || {
                let asked = asks.get();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(viewer, list.await, Section::Activity, |_, list| content(list, &asked))
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(list: Activity, asked: &Search) -> AnyView {
    let Activity {
        as_of,
        shown,
        rows,
        next,
    } = list;
    let link = Link::to("/activity")
        .with("who", &asked.who)
        .with("what", &asked.what)
        .with("object", &asked.object)
        .with("partner", &asked.partner)
        .with("range", &asked.range);
    // What is older is asked for between fixed ends, so that the list does not move on.
    let older = next.map(|next| {
        link.clone()
            .with("range", &shown.fixed)
            .with("after", &next)
            .href()
    });
    let body = if rows.is_empty() {
        view! {
            <Empty title="Nothing was done that fits">
                <p>
                    "Everything that people do is listed here. " <a href="/activity?range=30d">"Look at 30 days"</a>
                </p>
            </Empty>
        }
        .into_any()
    } else {
        let columns = vec![
            figures("When"),
            text("Who"),
            text("What"),
            text("To which"),
            text("Partner"),
            text("Action"),
        ];
        let rows: Vec<_> = rows.into_iter().map(|deed| row(deed, as_of)).collect();
        view! { <Table caption="Activity" columns rows/> }.into_any()
    };
    view! {
        <Head title="Activity" as_of/>
        <RangeBar link=link.clone() shown/>
        {filters(&link)}
        {body}
        {older.map(|href| view! { <p class="after"><a href=href rel="next">"Older"</a></p> })}
    }
    .into_any()
}

fn filters(link: &Link) -> AnyView {
    let field = |name: &'static str, label: &'static str, hint: &'static str| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input name=name value=link.get(name) placeholder=hint autocomplete="off"/>
            </label>
        }
    };
    let range = link.get("range");
    let kept = (!range.is_empty()).then(|| view! { <input type="hidden" name="range" value=range/> });
    let fields = [
        field("who", "Who", "their name"),
        field("what", "Action begins with", "record."),
        field("object", "To which", "delivery:…"),
        field("partner", "Partner", "its short name"),
    ];
    view! {
        <FilterForm action="/activity".to_owned()>
            <div class="filters" role="search">
                {kept}
                {fields.into_iter().collect::<Vec<_>>()}
                <button>"Filter"</button>
                <a href="/activity">"Clear"</a>
            </div>
        </FilterForm>
    }
    .into_any()
}

fn row(deed: DeedRow, as_of: DateTime<Utc>) -> AnyView {
    let object = match deed.href {
        Some(href) => view! { <a href=href>{deed.object}</a> }.into_any(),
        None => deed.object.into_any(),
    };
    view! {
        <tr>
            <th scope="row" class="num">
                <Ago at=deed.at as_of/>
            </th>
            <td>{deed.by}</td>
            <td class="wrap">{deed.what}</td>
            <td class="wrap">{object}</td>
            <td>{deed.partner}</td>
            <td>
                <code>{deed.action}</code>
            </td>
        </tr>
    }
    .into_any()
}
