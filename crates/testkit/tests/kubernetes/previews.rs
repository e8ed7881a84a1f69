//! What the previews of the catalogue show on a real server: what is there now, and never the value of a secret.

use allclear_core::EffectClass;
use allclear_runbook::{Catalogue, classify_with};

use crate::cluster::{Namespace, planned};

const SECRET: &str = "kubectl create secret generic api --from-literal=key=hunter2hunter2";

#[test]
fn previews_show_what_is_there_and_no_value_of_a_secret() {
    let Some(namespace) = Namespace::new() else { return };
    namespace.run(SECRET, &[]);
    namespace.run("kubectl create configmap flags --from-literal=a=1 --from-literal=b=2", &[]);
    namespace.run("kubectl create deployment api --image=api:1 --replicas=2", &[]);
    namespace.run("kubectl set env deployment/api --from=secret/api", &[]);
    namespace.run("kubectl set env deployment/api PLAIN=hunter2hunter2", &[]);
    for (command, shows) in [
        ("kubectl scale deployment/api --replicas=5", "replicas: 2 now, then 5\nyou may change it: yes"),
        ("kubectl set env deployment/api PLAIN=other", "would change: api:PLAIN\nyou may change it: yes"),
        ("kubectl set env deployment api NEW=1", "would change: api:NEW\nyou may"),
        (
            "kubectl set image deployment/api api=api:2",
            "would change: < api:image api:1\nwould change: > api:image api:2\n",
        ),
        ("kubectl label secret/api rotated=yes", "\nyou may change it: yes"),
        ("kubectl annotate deployment api note=x", "\nyou may change it: yes"),
        ("kubectl rollout restart deployment api", "\nyou may change it: yes"),
        ("kubectl patch deployment/api -p '{\"spec\":{\"paused\":true}}'", "\nyou may change it: yes"),
        (
            "kubectl patch secret api -p '{\"stringData\":{\"key\":\"new\"}}'",
            "would change: key\nyou may change it: yes",
        ),
        ("kubectl patch secret/api -p '{\"stringData\":{\"new\":\"x\"}}'", "would change: new\nyou may"),
        ("kubectl patch configmap flags -p '{\"data\":{\"b\":\"5\"}}'", "would change: b\nyou may"),
        ("kubectl delete secret api", "api "),
        ("kubectl create secret generic api --from-literal=a=b", "api "),
        ("kubectl edit secret api", "api "),
        ("kubectl set selector deployment/api app=x", "api"),
    ] {
        let preview = planned("bash", command).preview.unwrap_or_else(|| panic!("`{command}` has no preview"));
        // Only what is known to observe is performed to show a plan.
        let effect = classify_with(&Catalogue::default(), "bash", &preview);
        assert_eq!(effect, EffectClass::Observe, "`{preview}`");
        let shown = namespace.run(&preview, &[]);
        assert!(shown.contains(shows), "`{preview}`: {shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("aHVudGVyMmh1bnRlcjI"), "`{preview}`: {shown}");
    }
}

#[test]
fn a_preview_says_that_the_permission_is_missing() {
    let Some(namespace) = Namespace::new() else { return };
    namespace.run("kubectl create deployment api --image=api:1 --replicas=2", &[]);
    let name = &namespace.name;
    namespace.run("kubectl create role look --verb=get,list --resource=deployments.apps,deployments.apps/scale", &[]);
    namespace.run("kubectl create rolebinding look --role=look --user=guest", &[]);
    namespace
        .run(&format!("kubectl config set-context guest --namespace={name} && kubectl config use-context guest"), &[]);
    let preview = planned("bash", "kubectl scale deployment/api --replicas=5").preview.unwrap();
    let shown = namespace.run(&preview, &[]);
    assert_eq!(shown, "replicas: 2 now, then 5\nyou may change it: no");
}
