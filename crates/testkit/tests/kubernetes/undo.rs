//! What the catalogue records before a command of `kubectl`, and the commands that put it back: the object is then what
//! it was.

use crate::cluster::{Namespace, planned};

const DEPLOYMENT: &str = "kubectl create deployment api --image=api:1 --replicas=2";
const CONFIG: &str =
    "kubectl create configmap flags --from-literal=payments=on --from-literal=text=$'a\\n  resourceVersion: 1\\n'";
const NODE: &str = "kubectl apply -f - <<<'{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"NODE\"}}'";

/// Captured, changed, undone: what the objects say is the same before and after, and another in between.
fn comes_back(setup: &str, command: &str, objects: &[&str]) {
    let Some(namespace) = Namespace::new() else { return };
    let (setup, command) = (setup.replace("NODE", &namespace.name), command.replace("NODE", &namespace.name));
    let objects: Vec<String> = objects.iter().map(|name| name.replace("NODE", &namespace.name)).collect();
    namespace.run(&setup, &[]);
    let now = || objects.iter().map(|name| namespace.object(name)).collect::<Vec<_>>();
    let before = now();
    let planned = planned("bash", &command);
    let undo = planned.undo.unwrap_or_else(|| panic!("`{command}` has no undo"));
    let captured: Vec<(String, String)> =
        planned.capture.iter().map(|(name, text)| (name.clone(), namespace.run(text, &[]))).collect();
    assert_eq!(now(), before, "`{command}`: recording changes nothing");
    if let Some(preview) = &planned.preview {
        namespace.run(preview, &[]);
        assert_eq!(now(), before, "`{command}`: a preview changes nothing");
    }
    namespace.run(&planned.rendered, &[]);
    assert_ne!(now(), before, "`{command}` changes something");
    namespace.run(&undo, &captured);
    assert_eq!(now(), before, "`{command}` is undone by:\n{undo}");
    // Whoever repeats an undo that was interrupted does no harm.
    if !command.contains(" delete ") {
        namespace.run(&undo, &captured);
        assert_eq!(now(), before, "`{command}` is undone twice by:\n{undo}");
    }
}

#[test]
fn scaling_is_undone() {
    comes_back(DEPLOYMENT, "kubectl scale deployment/api --replicas=0", &["deployment/api"]);
    comes_back(DEPLOYMENT, "kubectl scale deployment api --replicas=7", &["deployment/api"]);
    let two = format!("{DEPLOYMENT}; kubectl create deployment web --image=web:1 --replicas=5");
    comes_back(&two, "kubectl scale deployment/api deployment/web --replicas=0", &["deployment/api", "deployment/web"]);
}

#[test]
fn an_autoscaler_is_taken_away_and_the_scale_comes_back() {
    let Some(namespace) = Namespace::new() else { return };
    namespace.run(DEPLOYMENT, &[]);
    let planned = planned("bash", "kubectl autoscale deployment/api --min=2 --max=9");
    let captured = [("CAPTURED".to_owned(), namespace.run(&planned.capture["CAPTURED"], &[]))];
    let undo = planned.undo.unwrap();
    // What the command does; recent clients cannot do it on a server as old as that of the tests.
    let scaler = "{apiVersion: autoscaling/v1, kind: HorizontalPodAutoscaler, metadata: {name: api}, spec: {maxReplicas: 9, \
                  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}}}";
    let changed = format!("kubectl create -f - <<<'{scaler}'; kubectl scale deployment/api --replicas=7");
    namespace.run(&changed, &[]);
    namespace.run(&undo, &captured);
    assert!(namespace.object("hpa/api").is_null());
    assert_eq!(namespace.object("deployment/api")["spec"]["replicas"], 2);
    // One that was there before stays.
    namespace.run(&changed, &[]);
    let captured = [("CAPTURED".to_owned(), namespace.run(&planned.capture["CAPTURED"], &[]))];
    namespace.run(&undo, &captured);
    assert_eq!(namespace.object("hpa/api")["spec"]["maxReplicas"], 9);
}

#[test]
fn what_is_set_on_a_workload_is_undone() {
    let with_variables = format!("{DEPLOYMENT}; kubectl set env deployment/api PAYMENTS=on 'NOTE=a \"b\" $c'");
    for command in [
        "kubectl set env deployment/api PAYMENTS=off",
        "kubectl set env deployment/api PAYMENTS-",
        "kubectl set env deployment api NEW=1",
        "kubectl set image deployment/api api=api:2",
        "kubectl set image deployment api api=api:2",
        "kubectl set resources deployment/api --limits=cpu=200m,memory=64Mi",
        "kubectl set serviceaccount deployment/api robot",
    ] {
        comes_back(&with_variables, command, &["deployment/api"]);
    }
}

#[test]
fn labels_and_annotations_are_undone() {
    comes_back(DEPLOYMENT, "kubectl label deployment/api app=other --overwrite", &["deployment/api"]);
    comes_back(DEPLOYMENT, "kubectl label deployment api tier=web app-", &["deployment/api"]);
    comes_back(CONFIG, "kubectl label configmap/flags tier=web", &["configmap/flags"]);
    comes_back(CONFIG, "kubectl annotate configmap/flags 'note=it'\\''s {\"a\": \"b\"}'", &["configmap/flags"]);
    let annotated = format!("{CONFIG}; kubectl annotate configmap/flags note='x y' kept=1");
    comes_back(&annotated, "kubectl annotate configmap flags note=z --overwrite", &["configmap/flags"]);
}

#[test]
fn patches_are_undone() {
    comes_back(CONFIG, "kubectl patch configmap flags -p '{\"data\":{\"payments\":\"off\"}}'", &["configmap/flags"]);
    comes_back(DEPLOYMENT, "kubectl patch deployment/api -p '{\"spec\":{\"paused\":true}}'", &["deployment/api"]);
    comes_back(DEPLOYMENT, "kubectl patch deployment api -p '{\"spec\":{\"replicas\":0}}'", &["deployment/api"]);
    let secret = "kubectl create secret generic api --from-literal=key=old-value-of-the-key";
    comes_back(secret, "kubectl patch secret api -p '{\"stringData\":{\"key\":\"new\"}}'", &["secret/api"]);
    let service = "kubectl create service clusterip api --tcp=80:8080";
    comes_back(service, "kubectl set selector service/api app=blue", &["service/api"]);
}

#[test]
fn what_was_created_is_deleted_and_what_was_there_before_is_not() {
    comes_back("true", "kubectl create configmap flags --from-literal=a=b", &["configmap/flags"]);
    comes_back("true", "kubectl create secret generic api --from-literal=a=b", &["secret/api"]);
    comes_back("true", "kubectl create deployment api --image=api:1", &["deployment/api"]);
    let Some(namespace) = Namespace::new() else { return };
    namespace.run(CONFIG, &[]);
    let planned = planned("bash", "kubectl create configmap flags --from-literal=a=b");
    let captured = namespace.run(&planned.capture["CAPTURED"], &[]);
    assert!(!namespace.bash(&planned.rendered).status.success(), "it is there already");
    namespace.run(&planned.undo.unwrap(), &[("CAPTURED".to_owned(), captured)]);
    assert_eq!(namespace.object("configmap/flags")["data"]["payments"], "on", "a failed creation deletes nothing");
}

#[test]
fn what_was_deleted_is_made_again() {
    comes_back(DEPLOYMENT, "kubectl delete deployment api", &["deployment/api"]);
    comes_back(CONFIG, "kubectl delete configmap/flags", &["configmap/flags"]);
    let secret = "kubectl create secret generic api --from-literal=key=old-value-of-the-key";
    comes_back(secret, "kubectl delete secret/api", &["secret/api"]);
    let files = "kubectl create configmap a --from-literal=x=1 --dry-run=client -o yaml > a.yaml; echo --- >> a.yaml; \
                 kubectl create configmap b --from-literal=x=2 --dry-run=client -o yaml >> a.yaml; kubectl create -f a.yaml";
    comes_back(files, "kubectl delete -f a.yaml", &["configmap/a", "configmap/b"]);
}

#[test]
fn an_applied_file_is_undone_object_by_object() {
    let files = format!(
        "{CONFIG}; kubectl create configmap flags --from-literal=payments=off --dry-run=client -o yaml > a.yaml; echo --- >> a.yaml; \
         kubectl create configmap fresh --from-literal=x=2 --dry-run=client -o yaml >> a.yaml"
    );
    comes_back(&files, "kubectl apply -f a.yaml", &["configmap/flags", "configmap/fresh"]);
    comes_back(
        "kubectl create configmap one --from-literal=x=2 --dry-run=client -o yaml > a.yaml",
        "kubectl apply -f a.yaml",
        &["configmap/one"],
    );
}

#[test]
fn what_is_applied_from_a_pipe_or_from_the_text_is_undone() {
    let secret = "kubectl create secret generic api --from-literal=key=old-value-of-the-key";
    let piped =
        "kubectl create secret generic api --from-literal=key=new --dry-run=client -o yaml | kubectl apply -f -";
    comes_back(secret, piped, &["secret/api"]);
    comes_back("true", piped, &["secret/api"]);
    let text = "kubectl apply -f - <<'EOF'\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: flags\ndata: {payments: 'off'}\nEOF";
    comes_back("true", text, &["configmap/flags"]);
    comes_back(CONFIG, text, &["configmap/flags"]);
    let created = text.replace("apply", "create");
    comes_back("true", &created, &["configmap/flags"]);
}

#[test]
fn a_namespace_that_was_applied_is_not_deleted_with_what_is_in_it() {
    let Some(namespace) = Namespace::new() else { return };
    let made = format!("{}-made", namespace.name);
    namespace.run(&format!("kubectl create namespace {made} --dry-run=client -o yaml > a.yaml"), &[]);
    let planned = planned("bash", "kubectl apply -f a.yaml");
    let captured = namespace.run(&planned.capture["CAPTURED"], &[]);
    namespace.run(&planned.rendered, &[]);
    let undone = namespace.bash_with(&planned.undo.unwrap(), &[("CAPTURED".to_owned(), captured)]);
    assert!(!undone.status.success() && String::from_utf8_lossy(&undone.stdout).contains("by hand"));
    assert!(!namespace.object(&format!("namespace/{made}")).is_null());
}

#[test]
fn nodes_are_cordoned_and_uncordoned() {
    comes_back(NODE, "kubectl cordon NODE", &["node/NODE"]);
    comes_back(&format!("{NODE}; kubectl cordon NODE"), "kubectl uncordon NODE", &["node/NODE"]);
    let Some(namespace) = Namespace::new() else { return };
    let node = &namespace.name;
    namespace.run(&format!("{}; kubectl cordon {node}", NODE.replace("NODE", node)), &[]);
    let planned = planned("bash", &format!("kubectl cordon {node}"));
    let captured = namespace.run(&planned.capture["CAPTURED"], &[]);
    namespace.run(&planned.rendered, &[]);
    namespace.run(&planned.undo.unwrap(), &[("CAPTURED".to_owned(), captured)]);
    assert_eq!(namespace.object(&format!("node/{node}"))["spec"]["unschedulable"], true, "it was cordoned before");
}

#[test]
fn rollouts_are_paused_and_resumed() {
    comes_back(DEPLOYMENT, "kubectl rollout pause deployment/api", &["deployment/api"]);
    let paused = format!("{DEPLOYMENT}; kubectl rollout pause deployment/api");
    comes_back(&paused, "kubectl rollout resume deployment/api", &["deployment/api"]);
}
