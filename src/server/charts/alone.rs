//! Makes a picture that stands alone of one that stands in a page: with its own colours, and
//! without links, which lead nowhere from a file.

/// What the page's style sheet says of a chart in the light, in a file's own words.
const STYLE: &str = "svg{background:#fff}path,polyline{vector-effect:non-scaling-stroke}\
.grid,.base,.outline,.limit,.rate,.p50,.p95,.p99,.before{fill:none}\
.grid{stroke:#dfe3e8}.base{stroke:#8a94a3}.accepted{fill:#2a6fbb}.unchanged{fill:#8a94a3}\
.quarantined{fill:#c2410c}.hatch{fill:#fff;opacity:.6}.outline{stroke:#8a94a3}\
.limit{stroke:#c4261d;stroke-dasharray:6 4}.rate,.p50,.p95,.p99{stroke-width:1.75px}\
.rate{stroke:#c2410c}.p50{stroke:#2a6fbb}.p95{stroke:#7c4dbe;stroke-dasharray:6 3}\
.p99{stroke:#57606a;stroke-dasharray:2 3}.before{stroke:#161b22;stroke-dasharray:4 3;opacity:.7}\
.expected{fill:#8a94a3;opacity:.3}circle{stroke:none}circle.rate{fill:#c2410c}circle.p50{fill:#2a6fbb}\
circle.p95{fill:#7c4dbe}circle.p99{fill:#57606a}circle.before{fill:#161b22}\
text{fill:#57606a;stroke:#fff;stroke-width:14px;paint-order:stroke;font:48px sans-serif}text.word{fill:#161b22}";

/// The same picture as a file of its own.
pub fn alone(svg: &str) -> String {
    let Some((head, rest)) = svg.split_once('>') else {
        return String::new();
    };
    let drawn = rest.split("<a href=").next().unwrap_or_default();
    let drawn = drawn.strip_suffix("</svg>").unwrap_or(drawn);
    format!("{head} width='1120' height='420'><style>{STYLE}</style>{drawn}</svg>")
}
