//! YAML as a tree that knows where every node stands, and the Kubernetes objects in it.
//!
//! Invariants: a text is bounded in size, depth and aliases before it is read; placeholders and template tags are
//! replaced by text of the same length, so that positions stay what they are; nothing here panics.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::DuplicateKeyPolicy;
use serde_saphyr::{Location, Options, Spanned};

use crate::shell::lexer::placeholder;
use crate::span::Span;

/// The largest text that is read, in bytes.
const LARGEST: usize = 64 * 1024;

/// How deep nodes may nest.
const DEEPEST: usize = 40;

/// How many aliases a text may hold; each may stand for a large node.
const MOST_ALIASES: usize = 32;

/// How many nodes and events a text may have once its aliases are replaced.
const MOST_NODES: usize = 40_000;

/// One node of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// Where the node begins; for a scalar also where it ends.
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    /// Text, a number or a truth value, as YAML 1.2 understands it.
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// The key of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) span: Span,
    pub(crate) name: String,
}

/// Why a text is not YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The byte at which reading stopped, where that is known.
    pub(crate) at: Option<usize>,
    /// Whether the text was refused for its size, depth or aliases and may well be YAML.
    pub(crate) too_large: bool,
}

/// A Kubernetes object as a file describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) kind: String,
    pub(crate) api_version: String,
    pub(crate) name: Option<String>,
    pub(crate) namespace: Option<String>,
    /// The annotations' keys with their values.
    pub(crate) annotations: Vec<(Key, String)>,
    /// From `apiVersion` to the value of `kind`, or the other way round.
    pub(crate) head: Span,
    /// Where the value of `apiVersion` stands.
    pub(crate) version_span: Span,
    pub(crate) root: Node,
}

impl Node {
    /// The value of an entry of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, node)| node)
    }

    /// An entry of a map.
    pub(crate) fn entry(&self, key: &str) -> Option<&(Key, Self)> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|(name, _)| name.name == key),
            _ => None,
        }
    }

    /// The entries of a map; none for anything else.
    pub(crate) fn entries(&self) -> &[(Key, Self)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The nodes of a list; none for anything else.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the node holds nothing: null, or an empty text, list or map.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.value {
            Value::Null => true,
            Value::Scalar(text) => text.is_empty(),
            Value::List(items) => items.is_empty(),
            Value::Map(entries) => entries.is_empty(),
        }
    }
}

/// The documents of a text, or why it is not YAML.
pub(crate) fn documents(text: &str) -> Result<Vec<Node>, Fault> {
    read(text, 1)
}

/// The documents of a file of its own, which may be larger than what stands in a runbook.
pub(crate) fn large_documents(text: &str) -> Result<Vec<Node>, Fault> {
    read(text, 64)
}

/// Reads a text of up to `scale` times the usual size.
fn read(text: &str, scale: usize) -> Result<Vec<Node>, Fault> {
    if text.len() > scale * LARGEST || deepest_flow(text) > DEEPEST {
        return Err(Fault { at: None, too_large: true });
    }
    let masked = masked(text);
    let nodes: Vec<Spanned<Raw>> =
        serde_saphyr::from_multiple_with_options(&masked, options(scale)).map_err(|error| {
            let at = error.location().and_then(|location| span(location, text.len())).map(|span| span.start);
            let too_large = matches!(error.without_snippet(), serde_saphyr::Error::Budget { .. });
            Fault { at, too_large }
        })?;
    Ok(nodes.into_iter().map(|node| placed(node, text)).collect())
}

/// Whether a text is JSON once its placeholders are filled in.
pub(crate) fn is_json(text: &str) -> bool {
    let mut filled = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        // A digit fits where a number is meant, and inside a text.
        mask_line(line, '1', &mut filled);
    }
    text.len() > LARGEST || serde_json::from_str::<serde::de::IgnoredAny>(&filled).is_ok()
}

/// The Kubernetes objects of a text; those of a `List` one by one, none where the text is not YAML.
pub(crate) fn manifests(text: &str) -> Vec<Manifest> {
    let mut found = Vec::new();
    for node in documents(text).unwrap_or_default() {
        match node.get("items") {
            Some(items) if node.get("kind").and_then(Node::text).is_some_and(|kind| kind.ends_with("List")) => {
                found.extend(items.items().iter().cloned().filter_map(manifest));
            }
            _ => found.extend(manifest(node)),
        }
    }
    found
}

fn manifest(root: Node) -> Option<Manifest> {
    let (version_key, version) = root.entry("apiVersion")?;
    let (kind_key, kind) = root.entry("kind")?;
    let metadata = root.get("metadata");
    let field = |name: &str| metadata.and_then(|it| it.get(name)).and_then(Node::text).map(str::to_owned);
    let annotations = metadata.and_then(|it| it.get("annotations")).map_or(&[][..], Node::entries);
    let text = |node: &Node| node.text().unwrap_or_default().to_owned();
    Some(Manifest {
        kind: kind.text()?.to_owned(),
        api_version: version.text()?.to_owned(),
        name: field("name"),
        namespace: field("namespace"),
        annotations: annotations.iter().map(|(key, value)| (key.clone(), text(value))).collect(),
        head: version_key.span.cover(version.span).cover(kind_key.span).cover(kind.span),
        version_span: version.span,
        root,
    })
}

fn options(scale: usize) -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEEPEST,
            flow_nesting_limit: DEEPEST,
            max_aliases: MOST_ALIASES,
            max_anchors: MOST_ALIASES,
            max_nodes: scale * MOST_NODES,
            max_events: scale * 2 * MOST_NODES,
            max_documents: 256,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_NODES,
            max_replay_stack_depth: DEEPEST,
            max_alias_expansions_per_anchor: MOST_ALIASES,
        },
        duplicate_keys: DuplicateKeyPolicy::FirstWins,
        with_snippet: false,
    }
}

/// How deep brackets nest, at most.
fn deepest_flow(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The text with template tags blanked and placeholders replaced by letters, byte by byte.
fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        let alone = trimmed.starts_with("{{") && trimmed.ends_with("}}") || trimmed == "..." || trimmed == "…";
        if alone || trimmed.starts_with("{%") && trimmed.ends_with("%}") {
            out.extend(line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
        } else {
            mask_line(line, '_', &mut out);
        }
    }
    out
}

fn mask_line(line: &str, filler: char, out: &mut String) {
    let mut rest = line;
    while let Some(at) = rest.find(['<', '{', '$']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let length = if from.starts_with('$') { expansion(from) } else { placeholder(from) };
        match length {
            Some(length) => {
                out.extend(std::iter::repeat_n(filler, length));
                rest = &from[length..];
            }
            None => {
                out.push_str(&from[..1]);
                rest = &from[1..];
            }
        }
    }
    out.push_str(rest);
}

/// Length of `$NAME` or `${…}` in front.
fn expansion(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('$')?;
    match rest.strip_prefix('{') {
        Some(inside) => inside.find(['}', '\n']).filter(|at| inside[*at..].starts_with('}')).map(|at| at + 3),
        None => {
            let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
            (length > 0).then_some(length + 1)
        }
    }
}

fn span(location: Location, last: usize) -> Option<Span> {
    let at = |bytes: u64| usize::try_from(bytes).ok().map(|at| at.min(last));
    let start = at(location.span().byte_offset()?)?;
    let length = at(location.span().byte_len().unwrap_or(0))?;
    Some(Span::new(start, (start + length).min(last)))
}

/// The node with its span; a scalar with a placeholder says what is written.
fn placed(node: Spanned<Raw>, text: &str) -> Node {
    let span = trimmed(node.defined, text);
    let value = match node.value {
        Raw::Null => Value::Null,
        Raw::Scalar(read) => Value::Scalar(as_written(read, span.slice(text))),
        Raw::List(items) => Value::List(items.into_iter().map(|item| placed(item, text)).collect()),
        Raw::Map(entries) => {
            let entries = entries.into_iter().map(|(key, value)| {
                let span = trimmed(key.defined, text);
                (Key { span, name: as_written(key.value, span.slice(text)) }, placed(value, text))
            });
            Value::Map(entries.collect())
        }
    };
    Node { span, value }
}

fn as_written(read: String, source: &str) -> String {
    let masked = read.contains('_') && source.contains(['<', '{', '$']) && !source.contains('\n');
    if masked { source.trim_matches(['"', '\'']).to_owned() } else { read }
}

fn trimmed(location: Location, text: &str) -> Span {
    let Some(found) = span(location, text.len()) else { return Span::default() };
    let (start, end) = (text.floor_char_boundary(found.start), text.floor_char_boundary(found.end));
    let source = text.get(start..end).unwrap_or_default();
    Span::new(start, start + source.trim_end().len())
}

/// A node as it is read, before positions are put right.
enum Raw {
    Null,
    Scalar(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any node")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Scalar(value.to_owned()))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Raw, E> {
        Ok(Raw::Scalar(String::from_utf8_lossy(value).into_owned()))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut found = Vec::new();
        while let Some(item) = items.next_element()? {
            found.push(item);
        }
        Ok(Raw::List(found))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Raw, A::Error> {
        let mut found = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            found.push(entry);
        }
        Ok(Raw::Map(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_read_with_the_place_of_what_it_says() {
        let text = "# é\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: <name>-x\n  namespace: {{ ns }}\n  annotations:\n    a/b: |\n      location /x {\n      }\n  labels: {replicas: 0, on: true, 1: 2}\n";
        let found = manifests(text);
        let one = &found[0];
        assert_eq!((one.kind.as_str(), one.api_version.as_str()), ("Ingress", "networking.k8s.io/v1"));
        assert_eq!(one.name.as_deref(), Some("<name>-x"));
        assert_eq!(one.namespace.as_deref(), Some("{{ ns }}"));
        assert_eq!(one.head.slice(text), "apiVersion: networking.k8s.io/v1\nkind: Ingress");
        assert_eq!(one.annotations[0].0.span.slice(text), "a/b");
        let labels = one.root.get("metadata").and_then(|it| it.get("labels")).unwrap();
        assert_eq!(labels.get("replicas").and_then(Node::text), Some("0"));
        assert_eq!(labels.entries().len(), 3);
    }

    #[test]
    fn several_documents_and_the_items_of_a_list_are_objects_each() {
        let text = "apiVersion: v1\nkind: Pod\n---\n---\nkind: List\napiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Service\n- x\n";
        let kinds: Vec<String> = manifests(text).into_iter().map(|it| it.kind).collect();
        assert_eq!(kinds, ["Pod", "Service"]);
    }

    #[test]
    fn what_is_not_yaml_is_refused_and_nothing_panics() {
        assert!(documents("{\"a\": [1, 2}").is_err());
        assert_eq!(documents("{'a': 1}").map(|it| it.len()), Ok(1));
        assert!(documents(&"[".repeat(100_000)).unwrap_err().too_large);
        assert!(documents(&"- ".repeat(20_000)).is_err());
        assert!(documents(&format!("{}a: 1", "? ".repeat(5_000))).is_err());
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n";
        let _ = documents(bomb);
        for text in
            ["", "\u{feff}a: é", "\t", "a: *x", "%YAML 1.2", "a:\r\n  b: 1\r\n", "\0", "<<: *a", "{{", "${", "<", "? :"]
        {
            let _ = documents(text);
            let _ = manifests(text);
        }
    }
}
