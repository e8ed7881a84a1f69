//! What verbs print: data on stdout, words on stderr, one JSON document where JSON is asked for.

use serde::Serialize;
use serde_json::Value;

use crate::Format;
use crate::discreet;
use crate::exit::Exit;

/// One line of data.
pub(crate) fn line(text: impl AsRef<str>) {
    anstream::println!("{}", text.as_ref());
}

/// Bytes as they are, at once.
pub(crate) fn raw(text: &str) {
    use std::io::Write as _;
    let mut out = anstream::stdout().lock();
    // A closed pipe ends nothing but the printing.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Words for people, on stderr; if nobody can read them, that ends nothing.
pub(crate) fn words(text: impl std::fmt::Display) {
    use std::io::Write as _;
    let _ = writeln!(anstream::stderr(), "{}", discreet::text(&text.to_string()));
}

/// The beginning of a line that somebody else ends.
pub(crate) fn begin(text: &str) {
    use std::io::Write as _;
    let mut out = anstream::stderr();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}

/// One document.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<Exit> {
    line(serde_json::to_string_pretty(value)?);
    Ok(Exit::Ok)
}

/// A field as text; empty where it is missing.
pub(crate) fn text(value: &Value, field: &str) -> String {
    match &value[field] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Columns as wide as their widest cell; nothing where there are no rows.
pub(crate) fn table<const N: usize>(heading: &[&str; N], rows: impl IntoIterator<Item = [String; N]>) {
    // A line break or a tab within a cell would break the table.
    let on_one_line = |cell: String| cell.replace(char::is_control, " ");
    let rows: Vec<[String; N]> = rows.into_iter().map(|row| row.map(on_one_line)).collect();
    if rows.is_empty() {
        return;
    }
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heading[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let laid_out = |cells: [&str; N]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    line(laid_out(*heading));
    for row in &rows {
        line(laid_out(std::array::from_fn(|column| row[column].as_str())));
    }
}

/// An incident with its timeline.
pub(crate) fn incident(incident: &Value, format: Format) -> anyhow::Result<Exit> {
    if format == Format::Json {
        return json(incident);
    }
    let field = |name: &str| text(incident, name);
    line(format!("{} {} {}: {}", field("id"), field("severity"), field("stage"), field("title")));
    for (label, name) in [
        ("Component", "component"),
        ("Impact", "impact"),
        ("Commander", "commander"),
        ("Procedure", "procedure"),
        ("Root cause", "root_cause"),
    ] {
        if !field(name).is_empty() {
            line(format!("  {label}: {}", field(name)));
        }
    }
    for entry in incident["timeline"].as_array().into_iter().flatten() {
        line(format!("  {}  {} ({})", text(entry, "at"), text(entry, "text"), actor(&text(entry, "actor"))));
    }
    Ok(Exit::Ok)
}

/// `person:ana` as people say it.
pub(crate) fn actor(written: &str) -> String {
    match written.parse::<allclear_core::Actor>() {
        Ok(actor) => actor.name().to_owned(),
        Err(never) => match never {},
    }
}
