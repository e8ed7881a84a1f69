//! Which keys of Redis a pattern matches that a pipeline deletes: how many, of how many, and what memory they take.
//!
//! Invariant: keys are looked for by `SCAN`, never by `KEYS`, which holds everybody up, and only up to a limit; memory is
//! asked for a few of them.

use allclear_core::EffectClass;

use super::catalogue::quoted;
use super::elsewhere;
use super::measures::is_plain;
use super::shell::Reading;
use super::standing::Standing;
use crate::syntax::bash::{Invocation, Script};
use crate::syntax::call::Call;

/// Keys that are counted at most.
const COUNTED_MAX: u32 = 10_000;
/// Keys whose memory is asked for.
const MEASURED_MAX: u32 = 50;

/// The commands that show it, where the invocation deletes what a pipe in front of it finds.
pub(super) fn matched(reading: &Reading<'_>, standing: &Standing, index: usize, text: &str) -> Option<String> {
    let script = reading.script;
    let invocation = &script.invocations[index];
    let call = reading.catalogue.call(invocation);
    let deletes = matches!(call.operand(0).to_ascii_lowercase().as_str(), "del" | "unlink");
    let only_those = call.operands.iter().skip(1).all(|word| word.value == "{}");
    let list = script.wrappers(index).find(|outer| outer.program() == "xargs")?;
    if !is_redis(invocation) || !deletes || !only_those || list.via.is_some() {
        return None;
    }
    let found = (0..script.invocations.len()).find(|at| {
        let outer = outermost(script, *at);
        is_redis(&script.invocations[*at]) && outer.pipeline == list.pipeline && outer.stage == 0
    })?;
    let keys = source(reading, standing, found, text)?;
    let keys = format!("{keys}{}", filters(reading, standing, list, text)?);
    let scan = &script.invocations[found];
    let size = elsewhere::command(script, scan, format!("{} DBSIZE", client(reading, scan)), None)?;
    let count = format!(
        "n=$({keys} | head -n {COUNTED_MAX} | wc -l)\n\
         echo \"keys that match: $n$(test \"$n\" -lt {COUNTED_MAX} || echo ' or more') of $({size})\""
    );
    // In a container each would be a start of its own.
    let near =
        invocation.via.and_then(|via| script.invocations.get(via)).is_some_and(|outer| outer.program() == "xargs");
    let memory = format!(
        "\nbytes=$({keys} | head -n {MEASURED_MAX} | xargs -r -n 1 {} MEMORY USAGE | awk '{{ s += $1 }} END {{ printf \"%.0f\\n\", s }}')\n\
         if test \"$n\" -gt 0; then echo \"memory that they take, about: $(( bytes * n / (n < {MEASURED_MAX} ? n : {MEASURED_MAX}) )) bytes\"; fi",
        client(reading, invocation)
    );
    let memory = if near { memory } else { String::new() };
    // What is cut off ends by a signal, which is no failure here.
    Some(format!("( set +o pipefail\n{count}{memory} )"))
}

fn is_redis(invocation: &Invocation) -> bool {
    matches!(invocation.program(), "redis-cli" | "valkey-cli")
}

fn outermost(script: &Script, index: usize) -> &Invocation {
    script.wrappers(index).last().unwrap_or(&script.invocations[index])
}

/// The client with the words that say where.
fn client(reading: &Reading<'_>, invocation: &Invocation) -> String {
    let call = reading.catalogue.call(invocation);
    let scope = reading.catalogue.decide(&call).map(|decision| decision.program.scope.clone()).unwrap_or_default();
    let flags = call.flags.iter().filter(|flag| scope.contains(&flag.name));
    let words = flags.flat_map(|flag| {
        let value = flag.value_word.filter(|value| value.span != flag.word.span);
        std::iter::once(flag.word).chain(value).map(quoted)
    });
    std::iter::once(invocation.program().to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// What lists the keys, without holding anybody up.
fn source(reading: &Reading<'_>, standing: &Standing, index: usize, text: &str) -> Option<String> {
    let script = reading.script;
    let invocation = &script.invocations[index];
    let call = reading.catalogue.call(invocation);
    if !is_plain(reading, standing, index) || !invocation.assignments.is_empty() {
        return None;
    }
    let pattern = match call.operand(0).to_ascii_lowercase().as_str() {
        "keys" => Some(quoted(call.operands.get(1)?)),
        _ if call.has(&["--scan"]) => None,
        _ => return None,
    };
    match pattern {
        Some(pattern) => {
            let scan = format!("{} --scan --pattern {pattern}", client(reading, invocation));
            elsewhere::command(script, invocation, scan, None)
        }
        None => Some(outermost(script, index).span.slice(text).to_owned()),
    }
}

/// The stages between the list and what takes it, where they only look. One that only changes how keys are divided is
/// left out.
fn filters(reading: &Reading<'_>, standing: &Standing, list: &Invocation, text: &str) -> Option<String> {
    let script = reading.script;
    let between = |other: &Invocation| other.pipeline == list.pipeline && (1..list.stage).contains(&other.stage);
    let mut stages = String::new();
    for (at, other) in script.invocations.iter().enumerate().filter(|(_, other)| between(other)) {
        let divides = other.program() == "tr";
        let looks = reading.invocation(at) == EffectClass::Observe
            && is_plain(reading, standing, at)
            && other.redirects.is_empty();
        if !looks {
            return None;
        }
        if !divides && other.via.is_none() {
            stages.push_str(" | ");
            stages.push_str(other.span.slice(text));
        }
    }
    // How keys are divided matters only to what was left out.
    let divided = Call::of(list).has(&["-0", "--null", "-d", "--delimiter", "-I", "-a"]);
    (stages.is_empty() || !divided).then_some(stages)
}

#[cfg(test)]
mod tests {
    use allclear_core::EffectClass;

    use crate::effect::{Catalogue, classify, measures};

    fn preview(text: &str) -> Option<String> {
        measures(&Catalogue::default(), "bash", text, classify("bash", text)).preview
    }

    #[test]
    fn keys_of_a_pattern_are_looked_for_where_the_pipeline_looks_for_them() {
        for (text, found) in [
            ("redis-cli -h cache --scan --pattern 'x:*' | xargs redis-cli -h cache DEL", "redis-cli -h cache DBSIZE"),
            ("redis-cli KEYS 'x:*' | xargs redis-cli UNLINK", "n=$(redis-cli --scan --pattern 'x:*' | head"),
            (
                "kubectl exec redis-0 -- redis-cli --scan --pattern 'x:*' | xargs kubectl exec redis-0 -- redis-cli DEL",
                "of $(kubectl exec redis-0 -- redis-cli DBSIZE)",
            ),
        ] {
            let preview = preview(text).unwrap_or_else(|| panic!("`{text}` has no preview"));
            assert!(preview.contains(found), "{preview}");
            assert!(!preview.contains("KEYS") && !preview.contains("DEL"), "{preview}");
            assert_eq!(classify("bash", &preview), EffectClass::Observe, "{preview}");
        }
    }

    #[test]
    fn what_else_a_pipeline_does_is_never_part_of_a_look() {
        for text in [
            "redis-cli --scan | tee keys | xargs redis-cli DEL",
            "redis-cli --scan | xargs -I{} redis-cli DEL session:{}",
            "cat keys | xargs redis-cli DEL",
            "redis-cli EVAL 'return 1' 0 | xargs redis-cli DEL",
            "redis-cli --scan | grep -v a | xargs -0 redis-cli DEL",
        ] {
            let preview = preview(text).unwrap_or_default();
            assert!(!preview.contains("DBSIZE"), "{text}: {preview}");
        }
    }
}
