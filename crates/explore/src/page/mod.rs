//! The dashboard as HTML.

mod style;

use std::fmt::Write;

use crate::dashboard::Dashboard;
use crate::escape::{escape, escaped};
use crate::figure::{Figure, Width};
use crate::section::{Element, Section};
use crate::svg;
use crate::table::Table;
use crate::tile::Tile;
use crate::words::{Block, Words};

/// Tables longer than this, or of more cells, are left out in print where they only repeat a picture.
const LONG: usize = 26;
const MANY_CELLS: usize = 150;

/// Tables of more columns than this need the whole width of a sheet of paper.
const BROAD: usize = 5;

pub(crate) fn html(dashboard: &Dashboard) -> String {
    let title = escaped(dashboard.title());
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#content\">Skip to the content</a>\n<header>\n<h1>{title}</h1>\n",
        style::sheet()
    );
    if !dashboard.subtitle_line().is_empty() {
        element(&mut out, "p class=\"sub\"", "p", dashboard.subtitle_line());
    }
    let _ = write!(
        out,
        "<ul class=\"facts\"><li>as of {}</li><li>amounts in {}</li></ul>\n<nav aria-label=\"Sections\"><ol>",
        dashboard.as_of(),
        dashboard.currency()
    );
    for (position, section) in dashboard.sections().iter().enumerate() {
        let _ = write!(out, "<li><a href=\"#section-{}\">", position + 1);
        escape(&mut out, section.heading());
        out.push_str("</a></li>");
    }
    out.push_str("</ol></nav>\n</header>\n<main id=\"content\">\n");
    for (position, section) in dashboard.sections().iter().enumerate() {
        write_section(&mut out, section, position + 1);
    }
    out.push_str("</main>\n<footer>");
    if !dashboard.footer_line().is_empty() {
        element(&mut out, "p", "p", dashboard.footer_line());
    }
    out.push_str("</footer>\n</body>\n</html>\n");
    out
}

/// What stands together: tiles in rows, figures and tables in a grid.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Group {
    Words,
    Tiles,
    Grid,
}

fn write_section(out: &mut String, section: &Section, number: usize) {
    let _ = writeln!(out, "<section aria-labelledby=\"heading-{number}\" id=\"section-{number}\">");
    let _ = write!(out, "<h2 id=\"heading-{number}\">");
    escape(out, section.heading());
    out.push_str("</h2>\n");
    let group_of = |element: &Element| match element {
        Element::Words(_) => Group::Words,
        Element::Tile(_) => Group::Tiles,
        Element::Figure(_) | Element::Table(_) => Group::Grid,
    };
    let together = section.elements().chunk_by(|a, b| group_of(a) == group_of(b));
    for elements in together {
        let group = group_of(&elements[0]);
        out.push_str(match group {
            Group::Words => "<div class=\"words\">\n",
            Group::Tiles => "<dl class=\"tiles\">\n",
            Group::Grid => "<div class=\"grid\">\n",
        });
        for element in elements {
            match element {
                Element::Words(words) => write_words(out, words),
                Element::Tile(tile) => write_tile(out, tile),
                Element::Figure(figure) => write_figure(out, figure),
                Element::Table(table) => write_card(out, table),
            }
        }
        out.push_str(if group == Group::Tiles { "</dl>\n" } else { "</div>\n" });
    }
    out.push_str("</section>\n");
}

/// `<open>text</close>`, the text escaped.
fn element(out: &mut String, open: &str, close: &str, text: &str) {
    let _ = write!(out, "<{open}>");
    escape(out, text);
    let _ = write!(out, "</{close}>");
}

fn write_words(out: &mut String, words: &Words) {
    for block in words.blocks() {
        match block {
            Block::Paragraph(text) => element(out, "p", "p", text),
            Block::Note(text) => element(out, "p class=\"note\"", "p", text),
            Block::List(points) => {
                out.push_str("<ul>");
                points.iter().for_each(|point| element(out, "li", "li", point));
                out.push_str("</ul>");
            }
        }
        out.push('\n');
    }
}

fn write_tile(out: &mut String, tile: &Tile) {
    out.push_str("<div class=\"tile\">");
    element(out, "dt", "dt", tile.label());
    out.push_str("<dd>");
    escape(out, tile.value());
    if !tile.unit().is_empty() {
        out.push(' ');
        element(out, "small", "small", tile.unit());
    }
    out.push_str("</dd>");
    if !tile.detail_line().is_empty() {
        element(out, "dd class=\"more\"", "dd", tile.detail_line());
    }
    out.push_str("</div>\n");
}

fn write_figure(out: &mut String, figure: &Figure) {
    let data = figure.data();
    let class = match figure.takes() {
        Width::Half if data.columns().len() > BROAD => "half broad",
        Width::Half => "half",
        Width::Full => "full",
    };
    let _ = write!(out, "<figure class=\"{class}\">\n<figcaption>");
    element(out, "h3", "h3", figure.title());
    if !figure.words().is_empty() {
        element(out, "p", "p", figure.words());
    }
    out.push_str("</figcaption>\n");
    svg::inline(out, figure, svg::wide(figure), "wide");
    out.push('\n');
    // The same picture drawn for a telephone, where the wide one would be too small to read.
    svg::inline(out, figure, svg::NARROW, "narrow");
    let n_cells = data.n_rows() * data.columns().len();
    let long = if data.n_rows() > LONG || n_cells > MANY_CELLS { " class=\"long\"" } else { "" };
    let _ = write!(out, "\n<details{long}><summary>Data as a table</summary>\n");
    write_table(out, &data);
    out.push_str("</details>\n</figure>\n");
}

fn write_card(out: &mut String, table: &Table) {
    let class = if table.n_rows() > LONG { "card long" } else { "card" };
    let _ = writeln!(out, "<div class=\"{class}\">");
    element(out, "h3", "h3", table.title());
    write_table(out, table);
    out.push_str("</div>\n");
}

fn write_table(out: &mut String, table: &Table) {
    // Scrollable regions must be reachable without a pointer.
    let label = escaped(table.title());
    let _ = write!(
        out,
        "<div class=\"scroll\" role=\"region\" aria-label=\"{label}\" tabindex=\"0\"><table>"
    );
    element(out, "caption", "caption", table.title());
    out.push_str("<thead><tr>");
    for column in table.columns() {
        let class = if column.is_text() { " class=\"l\"" } else { "" };
        let _ = write!(out, "<th scope=\"col\"{class}>");
        escape(out, &column.heading());
        out.push_str("</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in 0..table.n_rows() {
        out.push_str("<tr>");
        for (position, column) in table.columns().iter().enumerate() {
            let class = if column.is_text() { " class=\"l\"" } else { "" };
            // The first column names the row.
            let (open, close) =
                if position == 0 { ("th scope=\"row\"", "th") } else { ("td", "td") };
            element(out, &format!("{open}{class}"), close, &column.shown(row));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}
