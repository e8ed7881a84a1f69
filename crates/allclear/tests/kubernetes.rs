//! A run on a Kubernetes cluster as a person sees it: bound to its target, performed, and taken back.

mod support;

use allclear_testkit::Kubernetes;
use support::{CONFIG, Place, code, said};

const RUNBOOK: &str = "# Shop

## Payments fail

**When**: the provider is down

**Steps:**

1. **Scale down:**
```bash
kubectl scale deployment/api --replicas=1
```

2. **Switch it off:**
```yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: flags
data:
  payments: 'off'
```
";

fn config(target: &str) -> String {
    format!("{CONFIG}\n[target.shop.kubernetes]\n{target}\n")
}

#[test]
fn a_plan_is_bound_to_the_cluster_of_its_target() {
    let place = Place::new();
    place.write("allclear.toml", &config("context = \"prod-eu\"\nnamespace = \"shop\""));
    place.write("runbook.md", &RUNBOOK.replace("deployment/api", "deployment/api --context staging"));
    let output = place.run(&["plan", "runbook.md", "payments-fail", "--target", "shop", "--offline"]);
    assert_ne!(code(&output), 0, "{}", said(&output));
    assert!(said(&output).contains("line 11 names a context (`--context`), `staging`"), "{}", said(&output));
    assert!(said(&output).contains("that of the target `shop` is `prod-eu`"), "{}", said(&output));
    place.write("runbook.md", &RUNBOOK.replace("name: flags", "name: flags\n  namespace: web"));
    let output = place.run(&["plan", "runbook.md", "payments-fail", "--target", "shop", "--offline"]);
    assert!(said(&output).contains("names a namespace (`metadata.namespace`), `web`"), "{}", said(&output));
}

#[test]
fn a_run_changes_the_cluster_of_its_target_and_undo_brings_it_back() {
    let Some(cluster) = Kubernetes::shared() else { return };
    let (place, namespace) = (Place::new(), cluster.namespace());
    let kubectl = |words: &str| {
        let words: Vec<&str> = ["-n", namespace.as_str()].into_iter().chain(words.split(' ')).collect();
        cluster.kubectl(&words)
    };
    kubectl("create deployment api --image=api:1 --replicas=3");
    let before = kubectl("get deployment api -o jsonpath={.spec}");
    let kubeconfig = cluster.kubeconfig();
    let target = format!("namespace = \"{namespace}\"\nkubeconfig = \"{}\"", kubeconfig.display());
    let path = cluster.path().into_string().expect("a path is text");
    place.write("allclear.toml", &format!("{}\n[target.shop.env]\nPATH = \"{path}\"\n", config(&target)));
    place.write("runbook.md", RUNBOOK);

    let plan = place.json(&["plan", "runbook.md", "payments-fail", "--target", "shop"]);
    let digest = plan["digest"].as_str().expect("a digest");
    let output = place.run(&["run", "runbook.md", "payments-fail", "--target", "shop", "--approve", digest]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    assert_eq!(kubectl("get deployment api -o jsonpath={.spec.replicas}"), "1");
    assert_eq!(kubectl("get configmap flags -o jsonpath={.data.payments}"), "off");

    let run = place.json(&["runs"])[0]["id"].as_str().expect("an id").to_owned();
    let plan = place.json(&["undo", &run, "--plan"]);
    let digest = plan["digest"].as_str().expect("a digest");
    let output = place.run(&["undo", &run, "--approve", digest]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    assert_eq!(kubectl("get deployment api -o jsonpath={.spec}"), before, "{}", said(&output));
    assert_eq!(kubectl("get configmap flags --ignore-not-found -o name"), "", "{}", said(&output));
    let original = place.json(&["runs", "show", &run]);
    assert_eq!([&original["steps"][0]["state"], &original["steps"][1]["state"]], ["undone", "undone"], "{original}");
}
