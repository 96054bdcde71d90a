//! Shows the rule book: every rule there is, by what it is about, and a search in it.

use crate::api::rule::{RuleBook, RuleFamily, RuleRow, list_rules};
use crate::app::components::badge::SeverityBadge;
use crate::app::components::filter::FilterForm;
use crate::app::components::frame::{Section, framed, use_viewer};
use crate::app::components::head::Head;
use crate::app::components::rule::RuleCode;
use crate::app::components::select::Select;
use crate::app::components::states::{Empty, Loading};
use crate::app::components::table::{Table, text};
use crate::app::link::Link;
use crate::domain::format;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// What narrows the list.
const FILTERS: [&str; 2] = ["find", "severity"];

/// The page.
#[component]
pub fn RulesPage() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|q| Link::carry("/rules", q, &FILTERS)));
    let viewer = use_viewer();
    let book = Resource::new(
        move || asked.get(),
        |link| list_rules(link.get("find"), link.get("severity")),
    );
    view! {
        <Title text="Rules"/>
        <Transition fallback=Loading>
            {move || {
                let link = asked.get();
                Suspend::new(async move {
                    let viewer = viewer.await;
                    framed(viewer, book.await, Section::Rules, |_, book| content(book, link))
                })
            }}
        </Transition>
    }
    .into_any()
}

fn content(book: RuleBook, link: Link) -> AnyView {
    let RuleBook {
        as_of,
        families,
        shown,
        total,
    } = book;
    let narrowed = !link.hidden(&[]).is_empty();
    let sentence = if narrowed {
        format!(
            "{} of {}",
            format::count(shown),
            format::counted(total, "rule", "rules")
        )
    } else {
        format::counted(total, "rule", "rules")
    };
    view! {
        <Head title="Rules" as_of>
            <p class="muted">{sentence}</p>
        </Head>
        <p class="lead">
            "Each record of a feed is held against these rules. An error keeps it in quarantine, a warning lets it pass; a fatal one refuses the whole file. A feed's contract may set single rules otherwise."
        </p>
        <Filters link narrowed/>
        {if families.is_empty() {
            view! {
                <Empty title="No rule matches">
                    <p>
                        "No rule has all of these words in its code, its attribute or its texts. "
                        <a href="/rules">"Show all rules"</a>
                    </p>
                </Empty>
            }
                .into_any()
        } else {
            families.into_iter().map(family).collect::<Vec<_>>().into_any()
        }}
    }
    .into_any()
}

#[component]
fn Filters(link: Link, narrowed: bool) -> impl IntoView {
    let severities = ["fatal", "error", "warning", "info"].map(|word| (word.to_owned(), word.to_owned()));
    view! {
        <FilterForm action="/rules".to_owned()>
            <div class="filters" role="search">
                <label class="field">
                    <span>"Code, attribute or word"</span>
                    <input type="search" name="find" value=link.get("find") autocomplete="off"/>
                </label>
                <Select
                    label="Severity"
                    name="severity"
                    none="Any"
                    options=severities.to_vec()
                    chosen=link.get("severity")
                />
                <button>"Search"</button>
                {narrowed.then(|| view! { <a href="/rules">"Clear"</a> })}
            </div>
        </FilterForm>
    }
    .into_any()
}

/// The rules of one family, under its name.
fn family(family: RuleFamily) -> AnyView {
    let RuleFamily { name, rules } = family;
    view! {
        <section class="block">
            <h2>{name.clone()}</h2>
            {table(format!("Rules: {name}"), rules)}
        </section>
    }
    .into_any()
}

/// Rules as rows.
pub(super) fn table(caption: String, rules: Vec<RuleRow>) -> AnyView {
    let columns = vec![
        text("Code"),
        text("What fails"),
        text("Severity"),
        text("Who has to act"),
    ];
    let rows: Vec<_> = rules
        .into_iter()
        .map(|rule| {
            view! {
                <tr>
                    <th scope="row">
                        <RuleCode code=rule.code/>
                    </th>
                    <td class="wrap">{rule.title}</td>
                    <td>
                        <SeverityBadge severity=rule.severity/>
                    </td>
                    <td>{rule.actor}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <div class="rulebook">
            <Table caption columns rows/>
        </div>
    }
    .into_any()
}
