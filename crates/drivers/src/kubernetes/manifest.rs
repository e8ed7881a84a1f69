//! A manifest as the script that applies it: the differences first, then the change, by server-side apply.
//!
//! Invariants: a field that another manager owns is never taken over; the API refuses, its answer names the owner, and
//! nothing is applied. Nor is an object that client-side apply keeps: `kubectl` would hand all of its fields over and
//! then remove those that the manifest does not name, of which the differences say nothing.

/// Shows what would change, and applies it. `kubectl diff` masks the values of secrets; its status is 1 where there are
/// differences, and higher where it failed.
const STEPS: &str = r#"
manager='--server-side --field-manager=allclear'
path='metadata.annotations.kubectl\.kubernetes\.io/last-applied-configuration'
kept=$(kubectl get --ignore-not-found -o jsonpath="{.$path}{.items[*].$path}" -f - <<<"$manifest") || exit
if test -n "$kept"; then
  echo 'Nothing was applied: the object is kept by "kubectl apply" without --server-side, which would lose what this manifest does not name. Change it by a command, or hand it over first with its whole manifest.'
  exit 1
fi
kubectl diff $manager -f - <<<"$manifest"
case $? in
  0) echo 'The cluster has this already.' ;;
  1) ;;
  *) echo 'Nothing was applied: see above. A field that somebody else manages is never taken over: change it by a command, or leave it out of the manifest.'
     exit 1 ;;
esac
kubectl apply $manager -f - <<<"$manifest" || exit
)"#;

/// The script, for the run's session.
pub(super) fn script(manifest: &str) -> String {
    let quoted = manifest.replace('\'', r"'\''");
    // In a subshell without strict mode: the status of the differences is looked at.
    format!("( set +eu; IFS=$' \\t\\n'\nmanifest='{quoted}'{STEPS}")
}

#[cfg(test)]
mod tests {
    use super::script;

    #[test]
    fn a_manifest_cannot_leave_its_quotes() {
        let text = script("data: {a: 'x'; $(reboot)}");
        assert!(text.contains("\nmanifest='data: {a: '\\''x'\\''; $(reboot)}'\n"), "{text}");
    }
}
