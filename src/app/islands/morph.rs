//! Turns a part of the page into a newer one by changing no more than differs, so that scroll,
//! focus, selection, what is typed and what is folded open stay.

use leptos::prelude::{document, window};
use leptos::wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::{Function, Reflect};
use web_sys::{Element, Node};

/// Turns `old` into `new`, which is taken apart for it. Children with an `id` or a `data-key`
/// are found again wherever they went; the others keep their place.
pub(super) fn morph(old: &Element, new: &Element) -> Result<(), JsValue> {
    if old.is_equal_node(Some(new)) || is_in_use(old) {
        return Ok(());
    }
    take_attributes(old, new)?;
    let mut at = old.first_child();
    for wanted in children(new) {
        if let Some(here) = at.clone().filter(|here| are_alike(here, &wanted)) {
            at = here.next_sibling();
            take(&here, &wanted)?;
        } else if let Some(moved) = find(at.clone(), &wanted) {
            old.insert_before(&moved, at.as_ref())?;
            take(&moved, &wanted)?;
        } else {
            old.insert_before(&wanted, at.as_ref())?;
            wake(&wanted)?;
        }
    }
    while let Some(gone) = at {
        at = gone.next_sibling();
        old.remove_child(&gone)?;
    }
    Ok(())
}

/// Turns one node into another that is like it.
fn take(here: &Node, wanted: &Node) -> Result<(), JsValue> {
    match (here.dyn_ref::<Element>(), wanted.dyn_ref::<Element>()) {
        (Some(here), Some(wanted)) => morph(here, wanted)?,
        _ if here.node_value() != wanted.node_value() => here.set_node_value(wanted.node_value().as_deref()),
        _ => {}
    }
    Ok(())
}

/// Whether somebody is typing in it, or it is an island, which draws itself.
fn is_in_use(element: &Element) -> bool {
    match element.local_name().as_str() {
        "form" => document()
            .active_element()
            .is_some_and(|active| element.contains(Some(&active))),
        "leptos-island" => true,
        _ => false,
    }
}

fn take_attributes(old: &Element, new: &Element) -> Result<(), JsValue> {
    let is_kept = |name: &str| name == "open" && old.local_name() == "details";
    for name in names(old) {
        if !new.has_attribute(&name) && !is_kept(&name) {
            old.remove_attribute(&name)?;
        }
    }
    for name in names(new) {
        let value = new.get_attribute(&name);
        if value != old.get_attribute(&name)
            && !is_kept(&name)
            && let Some(value) = value
        {
            old.set_attribute(&name, &value)?;
        }
    }
    Ok(())
}

fn names(element: &Element) -> Vec<String> {
    let names = element.get_attribute_names();
    names.iter().filter_map(|name| name.as_string()).collect()
}

/// The children as they are now, whatever becomes of them afterwards.
fn children(parent: &Element) -> Vec<Node> {
    std::iter::successors(parent.first_child(), Node::next_sibling).collect()
}

/// What a node is known by among its siblings.
fn key(node: &Node) -> Option<String> {
    let element = node.dyn_ref::<Element>()?;
    element
        .get_attribute("data-key")
        .or_else(|| element.get_attribute("id"))
}

fn are_alike(here: &Node, wanted: &Node) -> bool {
    here.node_name() == wanted.node_name() && key(here) == key(wanted) && part(here) == part(wanted)
}

/// Which island a node is, if it is one: another is another, with other code.
fn part(node: &Node) -> Option<(Option<String>, Option<String>)> {
    let element = node.dyn_ref::<Element>()?;
    let is_island = element.local_name() == "leptos-island";
    is_island.then(|| {
        (
            element.get_attribute("data-component"),
            element.get_attribute("data-props"),
        )
    })
}

/// The sibling from `at` on that has the key of `wanted`.
fn find(at: Option<Node>, wanted: &Node) -> Option<Node> {
    let wanted_key = key(wanted)?;
    std::iter::successors(at, Node::next_sibling)
        .find(|node| key(node).as_ref() == Some(&wanted_key) && node.node_name() == wanted.node_name())
}

/// Wakes the islands in a node that is new to the page, by the function that `public/wake.js`
/// leaves for that.
fn wake(node: &Node) -> Result<(), JsValue> {
    let Ok(wake) = Reflect::get(&window(), &"wakeIslands".into())?.dyn_into::<Function>() else {
        return Ok(());
    };
    if node.has_type::<Element>() {
        wake.call1(&JsValue::UNDEFINED, node)?;
    }
    Ok(())
}
