//! The effect of applying a Kubernetes manifest: a change, unless it scales something to nothing.

use allclear_core::EffectClass;

/// The effect of a document with `apiVersion` and `kind`.
pub(super) fn effect(text: &str) -> EffectClass {
    let stops = text.lines().any(|line| line.trim() == "replicas: 0");
    if stops { EffectClass::Outage } else { EffectClass::Change }
}
