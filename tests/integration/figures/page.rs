//! Walks a page: each number on it has to be accounted for.

use crate::support::dom::Dom;
use std::collections::HashSet;

/// What people read of an element beside its text.
const READ: [&str; 3] = ["title", "aria-label", "alt"];

/// The content of a page, and which of its elements are accounted for.
pub struct Page {
    dom: Dom,
    known: HashSet<usize>,
}

fn has_number(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
}

impl Page {
    pub fn read(html: &str) -> Self {
        Self {
            dom: Dom::read(html),
            known: HashSet::new(),
        }
    }

    fn find(&self, which: &str) -> Vec<usize> {
        let found = self.dom.find(which);
        assert!(!found.is_empty(), "there is no “{which}” in {:?}", self.dom);
        found
    }

    /// The texts of the elements, which are accounted for from here.
    pub fn take(&mut self, which: &str) -> Vec<String> {
        let found = self.find(which);
        let texts = found.iter().map(|node| self.dom.text(*node)).collect();
        self.known.extend(found);
        texts
    }

    /// The texts of the paragraphs beside and after the first of the elements; accounted for from
    /// here.
    pub fn paragraphs_after(&mut self, which: &str) -> Vec<String> {
        let first = self.find(which)[0];
        let nodes = &self.dom.0;
        let beside = |node: &usize| nodes[*node].parent == nodes[first].parent && nodes[*node].tag == "p";
        let found: Vec<usize> = (first + 1..nodes.len()).filter(beside).collect();
        let texts = found.iter().map(|node| self.dom.text(*node)).collect();
        self.known.extend(found);
        texts
    }

    /// What an attribute of the elements says. Only [`Page::passes`] and [`Page::take`] account
    /// for an element.
    pub fn attribute(&self, which: &str, name: &str) -> Vec<String> {
        let found = self.find(which).into_iter();
        found
            .map(|node| self.dom.0[node].attribute(name).unwrap_or_default().to_owned())
            .collect()
    }

    /// The elements say exactly this, in this order.
    pub fn says(&mut self, which: &str, expected: &[String]) {
        assert_eq!(self.take(which), expected, "{which}");
    }

    /// The elements hold no figures of the log: their numbers are names of things or of times.
    pub fn passes(&mut self, which: &str) {
        self.take(which);
    }

    /// The texts of the cells of the table with a caption, row by row; accounted for from here,
    /// the heads too.
    pub fn table(&mut self, caption: &str) -> Vec<Vec<String>> {
        let below = |above: usize, node: &usize| self.dom.above(*node).any(|a| a == above);
        let captions = self.find("table > caption");
        let table = captions
            .into_iter()
            .find(|node| self.dom.text(*node) == caption)
            .and_then(|node| self.dom.0[node].parent)
            .unwrap_or_else(|| panic!("there is no table “{caption}”"));
        let mut rows = Vec::new();
        for row in self
            .dom
            .find("tbody > tr")
            .into_iter()
            .filter(|row| below(table, row))
        {
            let mut cells = self.dom.find("tr > th");
            cells.extend(self.dom.find("tr > td"));
            cells.retain(|cell| self.dom.0[*cell].parent == Some(row));
            cells.sort_unstable();
            rows.push(cells.into_iter().map(|cell| self.dom.text(cell)).collect());
        }
        self.known.insert(table);
        rows
    }

    /// Fails if anything on the page has a number that nothing above accounted for.
    pub fn ensure_every_number_is_known(&self) {
        let main = self.dom.find("")[0];
        let mut unknown = Vec::new();
        for (at, node) in self.dom.0.iter().enumerate() {
            let is_known = |node: usize| self.known.contains(&node);
            let above: Vec<usize> = self.dom.above(at).collect();
            if is_known(at) || !above.contains(&main) || above.into_iter().any(is_known) {
                continue;
            }
            let said = READ.iter().filter_map(|name| node.attribute(name));
            unknown.extend(said.chain([node.text.as_str()]).filter(|text| has_number(text)));
        }
        assert!(unknown.is_empty(), "nobody knows these numbers: {unknown:#?}");
    }
}

#[test]
fn a_number_that_nobody_accounted_for_is_found_wherever_people_can_read_it() {
    for hidden in [
        "<p>12</p>",
        "<i title='1 of 2'></i>",
        "<svg><title>3</title></svg>",
    ] {
        let mut page = Page::read(&format!("<main><b>7</b>{hidden}</main>"));
        page.says("b", &["7".to_owned()]);
        let looked = std::panic::catch_unwind(|| page.ensure_every_number_is_known());
        assert!(looked.is_err(), "{hidden}");
    }
    let mut page = Page::read("<p>8</p><main><b>7</b><a href='/9'>none</a></main>");
    page.passes("b");
    page.ensure_every_number_is_known();
}
