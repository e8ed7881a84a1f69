//! `allclear plan`: what each command does, what is recorded, how it is undone, and what a team teaches it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use support::{CONFIG, Place, code, said};

const RUNBOOK: &str = "# Shop

## Cart is stuck

**When**: carts do not empty

**Steps:**

1. **Stop it:**
```bash
kubectl scale deployment cart --replicas=0 -n shop
```

2. **Clean up:**
```bash
rm -rf /data/cart
shopctl mail pause
```

3. **Tell users:** post on the status page.

**Rollback:**
```bash
kubectl scale deployment cart --replicas=2 -n shop
```
";

const TAUGHT: &str = "[[program]]
names = [\"shopctl\"]

[[program.entry]]
match = \"mail pause\"
effect = \"outage\"
undo = \"shopctl mail resume\"
";

#[test]
fn a_plan_says_how_each_command_is_undone_and_what_cannot_be() {
    let place = Place::new();
    place.write("runbook.md", RUNBOOK);
    let output = place.run(&["plan", "runbook.md", "cart-is-stuck"]);
    let said = said(&output);
    assert_eq!(code(&output), 0, "{said}");
    for sentence in [
        "records CAPTURED: kubectl -n shop get deployment cart -o jsonpath='{.spec.replicas}'",
        "recorded: before the step is started",
        "undone by: kubectl -n shop scale deployment cart --replicas=\"$CAPTURED\"",
        "CANNOT BE UNDONE: the files are gone",
        "needs: program: kubectl, permission: patch the scale of the workload",
        "asks for approval: ",
        "asks for a person's word that it is done",
        "The way back, as the runbook has it",
        "3 steps, 3 commands: 1 outage, 1 destroy, 1 unknown; 1 cannot be undone (line 16)",
    ] {
        assert!(said.contains(sentence), "{sentence} is not in\n{said}");
    }
    let plan = place.json(&["plan", "runbook.md", "cart-is-stuck"]);
    let command = &plan["steps"][0]["commands"][0];
    assert_eq!(command["effect"], "outage");
    assert_eq!(command["undo"], "kubectl -n shop scale deployment cart --replicas=\"$CAPTURED\"");
    assert_eq!(plan["rollback"][0]["rendered"], "kubectl scale deployment cart --replicas=2 -n shop");
    assert_eq!(plan["refusals"], serde_json::json!([]));
}

#[test]
fn everything_that_is_missing_is_said_at_once() {
    let place = Place::new();
    place
        .write("runbook.md", &RUNBOOK.replace("deployment cart", "deployment <name>").replace("-n shop", "-n <place>"));
    let output = place.run(&["plan", "runbook.md", "cart-is-stuck"]);
    assert_eq!(code(&output), 3, "{}", said(&output));
    assert!(said(&output).contains("`name`") && said(&output).contains("`place`"), "{}", said(&output));
    assert!(said(&output).contains("2. Clean up"), "the steps are shown nevertheless: {}", said(&output));
    assert!(said(&output).contains("REFUSED: line 11 needs `name`"), "{}", said(&output));
    assert!(!said(&output).contains("--approve"), "{}", said(&output));
    let refused = place.json(&["plan", "runbook.md", "cart-is-stuck"]);
    assert_eq!((refused["digest"].is_null(), refused["steps"].as_array().unwrap().len()), (true, 3));
    assert_eq!(refused["refusals"].as_array().unwrap().len(), 2);
    let filled = place.run(&["plan", "runbook.md", "cart-is-stuck", "--set", "name=cart", "--set", "place=shop"]);
    assert_eq!(code(&filled), 0, "{}", said(&filled));
}

#[test]
fn a_team_teaches_it_its_own_commands() {
    let place = Place::new();
    place.write("runbook.md", RUNBOOK);
    place.write("allclear.toml", &format!("{}\n[catalogue]\nfiles = [\"shop.toml\"]\n", support::CONFIG));
    let output = place.run(&["plan", "runbook.md", "cart-is-stuck"]);
    assert_eq!(code(&output), 2, "{}", said(&output));
    assert!(said(&output).contains("shop.toml cannot be read"), "{}", said(&output));
    place.write("shop.toml", &TAUGHT.replace("mail pause", "mail !pause"));
    let output = place.run(&["plan", "runbook.md", "cart-is-stuck"]);
    assert_eq!(code(&output), 2, "{}", said(&output));
    assert!(said(&output).contains("shop.toml:5:9: `!pause`: only a flag can be forbidden"), "{}", said(&output));
    place.write("shop.toml", TAUGHT);
    let plan = place.json(&["plan", "runbook.md", "cart-is-stuck"]);
    let command = &plan["steps"][1]["commands"][1];
    assert_eq!((&command["effect"], &command["undo"]), (&"outage".into(), &"shopctl mail resume".into()));
}

#[test]
fn what_a_team_teaches_counts_wherever_effects_are_shown() {
    let place = Place::new();
    place.write("runbook.md", RUNBOOK);
    place.write("allclear.toml", &format!("{}\n[catalogue]\nfiles = [\"shop.toml\"]\n", support::CONFIG));
    place.write("shop.toml", TAUGHT);
    let shown = place.json(&["show", "runbook.md"]);
    assert_eq!(shown["procedures"][0]["steps"][1]["commands"][1]["effect"], "outage");
    place.write("shop.toml", "[[program]]\nnames = []\n");
    for verb in ["show", "lint"] {
        let output = place.run(&[verb, "runbook.md"]);
        assert_eq!(code(&output), 2, "{verb}: {}", said(&output));
        assert!(said(&output).contains("shop.toml:2:9: a program needs at least one name"), "{}", said(&output));
    }
}

#[test]
fn secrets_that_stand_in_a_runbook_are_not_shown() {
    let place = Place::new();
    let secret = "tr0ub4dor";
    let text = RUNBOOK.replace(
        "shopctl mail pause",
        &format!("PGPASSWORD={secret} psql -h db -c 'SELECT 1'\ncurl postgres://ana:{secret}@db/x"),
    );
    place.write("runbook.md", &text);
    for format in ["human", "json"] {
        for verb in [&["show", "runbook.md"][..], &["plan", "runbook.md", "cart-is-stuck"]] {
            let shown = said(&place.run(&[verb, &["--format", format]].concat()));
            assert!(shown.contains("PGPASSWORD="), "{shown}");
            assert!(!shown.contains(&format!("ana:{secret}")), "{shown}");
            assert!(verb[0] != "show" || !shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn names_to_set_are_short() {
    let place = Place::new();
    let restore = "gunzip < /tmp/backup-2025-01-20.sql.gz | psql shop\ndate -d 2025-01-20";
    place.write("runbook.md", &RUNBOOK.replace("shopctl mail pause", restore));
    let refused = said(&place.run(&["plan", "runbook.md", "cart-is-stuck"]));
    assert!(refused.contains("--set backup=VALUE") && refused.contains("--set date=VALUE"), "{refused}");
    for name in ["backup", "backup-2025-01-20.sql.gz"] {
        let set = format!("{name}=shop-2026-03-01.sql.gz");
        let plan = place.json(&["plan", "runbook.md", "cart-is-stuck", "--set", &set, "--set", "date=2026-03-01"]);
        let commands = &plan["steps"][1]["commands"];
        assert_eq!(commands[1]["rendered"], "gunzip < /tmp/shop-2026-03-01.sql.gz | psql shop", "{plan}");
        assert_eq!(commands[2]["rendered"], "date -d 2026-03-01");
    }
}

#[test]
fn a_step_that_waits_only_looks() {
    let place = Place::new();
    let fence = |command: &str| format!("<!-- allclear: wait every=5s at-most=15m -->\n```bash\n{command}\n```\n");
    let steps = format!("1. Wait:\n{}\n2. Wait again:\n{}", fence("curl -fsS shop.test/up"), fence("rm -f lock"));
    place.write("runbook.md", &format!("# Shop\n\n## Cart is stuck\n\n{steps}"));
    let plan = |step| place.run(&["plan", "runbook.md", "cart-is-stuck", "--only", step]);
    let (waits, changes) = (plan("1"), plan("2"));
    assert!(said(&waits).contains("waits: every 5 s, for 900 s at most, until it succeeds"), "{}", said(&waits));
    assert_eq!(code(&changes), 3);
    assert!(said(&changes).contains("line 14 does more than to observe"), "{}", said(&changes));
}

const ESTATE: &str = "[channel.console]
kind = \"console\"
[escalation]
levels = [{ channels = [\"console\"] }]
[target.staging]
env = { CART = \"data\" }
[catalogue]
files = [\"taught.toml\"]
";

const SWEEPING: &str = "# Shop

## Cart is stuck

1. **Clean up:**
```bash
rm -rf data/cart
rm -rf \"$CART/missing\"
```

2. **Pause the mail:**
```bash
shopctl mail pause
```
";

#[test]
fn a_plan_for_a_target_of_the_configuration_shows_what_is_there_now() {
    let place = Place::new();
    place.write("runbook.md", SWEEPING);
    place.write("allclear.toml", ESTATE);
    // A preview that would change something is no preview, whatever a team teaches.
    place.write("taught.toml", &TAUGHT.replace("undo =", "preview = \"touch performed\"\nundo ="));
    std::fs::create_dir_all(place.path("data/cart")).expect("a directory");
    let plan = |more: &[&str]| {
        let arguments = ["plan", "runbook.md", "cart-is-stuck", "--target", "staging"];
        place.run(&[&arguments[..], more].concat())
    };
    let said = said(&plan(&[]));
    for sentence in
        ["now: drwx", "data/cart\n", "now unknown: it ended with exit code 2", "shopctl: not found on this machine"]
    {
        assert!(said.contains(sentence), "{sentence:?} is not in\n{said}");
    }
    assert!(!place.path("performed").exists(), "only what observes is performed");
    let document: serde_json::Value = serde_json::from_slice(&plan(&["--format", "json"]).stdout).expect("JSON");
    let commands = &document["steps"][0]["commands"];
    assert!(commands[0]["live"]["shown"].as_str().expect("it is there").starts_with("drwx"), "{document:#}");
    assert!(commands[1]["live"]["unknown"].as_str().expect("it is not").contains("No such file"), "{document:#}");
    assert!(document["programs"]["shopctl"].is_null() && document["programs"].is_object(), "{document:#}");
    let offline = plan(&["--offline", "--format", "json"]);
    let offline: serde_json::Value = serde_json::from_slice(&offline.stdout).expect("JSON");
    assert_eq!(offline["digest"], document["digest"], "what is looked at is no part of what is approved");
    assert!(offline["steps"][0]["commands"][0].get("live").is_none(), "{offline:#}");
}

#[test]
fn a_plan_says_how_long_its_steps_took_before() {
    let place = Place::new();
    place.write("runbook.md", "# Shop\n\n## Look\n\n1. Look around:\n```bash\ntrue\n```\n");
    let plan = || said(&place.run(&["plan", "runbook.md", "look"]));
    let before = plan();
    assert!(!before.contains("took"), "{before}");
    assert!(!place.path("allclear-data").exists(), "a plan makes no log");
    let digest = before.lines().find_map(|line| line.strip_prefix("To approve all of it: --approve ")).expect("digest");
    let run = place.run(&["run", "runbook.md", "look", "--approve", digest]);
    assert_eq!(code(&run), 0, "{}", said(&run));
    let after = plan();
    assert!(after.contains(" in the median of 1 run"), "{after}");
}

/// A procedure in the languages that need an address of the target.
const QUERIES: &str = "# Settings\n\n**When**: slow\n\n1. More memory:\n```sql\nALTER SYSTEM SET work_mem = '64MB';\nSELECT pg_reload_conf();\n```\n2. Tell it:\n```http\nPOST /flags/calm\nAuthorization: Bearer $ADMIN_TOKEN\n```\n3. Look:\n```sql\n\\d orders\n```\n";

#[test]
fn sql_and_http_are_planned_where_the_target_has_an_address_for_them() {
    let place = Place::new();
    place.write("runbook.md", QUERIES);
    let target = "[target.shop]\npostgres = \"postgres://ana@127.0.0.1/shop\"\nhttp = \"http://127.0.0.1:1\"\n\
                  [target.shop.env]\nADMIN_TOKEN = \"env:ADMIN_TOKEN\"\n[target.bare]\n";
    place.write("allclear.toml", &format!("{}\n{target}", support::CONFIG));
    let plan = ["plan", "runbook.md", "settings", "--only", "1", "--only", "2", "--target"];
    let output = place.run(&[&plan[..], &["bare"]].concat());
    assert_eq!(code(&output), 3, "{}", said(&output));
    for sentence in [
        "line 7 needs a database, and the target `bare` has none: give [target.bare] a `postgres`",
        "line 12 begins with a path, and the target `bare` does not say from where",
        "line 12 needs the secret `ADMIN_TOKEN`",
    ] {
        assert!(said(&output).contains(sentence), "{sentence}\n{}", said(&output));
    }
    let planned = place.json(&[&plan[..], &["shop"]].concat());
    assert_eq!(planned["refusals"], serde_json::json!([]));
    let (setting, reload) = (&planned["steps"][0]["commands"][0], &planned["steps"][0]["commands"][1]);
    assert_eq!(
        (&setting["undo"], &reload["undo"]),
        (&":CAPTURED;\nSELECT pg_reload_conf();".into(), &"-- nothing is left to undo".into())
    );
    assert!(setting["capture"]["CAPTURED"].as_str().unwrap().contains("pg_file_settings"));
    assert_eq!(planned["steps"][1]["commands"][0]["effect"], "change");
    let output = place.run(&["plan", "runbook.md", "settings", "--only", "3", "--target", "shop"]);
    assert!(said(&output).contains("`\\d orders` is a command of psql itself"), "{}", said(&output));
}

#[test]
fn a_database_whose_address_is_a_secret_binds_commands_all_the_same() {
    let place = Place::new();
    let url = place.write("url", "postgres://app:hunter22@db.eu:5432/shop\n");
    let target = format!("{CONFIG}\n[target.production]\npostgres = \"file:{}\"\n", url.display());
    place.write("allclear.toml", &target);
    let plan = |command: &str| {
        place.write("runbook.md", &format!("# R\n\n## Mend\n\n1. **Mend:**\n```bash\n{command}\n```\n"));
        let output = place.run(&["plan", "runbook.md", "mend", "--target", "production", "--offline"]);
        assert!(!said(&output).contains("hunter22"), "{}", said(&output));
        (code(&output), said(&output))
    };
    let (exit, words) = plan("psql -h db.us -d shop -c 'SELECT 1'");
    assert_eq!(exit, 3, "{words}");
    assert!(words.contains("`db.us`, and that of the target `production` is `db.eu`"), "{words}");
    let (exit, words) = plan("psql -h db.eu -p 5432 -d shop -c 'SELECT 1'");
    assert_eq!((exit, words.contains("could not be compared")), (0, false), "{words}");
    std::fs::remove_file(url).expect("it was there");
    let (exit, words) = plan("psql -h db.us -d shop -c 'SELECT 1'");
    assert_eq!((exit, words.contains("could not be compared")), (0, true), "{words}");
}

#[test]
fn a_value_for_a_name_that_the_procedure_does_not_have_is_refused_with_the_nearest() {
    let place = Place::new();
    place.write(
        "runbook.md",
        &RUNBOOK.replace("deployment cart", "deployment <name>").replace("--replicas=2", "--replicas=<old>"),
    );
    for (name, sentence) in [
        ("nmae", "`cart-is-stuck` has no variable `nmae` to be set: did you mean `name`? it has `name`, `old`"),
        ("colour", "has no variable `colour` to be set: it has `name`, `old`"),
    ] {
        for verb in ["plan", "run"] {
            let output = place.run(&[verb, "runbook.md", "cart-is-stuck", "--set", &format!("{name}=x")]);
            assert_eq!(code(&output), 2, "{}", said(&output));
            assert!(said(&output).contains(sentence), "{}", said(&output));
        }
    }
    let plan = ["plan", "runbook.md", "cart-is-stuck", "--set", "name=cart", "--set", "old=2"];
    assert_eq!(code(&place.run(&plan)), 0);
    // A name of a step that is left out is one all the same.
    assert_eq!(code(&place.run(&[&plan[..], &["--only", "3"]].concat())), 0);
}

#[test]
fn commands_at_which_a_run_would_stand_still_carry_a_note() {
    let place = Place::new();
    place.write(
        "runbook.md",
        &RUNBOOK.replace("shopctl mail pause", "kubectl logs -f deploy/cart -n shop\nkubectl edit deploy cart"),
    );
    let shown = said(&place.run(&["plan", "runbook.md", "cart-is-stuck"]));
    for sentence in [
        "note: `kubectl logs -f deploy/cart -n shop` does not end by itself",
        "note: `kubectl edit deploy cart` opens an editor, and a run has no terminal: it would fail",
    ] {
        assert!(shown.contains(sentence), "{sentence} is not in\n{shown}");
    }
    let plan = place.json(&["plan", "runbook.md", "cart-is-stuck"]);
    let commands = &plan["steps"][1]["commands"];
    assert!(commands[1]["notes"][0].as_str().unwrap().contains("does not end"), "{plan:#}");
    assert!(commands[0].get("notes").is_none(), "{plan:#}");
}

#[test]
fn of_a_secret_that_stands_in_a_runbook_only_the_value_is_covered_and_a_blank_is_shown() {
    let place = Place::new();
    let secret = "tr0ub4dor";
    let commands = format!(
        "kubectl create secret generic shop --from-literal=STRIPE_SECRET_KEY='sk_live_NEW_KEY' -n shop\n\
         kubectl create secret generic db --from-literal=DB_PASSWORD='{secret}' --from-literal=OLD_PASSWORD={secret}-2 -n shop\n\
         psql -c \"ALTER ROLE shop PASSWORD '<new-password>'\"\n\
         curl -u ana:changeme https://shop.test/a"
    );
    place.write("runbook.md", &RUNBOOK.replace("shopctl mail pause", &commands));
    for format in ["human", "json"] {
        let shown = said(&place.run(&["show", "runbook.md", "--format", format]));
        assert!(!shown.contains(secret), "{shown}");
        for part in [
            "--from-literal=STRIPE_SECRET_KEY='sk_live_NEW_KEY'",
            "--from-literal=DB_PASSWORD='[redacted]'",
            "'<new-password>'",
            "ana:changeme",
        ] {
            assert!(shown.contains(part), "{part} is not in\n{shown}");
        }
    }
    let found = said(&place.run(&["lint", "runbook.md"]));
    assert!(found.contains("--from-literal=DB_PASSWORD='*********'") && !found.contains(secret), "{found}");
}

#[test]
fn a_configuration_without_anybody_to_page_is_enough_to_plan_and_to_run() {
    let place = Place::new();
    place.write("runbook.md", "# Shop\n\n## Look\n\n1. Look around:\n```bash\necho \"cart is $CART\"\n```\n");
    place.write("allclear.toml", "[target.staging]\nenv = { CART = \"data\" }\n");
    let planned = place.json(&["plan", "runbook.md", "look", "--target", "staging"]);
    let digest = planned["digest"].as_str().unwrap();
    let run = place.run(&["run", "runbook.md", "look", "--target", "staging", "--approve", digest]);
    assert_eq!(code(&run), 0, "{}", said(&run));
    assert!(said(&run).contains("cart is data") && !said(&run).contains("nobody"), "{}", said(&run));
    for verb in [&["up"][..], &["config", "check"]] {
        let output = place.run(verb);
        assert!(code(&output) != 0 && said(&output).contains("config-nobody-paged"), "{verb:?}: {}", said(&output));
    }
}
