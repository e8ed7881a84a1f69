//! The cluster of a target.

use allclear_core::KubernetesTarget;

use super::super::at::At;
use super::super::file::KubernetesTable;
use super::Pass;

/// The longest name of a namespace that Kubernetes takes.
const NAMESPACE_CHARS_MAX: usize = 63;

impl Pass<'_> {
    pub(super) fn kubernetes(&mut self, table: &KubernetesTable) -> KubernetesTarget {
        if let Some(namespace) = table.namespace.as_ref().filter(|namespace| !is_namespace(&namespace.value)) {
            self.bad(
                &namespace.span,
                format!("`{}` cannot be the name of a namespace", namespace.value),
                "use small letters, digits and dashes, such as \"shop\"",
            );
        }
        for (key, text) in [("context", &table.context), ("kubeconfig", &table.kubeconfig)] {
            if let Some(text) = text.as_ref().filter(|text| text.value.trim().is_empty()) {
                self.bad(&text.span, format!("`{key}` is empty"), "leave the key out, or name one");
            }
        }
        let text = |text: &Option<At<String>>| text.as_ref().map(|text| text.value.clone());
        let kubeconfig = text(&table.kubeconfig).map(|path| self.surroundings.folder.join(path).display().to_string());
        KubernetesTarget { context: text(&table.context), namespace: text(&table.namespace), kubeconfig }
    }
}

fn is_namespace(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    plain && !name.is_empty() && name.len() <= NAMESPACE_CHARS_MAX && !name.starts_with('-') && !name.ends_with('-')
}
