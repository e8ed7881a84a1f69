//! A run on a Kubernetes cluster as a person sees it: bound to its target, performed, and taken back.

mod support;

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
