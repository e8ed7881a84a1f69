//! The Kubernetes objects that a runbook shows: in fences of YAML, and in the here-documents of its commands.

use crate::lint::Document;
use crate::lint::document::Entry;
use crate::span::Span;
use crate::syntax::yaml::{self, Manifest};

/// One object with where it stands.
#[derive(Debug)]
pub(super) struct Shown<'d, 'a> {
    pub(super) entry: &'d Entry<'a>,
    pub(super) manifest: Manifest,
    /// Offset of the YAML in the command's text; absent where it is not known.
    offset: Option<usize>,
    /// Whether a command is given it as a here-document.
    pub(super) fed: bool,
}

impl Shown<'_, '_> {
    /// The bytes of the file behind a span of the YAML.
    pub(super) fn at(&self, span: Span) -> Span {
        match self.offset {
            Some(by) => self.entry.place(Span::new(span.start + by, span.end + by)),
            None => self.entry.command.span,
        }
    }

    /// `Ingress checkout`, as people speak of it.
    pub(super) fn words(&self) -> String {
        match &self.manifest.name {
            Some(name) => format!("{} `{name}`", self.manifest.kind),
            None => self.manifest.kind.clone(),
        }
    }
}

/// The objects in texts that hold one of the words.
pub(super) fn shown<'d, 'a>(document: &'d Document<'a>, words: &[&str]) -> Vec<Shown<'d, 'a>> {
    let mut found = Vec::new();
    for entry in document.entries().filter(|entry| words.iter().any(|word| entry.command.text.contains(word))) {
        if entry.command.language == "yaml" {
            let manifests = yaml::manifests(&entry.command.text).into_iter();
            found.extend(manifests.map(|manifest| Shown { entry, manifest, offset: Some(0), fed: false }));
        }
        let bodies = entry.script.invocations.iter().flat_map(|invocation| &invocation.redirects);
        for body in bodies.filter_map(|redirect| redirect.body.as_ref()).filter(|body| body.text.contains("kind:")) {
            let manifests = yaml::manifests(&body.text).into_iter();
            found.extend(manifests.map(|manifest| Shown { entry, manifest, offset: body.start, fed: true }));
        }
    }
    found
}
