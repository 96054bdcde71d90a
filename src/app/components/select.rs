//! Offers a choice in a filter.

use crate::domain::ids::PartnerId;
use leptos::prelude::*;

/// A select with its label. A value that is chosen but not offered is offered too, so that a
/// filter never shows other than what it does.
#[component]
pub fn Select(
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// The parameter.
    name: &'static str,
    /// What choosing nothing means.
    #[prop(into)]
    none: String,
    /// Values and their words.
    mut options: Vec<(String, String)>,
    /// The value chosen now; empty for none.
    chosen: String,
) -> impl IntoView {
    if !chosen.is_empty() && options.iter().all(|(value, _)| *value != chosen) {
        options.push((chosen.clone(), chosen.clone()));
    }
    let options: Vec<_> = options
        .into_iter()
        .map(|(value, words)| {
            let selected = value == chosen;
            view! {
                <option value=value selected=selected>
                    {words}
                </option>
            }
        })
        .collect();
    view! {
        <label class="field">
            <span>{label}</span>
            <select name=name>
                <option value="">{none}</option>
                {options}
            </select>
        </label>
    }
    .into_any()
}

/// Which partner; nothing at all for those who have only one.
#[component]
pub fn PartnerField(
    /// Partners within the reader's scope: slug and name.
    partners: Vec<(PartnerId, String)>,
    /// The slug chosen now; empty for none.
    chosen: String,
) -> impl IntoView {
    if partners.len() < 2 && chosen.is_empty() {
        return ().into_any();
    }
    let mut options: Vec<_> = partners
        .into_iter()
        .map(|(id, name)| (id.to_string(), name))
        .collect();
    options.sort_by_cached_key(|(_, name)| name.to_lowercase());
    view! { <Select label="Partner" name="partner" none="All" options chosen/> }.into_any()
}
