//! The page: well-formed, self-contained, safe, accessible, the same bytes each time.

use crate::common::{LOG, RETURNS, instant, markup, money, table};
use patronage_core::{Date, UtcOffset};
use patronage_explore::{
    Axis, Dashboard, ErrorKind, Explore, Figure, Orientation, Question, Section, Series, Table,
    TableColumn, Tile, Unit, Width, Words,
};

const HOSTILE: &str = "</script></style></title><img src=x onerror=\"alert('1')\">&amp;{{x}}";

fn date() -> Date {
    Date::new(2020, 4, 30).unwrap()
}

/// A page in which every place that takes text takes `text`.
fn page(text: &str) -> Dashboard {
    let number = || Axis::number(text).unit(Unit::Named(text.to_owned()));
    let one = || Series::over_categories(text, [1.0, 2.0]);
    let names = || Axis::categories(text, [text, "other"]);
    let figures = [
        Figure::line(text, names(), number(), [one(), Series::over_categories("x", [3.0, 1.0])]),
        Figure::bars(text, names(), number(), [one()]),
        Figure::bars(text, names(), number(), [one()])
            .map(|figure| figure.orientation(Orientation::Horizontal)),
        Figure::heat_map(text, names(), names(), number(), [Some(1.0), None, Some(2.0), None]),
        Figure::scatter(text, number(), number(), [Series::new(text, [(1.0, 1.0)])]),
    ];
    let mut section = Section::new(text)
        .words(Words::new().paragraph(text).list([text, text]).note(text))
        .tiles([Tile::text(text, text).detail(text)])
        .table(
            Table::new(text, [TableColumn::text(text, [text]), TableColumn::count(text, [1])])
                .unwrap(),
        );
    for figure in figures {
        let figure = figure.unwrap().description(text).width(Width::Full);
        section = section.figure(match figure.clone().mark_y(1.5, text) {
            Ok(marked) => marked,
            Err(_) => figure,
        });
    }
    Dashboard::new(text, date(), "EUR".parse().unwrap())
        .subtitle(text)
        .footer(text)
        .section(section)
}

fn shop() -> Dashboard {
    let (log, returns) = (table(LOG), table(RETURNS));
    let explore = Explore::new(&log, &UtcOffset::UTC, instant("2020-04-30")).returns(&returns);
    let section = explore.section("EUR".parse().unwrap(), &|item| item.to_string(), &["country"]);
    Dashboard::new("Shop", date(), "EUR".parse().unwrap()).section(section.unwrap()).section(
        Section::new(Question::Next).tiles([Tile::money(
            "Net",
            money("1234567.8"),
            "EUR".parse().unwrap(),
        )]),
    )
}

#[test]
fn it_is_well_formed_and_self_contained() {
    let without_data = Dashboard::new("Empty", date(), "EUR".parse().unwrap());
    for page in [page("plain"), page(HOSTILE), page(""), shop(), without_data] {
        let html = page.to_html();
        let (tags, _) = markup::check(&html).unwrap();
        markup::check_self_contained(&html, &tags);
        assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("//"));
        assert_eq!(html, page.to_html(), "the same bytes again");
        let mut ids: Vec<&str> = tags.iter().filter_map(|tag| tag.attribute("id")).collect();
        for tag in &tags {
            if let Some(target) = tag.attribute("href") {
                assert!(ids.contains(&&target[1..]), "{target} leads nowhere");
            }
            if let Some(label) = tag.attribute("aria-labelledby") {
                assert!(ids.contains(&label), "{label} names nothing");
            }
        }
        let n = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), n, "ids are distinct");
    }
}

#[test]
fn what_comes_from_outside_stays_text() {
    let html = page(HOSTILE).to_html();
    let (tags, text) = markup::check(&html).unwrap();
    assert!(!html.contains("<img") && !html.contains("</script"));
    assert!(tags.iter().all(|tag| tag.attribute("onerror").is_none()));
    let escaped = "&lt;/script&gt;&lt;/style&gt;&lt;/title&gt;&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;{{x}}";
    // Title, heading, navigation, words, tile, tables, captions, pictures: many places, one form.
    assert!(text.matches(escaped).count() >= 20);
    // As many elements as with harmless text: nothing broke out.
    let (harmless, _) = markup::check(
        &page("a label as long as the hostile one, to be cut as well, and on").to_html(),
    )
    .unwrap();
    let names = |tags: &[markup::Tag]| {
        let mut names: Vec<String> = tags.iter().map(|tag| tag.name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    assert_eq!(names(&tags), names(&harmless));
}

#[test]
fn every_picture_has_its_name_and_its_data() {
    let html = shop().to_html();
    let (tags, _) = markup::check(&html).unwrap();
    let count = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
    assert!(count("figure") >= 6);
    assert_eq!(count("details"), count("figure"));
    // Each is drawn for a wide and for a narrow screen.
    assert_eq!(count("svg"), 2 * count("figure"));
    for tag in tags.iter().filter(|tag| tag.name == "svg") {
        assert_eq!(tag.attribute("role"), Some("img"));
        assert!(tag.attribute("aria-label").is_some_and(|label| !label.is_empty()));
    }
    assert_eq!(count("table"), count("details") + 1, "one table stands alone");
    assert!(html.contains("@media print") && html.contains("prefers-color-scheme:dark"));
}

#[test]
fn it_says_what_was_found() {
    let (_, text) = markup::check(&shop().to_html()).unwrap();
    for expected in [
        "Who are my customers?",
        "What do I do next?",
        "as of 2020-04-30",
        "amounts in EUR",
        "5 customers placed 10 orders between 2020-01 and 2020-04, worth 266.73 EUR, or 26.67 EUR an order.",
        "after returns of 5.50 in 1 line",
        "1,234,567.80",
        "2020-04*",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing");
    }
}

#[test]
fn it_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dashboard.html");
    let page = shop();
    page.write_to(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), page.to_html());
    // Again, over what is there.
    page.write_to(&path).unwrap();
    let names = || -> Vec<_> {
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    assert_eq!(names(), ["dashboard.html"]);

    for wrong in [folder.path().to_owned(), folder.path().join("no/such/folder.html"), "/".into()] {
        let error = page.write_to(&wrong).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Io { path, .. } if *path == wrong), "{error}");
        assert!(std::error::Error::source(&error).is_some());
    }
    assert_eq!(names(), ["dashboard.html"], "a failed write leaves nothing behind");
    let mut text = String::new();
    page.render(&mut text).unwrap();
    assert_eq!(text, page.to_html());
}
