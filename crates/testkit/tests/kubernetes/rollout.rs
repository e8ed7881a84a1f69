//! Rollouts with the controllers of a control plane: revisions are theirs.

use std::time::Duration;

use allclear_testkit::eventually;

use crate::cluster::{Namespace, planned};

const LIMIT: Duration = Duration::from_secs(60);

fn image(namespace: &Namespace) -> String {
    let object = namespace.object("deployment/api");
    object["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap_or_default().to_owned()
}

/// Waits until the controller has seen the change.
fn revision(namespace: &Namespace, number: &str) {
    let text = r"kubectl get deployment/api -o jsonpath='{.metadata.annotations.deployment\.kubernetes\.io/revision}'";
    eventually("the revision", LIMIT, || (namespace.run(text, &[]) == number).then_some(()));
}

#[test]
fn a_rollout_is_taken_back_and_the_undo_takes_it_forth_again() {
    let Some((namespace, _controllers)) = Namespace::with_controllers() else { return };
    // There is no node: without replicas a rollout ends all the same.
    namespace.run("kubectl create deployment api --image=api:1 --replicas=0", &[]);
    revision(&namespace, "1");
    namespace.run("kubectl set image deployment/api api=api:2", &[]);
    revision(&namespace, "2");

    let back = planned("bash", "kubectl rollout undo deployment/api");
    let shown = namespace.run(back.preview.as_deref().unwrap(), &[]);
    assert!(shown.contains("REVISION") && shown.lines().any(|line| line.starts_with("2 ")), "{shown}");
    let captured = [("CAPTURED".to_owned(), namespace.run(&back.capture["CAPTURED"], &[]))];
    namespace.run(&back.rendered, &[]);
    revision(&namespace, "3");
    assert_eq!(image(&namespace), "api:1");
    namespace.run(back.verify.as_deref().unwrap(), &[]);

    let undo = back.undo.unwrap();
    for _ in 0..2 {
        namespace.run(&undo, &captured);
        revision(&namespace, "4");
        assert_eq!(image(&namespace), "api:2", "{undo}");
    }

    let restart = planned("bash", "kubectl rollout restart deployment/api");
    namespace.run(&restart.rendered, &[]);
    revision(&namespace, "5");
    namespace.run(restart.verify.as_deref().unwrap(), &[]);
    assert_eq!(restart.undo.as_deref(), Some("# nothing is left to undo"));
    assert_eq!(image(&namespace), "api:2");
}
