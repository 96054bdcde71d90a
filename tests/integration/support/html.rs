//! Reads figures back from pages, as a person does who looks at them.

/// The text within markup.
pub fn text(html: &str) -> String {
    let mut text = String::new();
    let mut inside = true;
    for c in html.chars() {
        match c {
            '<' => inside = false,
            '>' => inside = true,
            c if inside => text.push(c),
            _ => {}
        }
    }
    text.replace("&amp;", "&").replace("&lt;", "<").trim().to_owned()
}

/// A count as pages write it.
pub fn count(text: &str) -> u64 {
    text.replace(',', "")
        .parse()
        .unwrap_or_else(|_| panic!("“{text}” is no count"))
}

/// A row of a table: where its first link leads, and the text of its cells.
#[derive(Debug)]
pub struct Row {
    pub href: String,
    pub cells: Vec<String>,
}

/// The rows of the table with a caption, without its heads.
pub fn table(page: &str, caption: &str) -> Vec<Row> {
    // What the renderer marks its places with says nothing.
    let page = page.replace("<!>", "");
    let (_, from) = page
        .split_once(&format!("\">{caption}</caption>"))
        .unwrap_or_else(|| panic!("no table “{caption}” in {page}"));
    let (table, _) = from.split_once("</table>").expect("the table's end");
    let (_, rows) = table.split_once("<tbody>").expect("the table's body");
    rows.split("<tr").skip(1).map(row).collect()
}

fn row(html: &str) -> Row {
    let href = html
        .split_once("href=\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    let cells = html
        .split("<t")
        .skip(1)
        .filter(|cell| cell.starts_with('h') || cell.starts_with('d'))
        .map(|cell| text(&format!("<t{cell}")))
        .collect();
    Row {
        href: href
            .map(|(href, _)| href.replace("&amp;", "&"))
            .unwrap_or_default(),
        cells,
    }
}

/// The large figure of the tile with a label.
pub fn tile(page: &str, label: &str) -> String {
    let page = page.replace("<!>", "");
    let (_, from) = page
        .split_once(&format!("\"label\">{label}</span>"))
        .unwrap_or_else(|| panic!("no tile “{label}” in {page}"));
    let (_, from) = from.split_once("\"figure\">").expect("a figure");
    text(from.split_once("</span>").expect("its end").0)
}
