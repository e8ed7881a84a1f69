//! Plans that somebody hands in: what may enter the log, whoever made it.
//!
//! Nobody's word is taken for what a command does, for what is recorded before it, or for what puts it back: each is told
//! once more, from the text that would be performed and the catalogue of this server. A plan may be posted by anybody who
//! has a token, and four eyes, what is repeated after a crash and what an undo performs all rest on it. Nor may its commands
//! leave the estate of its target, as this server knows it.

use std::path::Path;

use allclear_core::{EffectClass, Plan, PlannedCommand, Policy, Target, is_reserved_for};
use allclear_runbook::{Catalogue, Classifying, Measures, Measuring, early_readers, strays};

use crate::config;
use crate::credential;
use crate::estate;

/// One sentence for each reason why the plan may not enter the log; the catalogue is that of the configuration.
pub(crate) fn refusals(plan: &Plan, policy: &Policy, config: &Path) -> Vec<String> {
    let mut refusals = credential::refusals(plan);
    let target = policy.targets.get(&plan.target).cloned().unwrap_or_default();
    match config::load_catalogue(config) {
        Ok(catalogue) => {
            refusals.extend(misstatements(plan, &target, &catalogue));
            refusals.extend(elsewhere(plan, &target, &catalogue));
        }
        Err(_) => refusals.push(
            "the configuration of this server has errors, so nobody can tell what the plan does; `allclear config check` \
             lists them"
                .to_owned(),
        ),
    }
    refusals
}

/// What its commands name that is not of its target.
fn elsewhere(plan: &Plan, target: &Target, catalogue: &Catalogue) -> Vec<String> {
    // What cannot be compared stands in nobody's way, as where it is planned here.
    let (estate, _) = estate::named(target, &plan.target);
    strays(plan, &estate, catalogue).iter().map(|refusal| credential::redacted(&refusal.to_string())).collect()
}

fn misstatements(plan: &Plan, target: &Target, catalogue: &Catalogue) -> Vec<String> {
    let mut measuring = Measuring::new(catalogue, target);
    let mut measured = Vec::new();
    let mut classifying = Classifying::new(catalogue, &plan.variables);
    let mut refusals: Vec<String> = plan.variables.keys().filter_map(|name| reserved(name, target)).collect();
    for step in &plan.steps {
        measuring.begin_step();
        for command in &step.commands {
            measured.push((command, measuring.next(&command.language, &command.rendered, command.effect)));
            let found = classifying.next(&command.language, &command.rendered);
            refusals.extend(understated(command, found));
            refusals.extend(cut_off_otherwise(command));
        }
    }
    let moved = measuring.moved();
    refusals.extend(measured.iter().enumerate().filter_map(|(place, (command, with))| {
        let stays = moved.contains_key(&place).then(Measures::default);
        undone_otherwise(command, stays.as_ref().unwrap_or(with))
    }));
    refusals
}

/// A variable that would do something although no command says so.
fn reserved(name: &str, target: &Target) -> Option<String> {
    is_reserved_for(name, target).then(|| {
        format!(
            "the plan gives a value to `{name}`, a name that shells and programs act on by themselves; give it in the \
             environment of the target, or set it in a command of the runbook"
        )
    })
}

/// Where the plan says of a command that it does less than this server takes it for.
fn understated(command: &PlannedCommand, found: EffectClass) -> Option<String> {
    // What observes is performed again without asking after a crash: that nobody can declare of a known change.
    let observes =
        command.effect == EffectClass::Observe && !matches!(found, EffectClass::Observe | EffectClass::Unknown);
    let (line, said) = (command.line, command.effect.word());
    let takes = match found {
        EffectClass::Unknown => "this server cannot tell what it does".to_owned(),
        known => format!("this server takes it for {}", known.word()),
    };
    (observes || command.gravest() < found).then(|| {
        format!(
            "line {line}: the plan says {said}, and {takes}; plan it again with the version and the configuration of the \
             server, and teach its catalogue what it does not know"
        )
    })
}

/// Where the plan records or undoes with other commands than this server would; none at all is its own choice.
fn undone_otherwise(command: &PlannedCommand, with: &Measures) -> Option<String> {
    let nothing = command.undo.is_none() && command.capture.is_empty();
    let same = command.undo == with.undo && command.capture == with.capture;
    (!nothing && !same).then(|| {
        format!(
            "line {}: the plan would record or undo with other commands than this server knows; plan it again with the \
             version and the configuration of the server",
            command.line
        )
    })
}

/// Where the plan would take a program for unharmed that SIGPIPE has ended, and this server would not.
fn cut_off_otherwise(command: &PlannedCommand) -> Option<String> {
    let known = early_readers(&command.language, &command.rendered, command.effect);
    (!command.early_readers.is_subset(&known)).then(|| {
        format!(
            "line {}: the plan names a part of the pipeline that would stop reading early, and this server knows it for \
             none; plan it again with the version of the server",
            command.line
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use allclear_core::{Digest, PlannedStep, SecretRef, StepKind};

    use super::*;

    fn plan(commands: Vec<PlannedCommand>) -> Plan {
        let manual = PlannedStep::manual(1, 1, "Mend".to_owned(), String::new());
        Plan {
            digest: Digest::default(),
            runbook: "runbook.md".to_owned(),
            runbook_digest: Digest::default(),
            procedure: "mend".to_owned(),
            title: "Mend".to_owned(),
            target: "local".to_owned(),
            variables: BTreeMap::new(),
            secrets: Vec::new(),
            steps: vec![PlannedStep { kind: StepKind::Command, commands, ..manual }],
        }
    }

    fn command(text: &str, effect: EffectClass) -> PlannedCommand {
        PlannedCommand::new(7, "bash", text.to_owned(), effect, "local")
    }

    fn refusals(command: PlannedCommand) -> Vec<String> {
        misstatements(&plan(vec![command]), &Target::default(), &Catalogue::default())
    }

    #[test]
    fn a_command_does_at_least_what_the_plan_says() {
        use EffectClass::{Change, Destroy, Observe, Outage, Unknown};
        for (text, said, classified, accepted) in [
            ("rm -rf /data", Change, None, false),
            ("rm -rf /data", Destroy, None, true),
            ("rm -rf /data", Change, Some(Destroy), true),
            ("rm -rf /data", Change, Some(Outage), false),
            ("rm -rf /data", Observe, Some(Destroy), false),
            ("./mend.sh", Change, None, false),
            ("./mend.sh", Observe, Some(Unknown), true),
            ("ls", Outage, None, true),
            ("bash -c 'echo; dropdb shop'", Outage, None, false),
        ] {
            let refusals = refusals(PlannedCommand { classified, ..command(text, said) });
            assert_eq!(refusals.is_empty(), accepted, "{text} {said:?} {classified:?}: {refusals:?}");
        }
        let told = refusals(command("rm -rf /data", Change));
        assert!(
            told[0].starts_with("line 7: the plan says change, and this server takes it for destroy; "),
            "{told:?}"
        );
    }

    #[test]
    fn a_value_can_neither_act_by_itself_nor_make_a_look_a_loss() {
        let given = |name: &str, value: &str| {
            let looks = command("find del -name x $ARGS", EffectClass::Observe);
            let variables = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            let target = Target { postgres: Some(SecretRef::Env("DB".to_owned())), ..Target::default() };
            misstatements(&Plan { variables, ..plan(vec![looks]) }, &target, &Catalogue::default())
        };
        for name in ["ARGS", "AWS_REGION"] {
            assert!(given(name, "y").is_empty(), "{:?}", given(name, "y"));
        }
        assert!(given("ARGS", "-delete")[0].contains("takes it for destroy"), "{:?}", given("ARGS", "-delete"));
        for name in ["BASH_ENV", "LD_PRELOAD", "PATH", "KUBECONFIG", "PGHOST"] {
            assert!(given(name, "x")[0].contains(&format!("a value to `{name}`")), "{name}");
        }
    }

    #[test]
    fn a_command_stays_within_the_estate_of_the_target() {
        let postgres = SecretRef::Plain("postgres://app@db.eu/shop".to_owned());
        let env = BTreeMap::from([("AWS_REGION".to_owned(), SecretRef::Plain("eu-central-1".to_owned()))]);
        let target = Target { postgres: Some(postgres), env, ..Target::default() };
        let told = |text: &str, secrets: &[&str]| {
            let variables = BTreeMap::from([("WHERE".to_owned(), "db.us".to_owned())]);
            let secrets = secrets.iter().map(|name| (*name).to_owned()).collect();
            let plan = Plan { variables, secrets, ..plan(vec![command(text, EffectClass::Observe)]) };
            elsewhere(&plan, &target, &Catalogue::default())
        };
        for text in ["psql -h db.eu -c 'SELECT 1'", "aws --region $AWS_REGION s3 ls", "kubectl --context any get pods"]
        {
            assert!(told(text, &[]).is_empty(), "{text}: {:?}", told(text, &[]));
        }
        for text in ["psql -h db.us -c 'SELECT 1'", "psql -h $WHERE -c 'SELECT 1'", "aws --region us-east-1 s3 ls"] {
            assert!(told(text, &[])[0].starts_with("line 7 names a "), "{text}: {:?}", told(text, &[]));
        }
        // That a plan calls a name a secret does not make it one of the target's.
        assert_eq!(told("psql -h $ELSEWHERE -c 'SELECT 1'", &["ELSEWHERE"]).len(), 1);
        let other = plan(vec![command("psql -h db.us", EffectClass::Observe)]);
        assert!(elsewhere(&other, &Target::default(), &Catalogue::default()).is_empty());
    }

    #[test]
    fn a_failure_is_passed_over_only_where_this_server_would_do_so() {
        let looks = |text: &str| {
            let early_readers = [1].into();
            refusals(PlannedCommand { early_readers, ..command(text, EffectClass::Observe) })
        };
        assert!(looks("ps aux | head -3").is_empty(), "{:?}", looks("ps aux | head -3"));
        assert!(looks("ps aux | cat")[0].contains("would stop reading early"), "{:?}", looks("ps aux | cat"));
        let early_readers = [1].into();
        let change = PlannedCommand { early_readers, ..command("./deploy.sh | head -3", EffectClass::Unknown) };
        assert!(refusals(change.clone())[0].contains("would stop reading early"), "{:?}", refusals(change));
    }

    #[test]
    fn what_a_later_command_moves_to_another_estate_is_not_undone() {
        let text = "kubectl scale deployment api --replicas=3";
        let known = allclear_runbook::measures(&Catalogue::default(), "bash", text, EffectClass::Change);
        let plain = command(text, EffectClass::Change);
        let undone = PlannedCommand { undo: known.undo, capture: known.capture, ..plain.clone() };
        let told = |first: &PlannedCommand, next: &str| {
            let next = command(next, EffectClass::Observe);
            misstatements(&plan(vec![first.clone(), next]), &Target::default(), &Catalogue::default())
        };
        assert!(told(&undone, "kubectl config use-context other")[0].contains("other commands than this server knows"));
        assert!(told(&plain, "kubectl config use-context other").is_empty());
        assert!(told(&undone, "kubectl config get-contexts").is_empty());
    }

    #[test]
    fn what_goes_with_a_command_is_what_the_server_knows() {
        let text = "kubectl scale deployment api --replicas=3";
        let known = allclear_runbook::measures(&Catalogue::default(), "bash", text, EffectClass::Change);
        let plain = command(text, EffectClass::Change);
        assert!(refusals(plain.clone()).is_empty());
        let honest = PlannedCommand { undo: known.undo, capture: known.capture, ..plain };
        assert!(refusals(honest.clone()).is_empty(), "{:?}", refusals(honest));
        let forged = PlannedCommand { undo: Some("rm -rf /data".to_owned()), ..honest.clone() };
        assert!(refusals(forged)[0].contains("other commands"));
        let mut forged = honest;
        forged.capture.insert("CAPTURED".to_owned(), "rm -rf /data".to_owned());
        assert_eq!(refusals(forged).len(), 1);
    }
}
