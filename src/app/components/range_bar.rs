//! Chooses the stretch of time a page speaks of, on whose clock, and what it is compared with. All
//! of it is links and a GET form: the choice is in the address. A script that is no part of this
//! (`public/charts.js`) copies the fixed link and names the browser's own zone.

use super::filter::FilterForm;
use crate::app::link::Link;
use crate::domain::query::{Asked, Compare, Period, Range, Shown};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// Zones that are offered; any other can be typed.
const ZONES: [&str; 14] = [
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Warsaw",
    "Europe/Helsinki",
    "Europe/Istanbul",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
];

/// What a query asks for: the range is `range` itself, or the two ends of the form below.
pub fn asked(query: &ParamsMap) -> Asked {
    let get = |name| query.get_str(name).unwrap_or_default().to_owned();
    let (from, until) = (get("from"), get("until"));
    Asked {
        range: if from.is_empty() || until.is_empty() {
            get("range")
        } else {
            format!("{from}..{until}")
        },
        tz: get("tz"),
        compare: get("compare"),
        table: get("table"),
    }
}

/// Quick ranges, steps back, forth and out, the fixed ends, which open into a form, and what to
/// compare with.
#[component]
pub fn RangeBar(
    /// The page's address with everything that it asks for.
    link: Link,
    /// The stretch of time that it shows.
    shown: Shown,
    /// Whether it can be compared with another.
    #[prop(optional)]
    comparing: bool,
) -> impl IntoView {
    let Shown {
        range,
        fixed,
        zone,
        ends,
        from,
        until,
        earlier,
        later,
        wider,
        said,
        ..
    } = shown;
    let to = |range: &str| link.clone().with("range", range).href();
    let choice = |word: String, label: &'static str| {
        view! {
            <li>
                <a href=to(&word) aria-current=(word == range).then_some("true")>
                    {label}
                </a>
            </li>
        }
    };
    let quick: Vec<_> = Range::QUICK.map(|(r, label)| choice(r.to_param(), label)).into();
    let periods: Vec<_> = Period::ALL
        .map(|(_, word, label)| choice(word.to_owned(), label))
        .into();
    let step = |range: Option<String>, label: &'static str| match range {
        Some(range) => view! { <a href=to(&range)>{label}</a> }.into_any(),
        None => view! { <span aria-disabled="true">{label}</span> }.into_any(),
    };
    let hidden: Vec<_> = link
        .hidden(&["range", "tz"])
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect();
    let zones: Vec<_> = ZONES.map(|zone| view! { <option value=zone></option> }).into();
    let compare = comparing.then(|| compare(&link));
    let said: Vec<_> = said
        .into_iter()
        .map(|sentence| view! { <p class="hint" role="status">{sentence}</p> })
        .collect();
    view! {
        <div class="range" role="group" aria-label="Time range">
            <ul>{quick}</ul>
            <div class="step">
                {step(Some(earlier), "‹ Earlier")} {step(later, "Later ›")} {step(wider, "Zoom out")}
            </div>
            <details>
                <summary>{ends} " " {zone.clone()} <span>"Change"</span></summary>
                <div class="panel">
                    <ul>{periods}</ul>
                    <FilterForm action=link.path().to_owned()>
                        {hidden}
                        <label class="field">
                            <span>"From"</span>
                            <input type="datetime-local" name="from" value=from required/>
                        </label>
                        <label class="field">
                            <span>"Until"</span>
                            <input type="datetime-local" name="until" value=until required/>
                        </label>
                        <label class="field">
                            <span>"Time zone"</span>
                            <input type="text" name="tz" value=zone list="zones" data-zone="" autocomplete="off"/>
                            <datalist id="zones">{zones}</datalist>
                        </label>
                        <button class="main">"Show this time"</button>
                    </FilterForm>
                    <p>
                        <a href=to(&fixed) data-copy="">"Fixed link"</a>
                        <span class="muted">" always shows this very time"</span>
                    </p>
                </div>
            </details>
            {compare}
        </div>
        {said}
    }
    .into_any()
}

/// What to compare with, as links.
fn compare(link: &Link) -> AnyView {
    let chosen = link.get("compare");
    let named = Compare::parse(&chosen).map_or("nothing", Compare::name);
    let choice = |word: &str, label: &'static str| {
        let href = link.clone().with("compare", word).href();
        view! {
            <li>
                <a href=href aria-current=(word == chosen).then_some("true")>
                    {label}
                </a>
            </li>
        }
        .into_any()
    };
    let mut choices = vec![choice("", "nothing")];
    choices.extend(Compare::ALL.map(|(_, word, name)| choice(word, name)));
    view! {
        <details>
            <summary>"Compared with " {named} <span>"Change"</span></summary>
            <div class="panel">
                <ul>{choices}</ul>
            </div>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_two_ends_make_one_range() {
        let mut query = ParamsMap::new();
        query.insert("from", "2026-11-01T00:00".to_owned());
        query.insert("until", "2026-11-02T12:30".to_owned());
        query.insert("tz", "Europe/Berlin".to_owned());
        let found = asked(&query);
        assert_eq!(found.range, "2026-11-01T00:00..2026-11-02T12:30");
        assert_eq!(found.tz, "Europe/Berlin");
        query.insert("range", "7d".to_owned());
        query.remove("from");
        assert_eq!(asked(&query).range, "7d");
    }
}
