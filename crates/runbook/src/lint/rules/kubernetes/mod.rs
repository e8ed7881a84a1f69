//! Rules about kubectl and Kubernetes.

mod logs_by_label_without_tail;
mod rollout_without_waiting;

use crate::lint::Rule;

pub(super) const RULES: &[&Rule] = &[&logs_by_label_without_tail::RULE, &rollout_without_waiting::RULE];
