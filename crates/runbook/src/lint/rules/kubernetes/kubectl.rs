//! What a call of kubectl or oc is about: its verb, the objects that it names, where they are, whether it changes them.

use crate::lint::document::Place;
use crate::lint::{Document, Scope};
use crate::span::Span;
use crate::syntax::bash::Word;
use crate::syntax::call::Call;

/// One call of kubectl or oc.
#[derive(Debug, Clone)]
pub(super) struct Kubectl<'d, 'a> {
    pub(super) place: Place<'d, 'a>,
    pub(super) call: &'d Call<'d>,
}

/// An object, or all of a kind, that a call names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object<'d> {
    /// The kind in the singular where it is known, else as written.
    pub(super) kind: &'d str,
    pub(super) name: Option<&'d str>,
    /// The words in the command's text.
    pub(super) span: Span,
}

impl Object<'_> {
    /// Whether both are the same object.
    pub(super) fn is(&self, other: &Object<'_>) -> bool {
        self.kind == other.kind && self.name == other.name
    }

    /// `deployment/checkout`, or the kind alone.
    pub(super) fn words(&self) -> String {
        self.name.map_or_else(|| self.kind.to_owned(), |name| format!("{}/{name}", self.kind))
    }
}

/// The calls of a scope, in the order of the text.
pub(super) fn calls<'d, 'a>(scope: &'d Scope<'a>) -> impl Iterator<Item = Kubectl<'d, 'a>> {
    scope.invocations().filter_map(Kubectl::of)
}

/// The calls of a document, in the order of its scopes.
pub(super) fn all_calls<'d, 'a>(document: &'d Document<'a>) -> impl Iterator<Item = Kubectl<'d, 'a>> {
    document.invocations().filter_map(Kubectl::of)
}

impl<'d, 'a> Kubectl<'d, 'a> {
    /// The call, if the program is kubectl or oc.
    pub(super) fn of(place: Place<'d, 'a>) -> Option<Self> {
        matches!(place.program(), "kubectl" | "oc" | "k").then(|| Self { place, call: place.call() })
    }

    /// The operands from the verb on; `oc adm drain` is `drain`.
    pub(super) fn operands(&self) -> &[&'d Word] {
        let all = self.call.operands.as_slice();
        if self.call.operand(0) == "adm" { &all[1..] } else { all }
    }

    /// `get`, `delete`, `rollout` …
    pub(super) fn verb(&self) -> &'d str {
        self.operands().first().map_or("", |word| word.value.as_str())
    }

    /// The word behind the verb.
    pub(super) fn second(&self) -> &'d str {
        self.operands().get(1).map_or("", |word| word.value.as_str())
    }

    /// The bytes of the file from the program to the verb.
    pub(super) fn head(&self) -> Span {
        let words = &self.place.invocation.words;
        let first = words.first().map_or(self.place.invocation.span, |word| word.span);
        let verb = self.operands().first().map_or(first, |word| word.span);
        self.place.entry.place(first.cover(verb))
    }

    /// The bytes of the file behind a span of the command's text.
    pub(super) fn at(&self, span: Span) -> Span {
        self.place.entry.place(span)
    }

    /// Byte of the file at which the call begins.
    pub(super) fn start(&self) -> usize {
        self.place.span().start
    }

    /// Line of the call in the file.
    pub(super) fn line(&self, document: &Document<'_>) -> u32 {
        document.lines.line(self.start())
    }

    pub(super) fn namespace(&self) -> Option<&'d str> {
        self.call.value(&["-n", "--namespace"])
    }

    /// Whether it only says what it would do.
    pub(super) fn is_dry(&self) -> bool {
        let dry = |name: &str, value: Option<&str>| name == "--dry-run" && !matches!(value, Some("none" | "false"));
        self.call.flags.iter().any(|flag| dry(&flag.name, flag.value)) || self.call.has(&["--local"])
    }

    /// Whether it changes objects of the cluster.
    pub(super) fn mutates(&self) -> bool {
        let changes = match self.verb() {
            "delete" | "apply" | "replace" | "patch" | "edit" | "scale" | "annotate" | "label" | "cordon"
            | "uncordon" | "drain" | "taint" | "expose" | "autoscale" | "run" => true,
            "create" => self.second() != "token",
            "set" => !self.call.has(&["--list"]),
            "rollout" => matches!(self.second(), "restart" | "undo" | "pause" | "resume"),
            _ => false,
        };
        changes && !self.is_dry()
    }

    /// The objects that it names.
    pub(super) fn objects(&self) -> Vec<Object<'d>> {
        let operands: &[&'d Word] = self.operands();
        let rest = operands.get(1..).unwrap_or_default();
        match self.verb() {
            "cordon" | "uncordon" | "drain" => rest.iter().map(|word| object("node", Some(word), word.span)).collect(),
            "logs" | "exec" | "rsh" | "attach" | "port-forward" | "debug" => {
                rest.first().map(|it| pod_or(it)).into_iter().collect()
            }
            "create" => self.created(rest).into_iter().collect(),
            "run" => rest.first().map(|word| object("pod", Some(word), word.span)).into_iter().collect(),
            "set" | "rollout" | "top" => {
                listed(rest.get(1..).unwrap_or_default(), (self.verb() == "top").then(|| rest.first()).flatten())
            }
            "apply" | "replace" | "cp" | "config" | "auth" | "version" | "explain" => Vec::new(),
            _ => listed(rest, None),
        }
    }

    fn created(&self, rest: &[&'d Word]) -> Option<Object<'d>> {
        let kind = rest.first()?;
        let behind = usize::from(matches!(kind.value.as_str(), "secret" | "service" | "svc")) + 1;
        let name = rest.get(behind)?;
        Some(Object { kind: kind_of(&kind.value), name: Some(&name.value), span: kind.span.cover(name.span) })
    }

    /// The replica count that `scale` asks for.
    pub(super) fn replicas(&self) -> Option<&'d str> {
        (self.verb() == "scale").then(|| self.call.value(&["--replicas"])).flatten()
    }
}

fn object<'d>(kind: &'d str, name: Option<&'d Word>, span: Span) -> Object<'d> {
    Object { kind, name: name.map(|word| word.value.as_str()), span }
}

/// `deployment/checkout`, or the name of a pod.
fn pod_or(word: &Word) -> Object<'_> {
    match split(&word.value) {
        Some((kind, name)) => Object { kind: kind_of(kind), name: Some(name), span: word.span },
        None => object("pod", Some(word), word.span),
    }
}

/// `KIND NAME…`, `KIND,KIND`, `KIND/NAME…`; what looks like `KEY=VALUE` or `KEY-` is not a name.
fn listed<'d>(words: &[&'d Word], kind: Option<&&'d Word>) -> Vec<Object<'d>> {
    let mut words: Vec<&'d Word> = words.iter().copied().filter(|word| !is_setting(word)).collect();
    if let Some(kind) = kind {
        words.insert(0, kind);
    }
    let Some((first, names)) = words.split_first() else { return Vec::new() };
    if split(&first.value).is_some() {
        let named = |word: &&'d Word| {
            let (kind, name) = split(&word.value)?;
            Some(Object { kind: kind_of(kind), name: Some(name), span: word.span })
        };
        return words.iter().filter_map(named).collect();
    }
    let kinds = first.value.split(',').map(kind_of);
    if names.is_empty() {
        return kinds.map(|kind| object(kind, None, first.span)).collect();
    }
    kinds.flat_map(|kind| names.iter().map(move |name| object(kind, Some(name), first.span.cover(name.span)))).collect()
}

fn is_setting(word: &Word) -> bool {
    let value = word.value.as_str();
    !value.starts_with('<') && !value.starts_with('$') && (value.contains('=') || value.ends_with('-'))
}

fn split(value: &str) -> Option<(&str, &str)> {
    let known = value.split_once('/').filter(|(kind, name)| !name.is_empty() && !kind.is_empty());
    known.filter(|(kind, _)| kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-'))
}

/// The kind in the singular: `deploy`, `deployments` and `deployments.apps` are `deployment`.
pub(super) fn kind_of(word: &str) -> &str {
    let bare = word.split('.').next().unwrap_or_default();
    let known = KINDS.iter().find(|(names, _)| names.split(' ').any(|name| name.eq_ignore_ascii_case(bare)));
    known.map_or(word, |(names, _)| names.split(' ').next().unwrap_or_default())
}

/// Whether objects of this kind are in a namespace; absent for a kind that is not known.
pub(super) fn is_namespaced(kind: &str) -> Option<bool> {
    let known = KINDS.iter().find(|(names, _)| names.split(' ').next() == Some(kind));
    known.map(|(_, namespaced)| *namespaced)
}

/// Whether pods of this kind are kept running by a controller that has a number of replicas.
pub(super) fn is_workload(kind: &str) -> bool {
    matches!(
        kind,
        "deployment" | "statefulset" | "daemonset" | "replicaset" | "replicationcontroller" | "deploymentconfig"
    )
}

/// Whether a word has to be filled in, so that its text says nothing about what it will be.
pub(super) fn is_open(word: &str) -> bool {
    word.contains(['<', '{', '$', '`', '['])
        || word.contains("...")
        || word.to_ascii_lowercase().starts_with("your")
        || word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase() || b"_-0123456789".contains(&byte))
}

/// Known kinds: singular, plural and short names; whether they are in a namespace.
#[rustfmt::skip]
const KINDS: &[(&str, bool)] = &[
    ("pod pods po", true), ("deployment deployments deploy", true), ("statefulset statefulsets sts", true),
    ("daemonset daemonsets ds", true), ("replicaset replicasets rs", true), ("job jobs", true),
    ("replicationcontroller replicationcontrollers rc", true), ("cronjob cronjobs cj", true),
    ("service services svc", true), ("ingress ingresses ing", true), ("configmap configmaps cm", true),
    ("secret secrets", true), ("persistentvolumeclaim persistentvolumeclaims pvc pvcs", true),
    ("serviceaccount serviceaccounts sa", true), ("role roles", true), ("rolebinding rolebindings", true),
    ("horizontalpodautoscaler horizontalpodautoscalers hpa", true), ("endpoints ep", true), ("event events ev", true),
    ("poddisruptionbudget poddisruptionbudgets pdb", true), ("networkpolicy networkpolicies netpol", true),
    ("resourcequota resourcequotas quota", true), ("limitrange limitranges limits", true), ("lease leases", true),
    ("endpointslice endpointslices", true), ("controllerrevision controllerrevisions", true), ("all", true),
    ("deploymentconfig deploymentconfigs dc", true), ("route routes", true), ("certificate certificates cert certs", true),
    ("certificaterequest certificaterequests cr crs", true), ("issuer issuers", true),
    ("externalsecret externalsecrets es", true), ("virtualmachine virtualmachines vm vms", true),
    ("virtualmachineinstance virtualmachineinstances vmi vmis", true), ("servicemonitor servicemonitors", true),
    ("prometheusrule prometheusrules", true), ("podmonitor podmonitors", true), ("helmrelease helmreleases hr", true),
    ("node nodes no", false), ("namespace namespaces ns", false), ("persistentvolume persistentvolumes pv pvs", false),
    ("storageclass storageclasses sc", false), ("clusterrole clusterroles", false), ("project projects", false),
    ("clusterrolebinding clusterrolebindings", false), ("priorityclass priorityclasses pc", false),
    ("customresourcedefinition customresourcedefinitions crd crds", false), ("clusterissuer clusterissuers", false),
    ("componentstatus componentstatuses cs", false), ("apiservice apiservices", false), ("ingressclass ingressclasses", false),
    ("validatingwebhookconfiguration validatingwebhookconfigurations", false), ("csidriver csidrivers", false),
    ("mutatingwebhookconfiguration mutatingwebhookconfigurations", false), ("volumeattachment volumeattachments", false),
    ("certificatesigningrequest certificatesigningrequests csr", false), ("csinode csinodes", false),
];
