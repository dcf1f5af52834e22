//! The style sheet of the page.

use crate::svg::theme;

/// The whole style sheet; nothing in it depends on the content.
pub(crate) fn sheet() -> String {
    let variables = |pick: fn(theme::Colour) -> &'static str| -> String {
        theme::colours().map(|colour| format!("--{}:{};", colour.name, pick(colour))).collect()
    };
    let light = variables(|colour| colour.light);
    let dark = variables(|colour| colour.dark);
    let figures = theme::rules("svg ", |colour| format!("var(--{})", colour.name));
    format!(
        ":root{{color-scheme:light dark;{light}--page:#f4f6f8;--accent:#164abe;--line:#d8dee4;--stripe:#f6f8fa;--note:#fff8e5;--notebar:#b97e00}}\n\
         @media screen and (prefers-color-scheme:dark){{:root{{{dark}--page:#0d1014;--accent:#79aef0;--line:#30363d;--stripe:#1b2026;--note:#27210f;--notebar:#c79a2a}}}}\n\
         {PAGE}{figures}{SCREEN}{PRINT}"
    )
}

const PAGE: &str = r#"*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","DejaVu Sans",sans-serif;-webkit-text-size-adjust:100%;overflow-wrap:break-word}
.skip{position:absolute;left:-999px}
.skip:focus{left:8px;top:8px;background:var(--surface);padding:6px 10px;z-index:1}
header,main,footer{max-width:1120px;margin:0 auto;padding:0 20px}
header{padding-top:34px}
h1{font-size:30px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em}
.sub{margin:0;color:var(--muted)}
.facts{margin:10px 0 0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:8px}
.facts li{border:1px solid var(--line);border-radius:99px;padding:2px 12px;font-size:14px;background:var(--surface)}
nav ol{margin:18px 0 0;padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;border-bottom:1px solid var(--line);padding-bottom:12px}
a{color:var(--accent);text-underline-offset:3px}
section{margin:34px 0 0}
h2{font-size:23px;line-height:1.25;margin:0 0 14px;padding-left:12px;border-left:5px solid var(--accent)}
h3{font-size:16.5px;line-height:1.3;margin:0 0 4px}
p{margin:0 0 12px}
.words{max-width:74ch;margin:0 0 18px}
.words ul{margin:0 0 12px;padding-left:22px}
.note{font-size:14.5px;background:var(--note);border-left:4px solid var(--notebar);padding:8px 14px;border-radius:0 6px 6px 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:12px;margin:0 0 18px;padding:0}
.tile{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:12px 16px;margin:0;display:flex;flex-direction:column}
.tile dt{font-size:14px;color:var(--muted)}
.tile dd{margin:0;font-size:24px;font-weight:650;line-height:1.3;font-variant-numeric:tabular-nums;letter-spacing:-.01em}
.tile dd small{font-size:13px;font-weight:500;color:var(--muted);letter-spacing:0}
.tile dd.more{font-size:13px;font-weight:400;color:var(--muted);letter-spacing:0}
.grid{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:16px;margin:0 0 18px}
figure,.card{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:16px 18px;margin:0;min-width:0}
figure{display:flex;flex-direction:column}
figure.full,.card{grid-column:1/-1}
figcaption p{font-size:14.5px;color:var(--muted);margin:0 0 10px}
svg{display:block;width:100%;height:auto;margin:8px auto 0}
svg.narrow{display:none}
details{margin-top:auto;padding-top:10px;font-size:14px;min-width:0}
summary{cursor:pointer;color:var(--accent);width:max-content}
.scroll{overflow:auto;max-height:460px;margin-top:8px}
.card .scroll{max-height:none}
table{border-collapse:collapse;width:100%;font-size:14px;font-variant-numeric:tabular-nums}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;vertical-align:top}
th{font-weight:600}
thead th{border-bottom:2px solid var(--rule);color:var(--muted);background:var(--surface);position:sticky;top:0}
tbody th{font-weight:500}
tbody tr:nth-child(even){background:var(--stripe)}
.l{text-align:left;white-space:normal;min-width:13ch}
footer{color:var(--muted);font-size:13.5px;margin-top:38px;padding-bottom:40px}
footer p{border-top:1px solid var(--line);padding-top:12px}
"#;

const SCREEN: &str = "@media (max-width:899px){.grid{grid-template-columns:minmax(0,1fr)}figure:not(.full) svg{max-width:620px}}
@media screen and (max-width:759px){figure.full svg.wide{display:none}figure.full svg.narrow{display:block;max-width:520px}}
@media screen and (max-width:559px){svg.wide{display:none}svg.narrow{display:block}header,main,footer{padding-left:14px;padding-right:14px}figure,.card{padding:14px 12px}h1{font-size:25px}h2{font-size:20px}.tiles{grid-template-columns:repeat(auto-fill,minmax(148px,1fr));gap:8px}.tile{padding:10px 12px}.tile dd{font-size:20px}.grid{gap:12px}}
";

/// On paper tables are open, unless long; nothing is torn apart that belongs together.
const PRINT: &str = "@page{size:A4;margin:13mm}
@media print{body{background:none;font-size:10.5pt;line-height:1.4;-webkit-print-color-adjust:exact;print-color-adjust:exact}header,main,footer{max-width:none;padding:0}nav,.skip{display:none}h1{font-size:20pt}h2{font-size:15pt;break-after:avoid}h3{font-size:11.5pt;break-after:avoid}section{margin-top:8mm}section+section{break-before:page;margin-top:0}.grid{grid-template-columns:minmax(0,1fr);gap:4mm}figure.half:not(.broad){display:grid;grid-template-columns:minmax(0,11fr) minmax(0,9fr);column-gap:6mm}figure.half:not(.broad) figcaption{grid-column:1/-1}figure.half:not(.broad) details{grid-column:2;margin:0;padding:0}figure:not(.full) svg{max-width:none}figure,.card,.tile,.note{break-inside:avoid}.card.long{break-inside:auto}figure.broad.half svg{max-width:110mm;margin:0}thead th{white-space:normal}figure{padding:3mm 4mm}figcaption p{font-size:9.5pt}.tiles{grid-template-columns:repeat(4,1fr);gap:2.5mm}.tile{padding:2mm 3mm}.tile dt,.tile dd.more{font-size:9pt}.tile dd{font-size:12.5pt}.scroll{overflow:visible;max-height:none}table,details{font-size:8.5pt}th,td{padding:.7mm 1.4mm}thead{display:table-header-group}thead th{position:static}tr{break-inside:avoid}summary{color:inherit;list-style:none;font-weight:600}summary::marker{content:\"\"}details.long{display:none}details::details-content{content-visibility:visible;display:block;height:auto}a{color:inherit;text-decoration:none}}
";
