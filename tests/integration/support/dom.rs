//! Reads a page into a tree and finds elements in it, as far as our own pages need: they close
//! every element that has an end.

/// Elements that have no end.
const VOID: [&str; 9] = [
    "area", "br", "col", "hr", "img", "input", "link", "meta", "source",
];

/// One element or one run of text.
#[derive(Debug)]
pub struct Node {
    pub parent: Option<usize>,
    /// The element's name; empty for text.
    pub tag: String,
    pub attributes: Vec<(String, String)>,
    /// The text; empty for an element.
    pub text: String,
}

impl Node {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Whether it is `tag#id.class:not(.class)`; each part may be missing.
    fn is(&self, wanted: &str) -> bool {
        let (wanted, not) = match wanted.split_once(":not(.") {
            Some((wanted, not)) => (wanted, not.strip_suffix(')')),
            None => (wanted, None),
        };
        let has_class = |class: &str| {
            let classes = self.attribute("class").unwrap_or_default();
            classes.split_whitespace().any(|c| c == class)
        };
        let from = wanted.find(['#', '.']).unwrap_or(wanted.len());
        let (tag, mut rest) = wanted.split_at(from);
        if self.tag.is_empty() || !(tag.is_empty() || tag == self.tag) || not.is_some_and(has_class) {
            return false;
        }
        while !rest.is_empty() {
            let until = rest[1..].find(['#', '.']).map_or(rest.len(), |at| at + 1);
            let (part, after) = rest.split_at(until);
            let fits = match part.strip_prefix('#') {
                Some(id) => self.attribute("id") == Some(id),
                None => has_class(&part[1..]),
            };
            if !fits {
                return false;
            }
            rest = after;
        }
        true
    }
}

/// A page as a tree: its nodes in the order of the page.
#[derive(Debug)]
pub struct Dom(pub Vec<Node>);

impl Dom {
    pub fn read(html: &str) -> Self {
        let mut nodes = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut rest = html;
        while !rest.is_empty() {
            let Some(markup) = rest.strip_prefix('<') else {
                let until = rest.find('<').unwrap_or(rest.len());
                nodes.push(Node {
                    parent: open.last().copied(),
                    tag: String::new(),
                    attributes: Vec::new(),
                    text: plain(&rest[..until]),
                });
                rest = &rest[until..];
                continue;
            };
            if let Some(remark) = markup.strip_prefix("!--") {
                rest = remark.split_once("-->").map_or("", |(_, rest)| rest);
                continue;
            }
            let (inside, after) = tag(markup);
            rest = after;
            if let Some(name) = inside.strip_prefix('/') {
                let at = open.iter().rposition(|at| {
                    let node: &Node = &nodes[*at];
                    node.tag == name.trim()
                });
                open.truncate(at.unwrap_or(open.len()));
            } else if !inside.starts_with('!') {
                let node = element(inside, open.last().copied());
                let (name, closed) = (node.tag.clone(), inside.ends_with('/'));
                nodes.push(node);
                if ["script", "style"].contains(&name.as_str()) {
                    let end = format!("</{name}>");
                    rest = rest.split_once(&end).map_or("", |(_, rest)| rest);
                } else if !closed && !VOID.contains(&name.as_str()) {
                    open.push(nodes.len() - 1);
                }
            }
        }
        Self(nodes)
    }

    /// The nodes above one, the nearest first.
    pub fn above(&self, node: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.0[node].parent, |above| self.0[*above].parent)
    }

    /// The elements that a selector names, of those below `main`: parts as [`Node::is`] reads
    /// them, each below the one before it, or right below it after `>`.
    pub fn find(&self, selector: &str) -> Vec<usize> {
        let parts: Vec<&str> = std::iter::once("main")
            .chain(selector.split_whitespace())
            .collect();
        (0..self.0.len())
            .filter(|node| self.fits(*node, &parts))
            .collect()
    }

    fn fits(&self, node: usize, parts: &[&str]) -> bool {
        let Some((wanted, before)) = parts.split_last() else {
            return true;
        };
        if !self.0[node].is(wanted) {
            return false;
        }
        match before {
            [] => true,
            [before @ .., ">"] => self
                .above(node)
                .next()
                .is_some_and(|above| self.fits(above, before)),
            _ => self.above(node).any(|above| self.fits(above, before)),
        }
    }

    /// The text of a node as people read it, on one line.
    pub fn text(&self, node: usize) -> String {
        // What is below a node comes right after it.
        let below = (node + 1..self.0.len()).take_while(|at| self.above(*at).any(|a| a == node));
        let below = std::iter::once(node).chain(below);
        let all: String = below.map(|at| self.0[at].text.as_str()).collect();
        all.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// What stands within a tag, and what comes after it; `>` may stand in a value.
fn tag(markup: &str) -> (&str, &str) {
    let mut quote = None;
    for (at, c) in markup.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '>') => return (&markup[..at], &markup[at + 1..]),
            _ => {}
        }
    }
    (markup, "")
}

fn element(inside: &str, parent: Option<usize>) -> Node {
    let until = inside.find([' ', '/', '\n']).unwrap_or(inside.len());
    let (name, mut rest) = inside.split_at(until);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '/', '\n']);
        let until = rest.find([' ', '=', '/']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(until);
        if name.is_empty() {
            break;
        }
        rest = after;
        let mut value = "";
        if let Some(after) = rest.strip_prefix('=') {
            let quote = after.chars().next().filter(|c| ['"', '\''].contains(c));
            let (found, after) = match quote {
                Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                None => after.split_at(after.find(' ').unwrap_or(after.len())),
            };
            (value, rest) = (found, after);
        }
        attributes.push((name.to_owned(), plain(value)));
    }
    Node {
        parent,
        tag: name.to_owned(),
        attributes,
        text: String::new(),
    }
}

fn plain(text: &str) -> String {
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&amp;", "&"),
    ];
    named
        .iter()
        .fold(text.to_owned(), |text, (name, c)| text.replace(name, c))
}

#[test]
fn elements_are_found_by_name_id_class_and_place() {
    let dom = Dom::read(
        "<!DOCTYPE html><body><p class=a>no</p><main><!--x--><p id='one' class=\"a b\" hidden>5 &lt; <b>6</b><br> 7</p>\
         <!><svg><a title='1 > 0'><title>t</title></a></svg><script>if (a < b) \"<p>\"</script><p>last</p></main>",
    );
    let texts = |selector: &str| -> Vec<String> { dom.find(selector).iter().map(|n| dom.text(*n)).collect() };
    assert_eq!(texts("p"), ["5 < 6 7", "last"]);
    assert_eq!(texts("p.b.a"), ["5 < 6 7"]);
    assert_eq!(texts("#one b"), ["6"]);
    assert_eq!(texts("p:not(.a)"), ["last"]);
    assert_eq!(texts("svg title"), ["t"]);
    assert_eq!(texts("svg > title"), Vec::<String>::new());
    assert_eq!(texts("svg > a > title"), ["t"]);
    assert_eq!(dom.0[dom.find("svg a")[0]].attribute("title"), Some("1 > 0"));
}
