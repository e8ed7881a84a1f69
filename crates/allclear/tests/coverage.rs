//! `allclear lint --coverage` on a team's runbooks, configuration and alert rules.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const RUNBOOK: &str = "\
# Shop

## Scheduled jobs

### Ledger export

- **Cadence**: nightly (`0 2 * * *`)
- **Owner**: finance

## Checkout fails

**When**: the alert `CheckoutErrors` fires, or nobody can pay

**Owner**: payments team

1. Look at it: `kubectl -n shop get pods`

## Search answers slowly

**When**: a search takes longer than two seconds

1. Look at it: `kubectl -n shop top pods`

## Disk full

**When**: a disk is fuller than 90 %

1. Look at it: `df -h`
";

const CONFIGURATION: &str = r#"
[runbook]
path = "runbooks/shop.md"

[channel.pager]
kind = "console"

[escalation]
levels = [{ channels = ["pager"] }]

[check.pay]
kind = "http"
url = "http://127.0.0.1:9/health"
severity = "p1"
procedure = "checkout-fails"

[check.home]
kind = "http"
url = "http://127.0.0.1:9/"
severity = "p3"

[job.ledger-export]
every = "24h"
severity = "p2"
"#;

const RULES: &str = r#"
groups:
  - name: shop
    rules:
      - alert: CheckoutErrors
        expr: sum(rate(errors{app="checkout"}[5m])) > 1
        labels: { severity: critical }
      - alert: Slow
        expr: histogram_quantile(0.95, x) > 2
        labels: { severity: page }
        annotations:
          summary: "{{ $labels.instance }} is slow"
          runbook_url: https://git.example.com/shop/ops/blob/main/runbooks/shop.md#search-answers-slowly
      - alert: DiskFull
        expr: disk > 0.9
        labels: { severity: warning }
      - record: job:errors:rate5m
        expr: sum(rate(errors[5m]))
"#;

const OBJECT: &str = r#"
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: queue }
spec:
  groups:
    - name: queue
      rules:
        - alert: QueueStuck
          expr: queue > 1000
          labels: { severity: critical, team: orders }
          annotations:
            runbook_url: https://git.example.com/shop/ops/blob/main/runbooks/queue.md
"#;

fn folder(with_object: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("runbooks/shop.md", RUNBOOK);
    write("alerts/shop.yaml", RULES);
    write("alerts/values.yaml", "image: shop\nreplicas: 2\n");
    write("allclear.toml", CONFIGURATION);
    if with_object {
        write("alerts/queue.yml", OBJECT);
    }
    folder
}

fn coverage(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_allclear"));
    command.args(["lint", "--coverage"]).args(arguments).current_dir(folder).output().unwrap()
}

/// Name, title of the procedure, how it was found, owner, and whether it is a gap.
fn rows(output: &Output) -> Vec<String> {
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let row = |it: &Value| {
        let by = &it["procedure"];
        format!(
            "{} {}: {} by {}, {}{}",
            word(&it["kind"]),
            word(&it["name"]),
            word(&by["title"]),
            word(&by["found_by"]),
            word(&it["owner"]),
            if it["gap"] == true { ", GAP" } else { "" }
        )
    };
    document.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn checks_jobs_and_alerts_are_mapped_to_procedures_by_configuration_link_and_name() {
    let folder = folder(false);
    let output = coverage(folder.path(), &["runbooks", "alerts", "--format", "json"]);
    assert_eq!(
        rows(&output),
        [
            "check home: - by -, -",
            "check pay: Checkout fails by configuration, payments team",
            "job ledger-export: - by -, -",
            "alert CheckoutErrors: Checkout fails by name, payments team",
            "alert Slow: Search answers slowly by link, -",
            "alert DiskFull: Disk full by name, -",
            "scheduled job Ledger export: - by -, finance",
        ]
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn an_alert_that_wakes_somebody_and_has_no_procedure_fails_the_command() {
    let folder = folder(true);
    let output = coverage(folder.path(), &["."]);
    let out = String::from_utf8(output.stdout).unwrap();
    let row = out.lines().find(|line| line.starts_with("alert QueueStuck")).unwrap();
    let cells: Vec<&str> = row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(cells, ["alert QueueStuck", "critical", "NONE", "orders"]);
    assert!(out.lines().any(|line| line.starts_with("check pay") && line.ends_with("never")), "{out}");
    assert!(String::from_utf8(output.stderr).unwrap().contains("1 of them wakes somebody and has none"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_rule_file_that_cannot_be_read_is_said_and_does_not_hide_the_others() {
    let folder = folder(false);
    std::fs::write(folder.path().join("alerts/broken.yaml"), "groups:\n  - rules: [\n      - alert: X\n").unwrap();
    let output = coverage(folder.path(), &["alerts", "--format", "json"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("broken.yaml: its alerts are not counted"));
    assert!(rows(&output).iter().any(|row| row.starts_with("alert CheckoutErrors")));
}
