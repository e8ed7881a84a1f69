//! What an author says of the fence below: `<!-- allclear: effect=change -->`,
//! `<!-- allclear: wait every=10s at-most=15m -->`.

use allclear_core::{EffectClass, Wait};

use crate::effect::believed;
use crate::model::Command;

/// How a step waits whose author gives no times.
const USUAL_WAIT: Wait = Wait { every_s: 10, at_most_s: 600 };

/// What the annotations above a fence declare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Declared {
    effect: Option<EffectClass>,
    wait: Option<Wait>,
}

impl Declared {
    /// What a piece of HTML declares, on top of what was declared before it.
    pub(crate) fn and(self, html: &str) -> Self {
        let declared = Self::read(html).unwrap_or_default();
        Self { effect: declared.effect.or(self.effect), wait: declared.wait.or(self.wait) }
    }

    fn read(html: &str) -> Option<Self> {
        let inside = html.split_once("<!--")?.1.split_once("-->")?.0.trim().strip_prefix("allclear:")?;
        let value = |name: &str| inside.split_whitespace().find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let classes = [EffectClass::Observe, EffectClass::Change, EffectClass::Outage, EffectClass::Destroy];
        let effect = value("effect").and_then(|word| classes.into_iter().find(|class| class.word() == word));
        let seconds = |name, usual| value(name).and_then(seconds).unwrap_or(usual);
        let waits = inside.split_whitespace().any(|word| word == "wait");
        let wait = waits.then(|| Wait {
            every_s: seconds("every", USUAL_WAIT.every_s).max(1),
            at_most_s: seconds("at-most", USUAL_WAIT.at_most_s),
        });
        Some(Self { effect, wait })
    }

    /// Writes what was declared into a command.
    pub(crate) fn mark(&self, command: &mut Command) {
        command.wait = self.wait;
        command.declared = self.effect;
        command.effect = believed(self.effect, command.effect);
    }
}

/// `90s`, `15m` or `2h` in seconds; a bare number is seconds.
fn seconds(text: &str) -> Option<u32> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        _ => return None,
    };
    digits.parse::<u32>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_declares_effects_and_waits() {
        let declared = |html: &str| Declared::default().and(html);
        let waits = |html: &str| declared(html).wait.map(|wait| (wait.every_s, wait.at_most_s));
        assert_eq!(waits("<!-- allclear: wait every=5s at-most=15m -->"), Some((5, 900)));
        assert_eq!(waits("<!-- allclear: wait -->"), Some((10, 600)));
        assert_eq!(waits("<!-- allclear: wait every=0 at-most=2h effect=observe -->"), Some((1, 7_200)));
        assert_eq!(waits("<!-- allclear: wait every=99999999999h -->"), Some((10, 600)));
        assert_eq!(waits("<!-- please wait -->"), None);
        let both = declared("<!-- allclear: effect=outage -->").and("<!-- allclear: wait -->");
        assert_eq!((both.effect, both.wait), (Some(EffectClass::Outage), Some(USUAL_WAIT)));
    }
}
