//! A small checker of markup: every tag is closed, in order, and every attribute is quoted.

/// Elements of HTML that have no end.
const VOID: [&str; 3] = ["meta", "link", "br"];

/// One element as it opened: its name and attributes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Checks that tags balance and returns all of them with all text between; fails with what is wrong.
pub(crate) fn check(markup: &str) -> Result<(Vec<Tag>, String), String> {
    let mut tags = Vec::new();
    let mut text = String::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = markup;
    while let Some(at) = rest.find('<') {
        let before = &rest[..at];
        if open.last().is_some_and(|name| name == "style") {
            // Nothing but its own end ends a style sheet.
            let end = rest.find("</style>").ok_or("a style sheet without end")?;
            rest = &rest[end..];
        } else {
            plain(before)?;
            text.push_str(before);
            text.push('\n');
            rest = &rest[at..];
        }
        let end = rest.find('>').ok_or_else(|| format!("a tag without end: {rest:.40}"))?;
        let inside = &rest[1..end];
        rest = &rest[end + 1..];
        if inside.eq_ignore_ascii_case("!doctype html") {
            continue;
        }
        if let Some(name) = inside.strip_prefix('/') {
            let last = open.pop().ok_or_else(|| format!("</{name}> where nothing is open"))?;
            if last != name {
                return Err(format!("</{name}> where <{last}> is open"));
            }
            continue;
        }
        let (inside, closed) = match inside.strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        let tag = tag(inside)?;
        if !closed && !VOID.contains(&tag.name.as_str()) {
            open.push(tag.name.clone());
        }
        tags.push(tag);
    }
    plain(rest)?;
    if let Some(name) = open.pop() {
        return Err(format!("<{name}> is never closed"));
    }
    Ok((tags, text))
}

fn tag(inside: &str) -> Result<Tag, String> {
    let name_end = inside.find(char::is_whitespace).unwrap_or(inside.len());
    let (name, mut rest) = inside.split_at(name_end);
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(format!("no name of an element: <{inside}>"));
    }
    let mut attributes: Vec<(String, String)> = Vec::new();
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(Tag { name: name.to_owned(), attributes });
        }
        let equals = rest.find("=\"").ok_or_else(|| format!("no quoted value: <{inside}>"))?;
        let attribute = &rest[..equals];
        if attribute.is_empty()
            || !attribute.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            return Err(format!("no name of an attribute: {attribute:?} in <{inside}>"));
        }
        let value = &rest[equals + 2..];
        let end = value.find('"').ok_or_else(|| format!("a value without end: <{inside}>"))?;
        plain(&value[..end])?;
        if attributes.iter().any(|(known, _)| known == attribute) {
            return Err(format!("{attribute} twice in <{inside}>"));
        }
        attributes.push((attribute.to_owned(), value[..end].to_owned()));
        rest = &value[end + 1..];
    }
}

/// Text holds no bare markup, and its ampersands begin known references.
fn plain(text: &str) -> Result<(), String> {
    if let Some(wrong) = text.find(['<', '>']) {
        return Err(format!("bare markup in text: {:.40}", &text[wrong..]));
    }
    for (at, _) in text.match_indices('&') {
        let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        if !known.iter().any(|reference| text[at..].starts_with(reference)) {
            return Err(format!("bare ampersand: {:.40}", &text[at..]));
        }
    }
    match text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        Some(control) => Err(format!("control character {control:?}")),
        None => Ok(()),
    }
}

/// Checks that nothing in the page is loaded from anywhere or run.
pub(crate) fn check_self_contained(markup: &str, tags: &[Tag]) {
    for tag in tags {
        assert!(
            !["script", "link", "img", "iframe", "object", "embed", "image", "use", "base", "form"]
                .contains(&tag.name.as_str()),
            "<{}> in a self-contained page",
            tag.name
        );
        for (name, value) in &tag.attributes {
            assert!(!name.starts_with("on") && name != "src" && name != "srcset", "{name}={value}");
            if name == "href" {
                assert!(value.starts_with('#'), "a link out of the page: {value}");
            }
        }
    }
    for wrong in ["url(", "@import", "javascript:", "@font-face"] {
        assert!(!markup.contains(wrong), "{wrong} in the page");
    }
}
