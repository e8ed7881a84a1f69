//! Every file of the catalogue is read, every entry can be reached, and every example has the effect that it stands under.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;

use allclear_core::EffectClass;

use super::{Catalogue, Entry, Program, embedded, reference};
use crate::effect::classify_with;
use crate::syntax::bash;

/// Every entry with its program.
fn entries() -> impl Iterator<Item = (&'static Program, &'static Entry)> {
    embedded::programs().flat_map(|program| program.entries.iter().map(move |entry| (program, entry)))
}

#[test]
fn every_program_of_every_file_is_built_in() {
    let mut all: BTreeSet<String> = BTreeSet::new();
    for program in reference::files().flat_map(|(.., programs)| programs) {
        for name in &program.names {
            let known = embedded::program(name).unwrap();
            let patterns = |program: &Program| {
                let entries = program.entries.iter().flat_map(|entry| &entry.patterns);
                entries.map(|pattern| pattern.text.clone()).collect::<Vec<_>>()
            };
            assert_eq!((&known.names, patterns(known)), (&program.names, patterns(&program)), "{name}");
            all.insert(name.clone());
        }
    }
    assert!(all.len() > 500 && embedded::program("no-such-program").is_none());
    assert_eq!(all.len(), embedded::programs().map(|program| program.names.len()).sum::<usize>());
}

#[test]
fn every_entry_can_be_reached() {
    let catalogue = Catalogue::default();
    let mut failures = Vec::new();
    let decided = |sample: &str| {
        let script = bash::parse(sample);
        let call = catalogue.call(&script.invocations[0]);
        catalogue.decide(&call).and_then(|decision| decision.entry)
    };
    for (program, entry) in entries() {
        for samples in entry.patterns.iter().flat_map(|pattern| pattern.samples(program)) {
            if !samples.iter().any(|sample| decided(sample).is_some_and(|it| std::ptr::eq(it, entry))) {
                let other = decided(&samples[0]).map_or("nothing", |it| it.patterns[0].text.as_str());
                failures.push(format!("`{}` ({}) is decided by: {other}", samples[0], entry.patterns[0].text));
            }
        }
    }
    assert!(failures.is_empty(), "{} entries are shadowed:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_example_has_the_effect_that_it_stands_under() {
    let catalogue = Catalogue::default();
    let mut failures = Vec::new();
    let written = reference::files().flat_map(|(.., programs)| programs).collect::<Vec<_>>();
    let pairs = written.iter().flat_map(|program| {
        let entries = &embedded::program(&program.names[0]).unwrap().entries;
        program.entries.iter().zip(entries).map(move |(written, entry)| (program, written, entry))
    });
    for (program, written, entry) in pairs {
        if written.examples.is_empty() {
            failures.push(format!("{}: `{}` has no example", program.names[0], entry.patterns[0].text));
        }
        for example in &written.examples {
            let effect = classify_with(&catalogue, "bash", example);
            let script = bash::parse(example);
            let mut decided = script.invocations.iter().filter_map(|invocation| {
                catalogue.decide(&catalogue.call(invocation)).and_then(|decision| decision.entry)
            });
            if !decided.any(|it| std::ptr::eq(it, entry)) {
                failures.push(format!("`{example}` is not decided by `{}`", entry.patterns[0].text));
            } else if effect.max(entry.effect) != effect || effect != entry.effect && entry.stdin.is_none() {
                failures.push(format!("`{example}` is {}, not {}", effect.word(), entry.effect.word()));
            }
        }
    }
    assert!(failures.is_empty(), "{}\n{} failures", failures.join("\n"), failures.len());
}

#[test]
fn files_of_a_team_stand_in_front() {
    let text = r#"
[[program]]
names = ["shopctl", "kubectl"]
otherwise = "change"
valued = ["--queue"]

[[program.entry]]
match = ["queue drain --queue", "delete pod"]
effect = "outage"

[[program.entry]]
match = "status"
effect = "observe"
"#;
    let catalogue = Catalogue::with_files(&[("team.toml", text)]).unwrap();
    let effect = |command: &str| classify_with(&catalogue, "bash", command);
    assert_eq!(effect("shopctl --queue mail queue drain"), EffectClass::Outage);
    assert_eq!(effect("shopctl status | grep x"), EffectClass::Observe);
    assert_eq!(effect("shopctl what"), EffectClass::Change);
    assert_eq!(effect("kubectl delete pod x"), EffectClass::Outage);
    assert_eq!(effect("kubectl get pods"), EffectClass::Observe);
    assert_eq!(effect("kubectl frobnicate"), EffectClass::Change);
}

#[test]
fn mistakes_in_a_file_are_told_with_their_places() {
    let said = |text: &str| {
        let problems = Catalogue::with_files(&[("team.toml", text)]).unwrap_err();
        problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let program = "[[program]]\nnames = [\"x\"]\n[[program.entry]]\n";
    let told = said(&format!("{program}match = \"a !b\"\neffect = \"change\"\nundo = \"x {{scop}}\"\n"));
    assert_eq!(told[0], "team.toml:4:9: `!b`: only a flag can be forbidden");
    assert!(told[1].starts_with("team.toml:6:8: `{scop}` is no part of a command"), "{}", told[1]);
    assert!(said(&format!("{program}match = \"a\"\neffect = \"chnage\"\n"))[0].starts_with("team.toml:5:10: "));
    assert!(said("[[program]]\nnames = []\n")[0].starts_with("team.toml:2:9: "));
    assert!(said("[[program]\n")[0].starts_with("team.toml:1:"));
    let orphan = said(&format!("{program}match = \"a\"\neffect = \"change\"\nundo = \"x {{captured}}\"\n"));
    assert!(orphan[0].contains("nothing is captured"), "{}", orphan[0]);
    let both = said(&format!("{program}match = \"a\"\neffect = \"destroy\"\nundo = \"x\"\nirreversible = \"y\"\n"));
    assert!(both[0].contains("keep one of the two"), "{}", both[0]);
}
