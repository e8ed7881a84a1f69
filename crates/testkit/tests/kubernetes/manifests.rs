//! Manifests performed in a run's session, and put back: by the driver, on the real API.

use serde_json::json;

use crate::cluster::{Namespace, planned};
use crate::driver::{perform, perform_on, perform_with_undo, target};

fn config_map(name: &str, data: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata: {data}\n")
}

/// Records, applies and undoes a manifest; the object before and after it is the same.
async fn comes_back(namespace: &Namespace, manifest: &str, object: &str) {
    let before = namespace.object(object);
    let (undoing, output) = perform_with_undo(namespace, planned("yaml", manifest)).await;
    assert_ne!(namespace.object(object), before, "{output}");
    let (undone, output) = undoing.perform(namespace).await;
    assert!(undone.succeeded, "{output}");
    assert_eq!(namespace.object(object), before, "{output}");
}

#[tokio::test]
async fn a_manifest_is_applied_in_the_namespace_of_the_target_after_its_differences_were_shown() {
    let Some(namespace) = Namespace::new() else { return };
    let text = std::fs::read_to_string(namespace.cluster.kubeconfig()).unwrap();
    let (performed, output) =
        perform(&namespace, vec![planned("yaml", &config_map("flags", "{payments: 'off'}"))]).await;
    assert!(performed.succeeded, "{} {output}", performed.outcome.summary);
    let (differences, applied) = output.split_once("configmap/flags serverside-applied").unwrap();
    assert!(differences.contains("+  payments: \"off\""), "{output}");
    assert_eq!(applied.trim(), "");
    assert_eq!(namespace.object("configmap/flags")["data"], json!({"payments": "off"}));
    let again = perform(&namespace, vec![planned("yaml", &config_map("flags", "{payments: 'off'}"))]).await;
    assert!(again.1.contains("The cluster has this already."), "{}", again.1);
    assert_eq!(std::fs::read_to_string(namespace.cluster.kubeconfig()).unwrap(), text, "the user's file stays");
}

#[tokio::test]
async fn a_session_finds_the_context_and_the_namespace_of_its_target() {
    let Some(namespace) = Namespace::new() else { return };
    let look = "kubectl config current-context; kubectl config view --minify -o jsonpath='{..namespace}'; echo";
    let commands = vec![planned("bash", "kubectl create configmap here --from-literal=a=b"), planned("bash", look)];
    let (performed, output) = perform(&namespace, commands).await;
    assert!(performed.succeeded, "{output}");
    assert!(output.contains(&format!("admin\n{}\n", namespace.name)), "{output}");
    assert_eq!(namespace.object("configmap/here")["data"], json!({"a": "b"}));
    let mut guest = target(namespace.cluster, &namespace.name);
    guest.kubernetes.as_mut().unwrap().context = Some("guest".to_owned());
    let (performed, output) = perform_on(guest, vec![planned("bash", "kubectl get configmaps")]).await;
    assert!(!performed.succeeded && output.contains("User \"guest\" cannot list"), "{output}");
    let mut nowhere = target(namespace.cluster, &namespace.name);
    nowhere.kubernetes.as_mut().unwrap().context = Some("production".to_owned());
    let (performed, _) = perform_on(nowhere, vec![planned("bash", "kubectl get configmaps")]).await;
    let said = performed.outcome.summary;
    assert!(said.contains("`production`") && said.contains("admin, guest") && said.contains("nothing"), "{said}");
}

#[tokio::test]
async fn a_field_of_another_manager_is_never_taken_over() {
    let Some(namespace) = Namespace::new() else { return };
    namespace.run("kubectl create configmap flags --from-literal=payments=on", &[]);
    let before = namespace.object("configmap/flags");
    let manifest = config_map("flags", "{payments: 'off', other: x}");
    let (performed, output) = perform(&namespace, vec![planned("yaml", &manifest)]).await;
    assert!(!performed.succeeded);
    assert!(output.contains("conflict with \"kubectl-create\"") && output.contains(".data.payments"), "{output}");
    assert!(output.contains("Nothing was applied"), "{output}");
    assert_eq!(namespace.object("configmap/flags"), before);
}

#[tokio::test]
async fn an_object_of_client_side_apply_is_left_alone() {
    let Some(namespace) = Namespace::new() else { return };
    namespace
        .run("kubectl create configmap flags --from-literal=a=1 --dry-run=client -o yaml | kubectl apply -f -", &[]);
    let (performed, output) = perform(&namespace, vec![planned("yaml", &config_map("flags", "{b: '2'}"))]).await;
    assert!(!performed.succeeded && output.contains("Nothing was applied"), "{output}");
    assert_eq!(namespace.object("configmap/flags")["data"], json!({"a": "1"}));
}

#[tokio::test]
async fn the_values_of_a_secret_are_not_shown() {
    let Some(namespace) = Namespace::new() else { return };
    namespace.run("kubectl create secret generic api --from-literal=key=hunter2hunter2", &[]);
    let manifest = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: api\n  labels: {rotated: 'yes'}\n";
    let planned = planned("yaml", manifest);
    let preview = namespace.run(planned.preview.as_deref().unwrap(), &[]);
    let (performed, output) = perform(&namespace, vec![planned]).await;
    assert!(performed.succeeded && output.contains("+    rotated: \"yes\""), "{output}");
    for shown in [&preview, &output] {
        assert!(!shown.contains("hunter2") && !shown.contains("aHVudGVyMmh1bnRlcjI"), "{shown}");
    }
}

#[tokio::test]
async fn a_manifest_is_undone() {
    let Some(namespace) = Namespace::new() else { return };
    comes_back(&namespace, &config_map("fresh", "{a: b}"), "configmap/fresh").await;
    namespace.run("kubectl create configmap theirs --from-literal=a=1", &[]);
    comes_back(&namespace, &config_map("theirs", "{b: '2'}"), "configmap/theirs").await;
    // Of our own: what an earlier manifest said comes back, also what the later one left out.
    perform(&namespace, vec![planned("yaml", &config_map("ours", "{a: '1', b: '2'}"))]).await;
    comes_back(&namespace, &config_map("ours", "{a: '9', c: '3'}"), "configmap/ours").await;
    comes_back(&namespace, &config_map("ours", "{a: '9', c: '3'}"), "configmap/ours").await;
    let deployment = |replicas: u32, image: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: api}}\nspec:\n  replicas: {replicas}\n  selector: {{matchLabels: {{app: api}}}}\n  \
             template:\n    metadata: {{labels: {{app: api}}}}\n    spec:\n      containers: [{{name: api, image: '{image}'}}]\n"
        )
    };
    comes_back(&namespace, &deployment(2, "api:1"), "deployment/api").await;
    perform(&namespace, vec![planned("yaml", &deployment(2, "api:1"))]).await;
    comes_back(&namespace, &deployment(0, "api:2"), "deployment/api").await;
}

#[tokio::test]
async fn what_others_have_changed_since_stays() {
    let Some(namespace) = Namespace::new() else { return };
    namespace.run("kubectl create configmap theirs --from-literal=a=1", &[]);
    let (undoing, _) = perform_with_undo(&namespace, planned("yaml", &config_map("theirs", "{b: '2'}"))).await;
    namespace.run("kubectl patch configmap theirs -p '{\"data\":{\"c\":\"5\"}}'", &[]);
    let (undone, output) = undoing.perform(&namespace).await;
    assert!(undone.succeeded, "{output}");
    assert_eq!(namespace.object("configmap/theirs")["data"], json!({"a": "1", "c": "5"}));
    let (again, output) = undoing.perform(&namespace).await;
    assert!(again.succeeded && output.contains("Nothing of the manifest is left"), "{output}");
    // From here on somebody keeps it by client-side apply, which server-side apply would undo.
    namespace.run("kubectl get configmap theirs -o yaml | kubectl apply -f -", &[]);
    let (refused, output) = undoing.perform(&namespace).await;
    assert!(!refused.succeeded && output.contains("by hand"), "{output}");
    assert_eq!(namespace.object("configmap/theirs")["data"], json!({"a": "1", "c": "5"}));
}

#[tokio::test]
async fn an_undo_that_the_server_does_not_follow_is_told() {
    let Some(namespace) = Namespace::new() else { return };
    namespace.run("kubectl create configmap theirs --from-literal=a=1", &[]);
    let (undoing, _) = perform_with_undo(&namespace, planned("yaml", &config_map("theirs", "{b: '2'}"))).await;
    // Servers as old as that of the tests keep a freed key of a map whose last other key went to another manager.
    namespace.run("kubectl patch configmap theirs -p '{\"data\":{\"a\":\"5\"}}'", &[]);
    let (undone, output) = undoing.perform(&namespace).await;
    let freed = namespace.object("configmap/theirs")["data"] == json!({"a": "5"});
    assert_eq!(undone.succeeded, freed, "{output}");
}

#[tokio::test]
async fn commands_are_recorded_and_undone_by_the_driver() {
    let Some(namespace) = Namespace::new() else { return };
    namespace.run("kubectl create deployment api --image=api:1 --replicas=2", &[]);
    namespace.run("kubectl create secret generic api --from-literal=key=hunter2hunter2", &[]);
    for (command, object) in [
        ("kubectl scale deployment/api --replicas=0", "deployment/api"),
        ("kubectl set env deployment/api PAYMENTS=off", "deployment/api"),
        ("kubectl set image deployment/api api=api:2", "deployment/api"),
        ("kubectl label secret/api rotated=yes", "secret/api"),
        ("kubectl patch secret api -p '{\"stringData\":{\"key\":\"new\"}}'", "secret/api"),
        ("kubectl delete secret api", "secret/api"),
        ("kubectl create configmap flags --from-literal=a=b", "configmap/flags"),
    ] {
        let before = namespace.object(object);
        let (undoing, _) = perform_with_undo(&namespace, planned("bash", command)).await;
        assert_ne!(namespace.object(object), before, "{command}");
        let (undone, output) = undoing.perform(&namespace).await;
        assert!(undone.succeeded, "{command}: {output}");
        assert_eq!(namespace.object(object), before, "{command}");
        assert!(!output.contains("aHVudGVyMmh1bnRlcjI"), "{command}: {output}");
    }
}
