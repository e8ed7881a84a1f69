//! What goes with a command that changes something: what to record before, how to undo, preview and verify it.
//!
//! An undo is offered only if every change of the command has one, and only for commands that run once, in the order
//! of the text, with arguments that mean the same afterwards.

use std::collections::{BTreeMap, BTreeSet};

use allclear_core::{EffectClass, Target};

use super::applied;
use super::catalogue::{Catalogue, Entry, Filling, Template, quoted};
use super::client::{Client, fed};
use super::elsewhere;
use super::kept::{self, FileChange};
use super::keys;
use super::room;
use super::shell::Reading;
use super::standing::Standing;
use super::statement::{self, StatementMeasures};
use super::switch::Switches;
use crate::syntax::bash::{self, Frame, Redirect, RedirectKind, Word};

/// What goes with one command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measures {
    /// By the variable that the undo finds it in: the command whose output it holds.
    pub capture: BTreeMap<String, String>,
    /// The commands that bring back what was before.
    pub undo: Option<String>,
    /// The commands that show what would happen, and change nothing.
    pub preview: Option<String>,
    /// The commands that tell whether it worked.
    pub verify: Option<String>,
    /// Programs and permissions.
    pub needs: Vec<String>,
    /// Why it cannot be undone.
    pub irreversible: Option<String>,
}

/// What goes with a command in a language, which has this effect.
pub fn measures(catalogue: &Catalogue, language: &str, text: &str, effect: EffectClass) -> Measures {
    Measuring::new(catalogue, &Target::default()).next(language, text, effect)
}

/// Tells what goes with the commands of a plan, in order: what is recorded before a step, and undone in a session of its
/// own, cannot rest on what an earlier command sets.
#[derive(Debug, Clone)]
pub struct Measuring<'c> {
    catalogue: &'c Catalogue,
    standing: Standing,
    switches: Switches,
}

impl<'c> Measuring<'c> {
    /// Before the first command of a plan for this target.
    pub fn new(catalogue: &'c Catalogue, target: &Target) -> Self {
        Self { catalogue, standing: Standing::default(), switches: Switches::on(target) }
    }

    /// Another step begins.
    pub fn begin_step(&mut self) {
        self.standing.begin_step();
    }

    /// What goes with the next command, which has this effect.
    pub fn next(&mut self, language: &str, text: &str, effect: EffectClass) -> Measures {
        if language == "bash" {
            return self.next_in_bash(text, effect);
        }
        let mut collected = Collected::default();
        match language {
            "sql" => statement::measures(text).into_iter().for_each(|it| collected.statement(it)),
            "yaml" => collected.manifests(text, effect),
            "redis" => drop(collected.programs.insert("redis-cli".to_owned())),
            _ => {}
        }
        self.switches.follow(language, text);
        collected.finish(effect, language)
    }

    fn next_in_bash(&mut self, text: &str, effect: EffectClass) -> Measures {
        let mut collected = Collected::default();
        let script = bash::parse(text);
        let reading = Reading { catalogue: self.catalogue, script: &script, depth: 0 };
        self.standing.begin_text(&script, text);
        for index in 0..script.invocations.len() {
            collected.invocation(&reading, &self.standing, index, text);
            self.standing.follow(&reading, index, text);
        }
        if script.error.is_some() {
            collected.without_undo += 1;
        }
        let with = collected.finish(effect, "bash");
        self.switches.follow_script(self.catalogue, &script, &with);
        with
    }

    /// After the last command, by the place among all: whose undo would act on another estate than the command does, and
    /// why. Nothing is to be recorded and undone of them.
    pub fn moved(&self) -> BTreeMap<usize, String> {
        self.switches.moved()
    }
}

#[derive(Default)]
struct Collected {
    captures: Vec<String>,
    undo: Vec<String>,
    preview: Vec<String>,
    verify: Vec<String>,
    programs: BTreeSet<String>,
    permissions: Vec<String>,
    irreversible: Vec<String>,
    /// Number of changes that nobody knows how to undo.
    without_undo: usize,
    /// Number of changes that pass by themselves.
    transient: usize,
    /// Whether the command has moved a file so far.
    moved: bool,
}

/// Why nothing is put back of a command that changes files after it has moved one.
const MOVED_BEFORE: &str =
    "it changes a file after it has moved one; written on lines of their own, each command has its undo";

/// The undo of what passes by itself: a comment, so that it can be performed like any other.
const NOTHING_TO_UNDO: &str = "nothing is left to undo";

impl Collected {
    /// What goes with one command, each text with the names set that it needs.
    fn invocation(&mut self, reading: &Reading<'_>, standing: &Standing, index: usize, text: &str) {
        let known = [self.captures.len(), self.undo.len(), self.preview.len(), self.verify.len()];
        self.command(reading, standing, index, text);
        let invocation = &reading.script.invocations[index];
        let around = reading.script.wrappers(index).flat_map(|outer| &outer.words);
        let targets = invocation.redirects.iter().map(|redirect| &redirect.target);
        let words = invocation.words.iter().chain(around).chain(targets);
        let settings = standing.settings(words, on_files(reading, index));
        if settings.is_empty() {
            return;
        }
        let texts = [&mut self.captures, &mut self.undo, &mut self.preview, &mut self.verify];
        for (number, (texts, known)) in texts.into_iter().zip(known).enumerate() {
            for text in &mut texts[known..] {
                // What is recorded and looked at is so in a shell of its own; an undo leaves its session as it was.
                *text = if number == 1 { format!("( {settings}{text} )") } else { format!("{settings}{text}") };
            }
        }
    }

    fn command(&mut self, reading: &Reading<'_>, standing: &Standing, index: usize, text: &str) {
        let invocation = &reading.script.invocations[index];
        self.program(reading, index);
        self.preview.extend(keys::matched(reading, standing, index, text));
        self.preview.extend(room::needed(reading, standing, index));
        let plain = is_plain(reading, standing, index);
        let place = Place { reading, standing, index };
        for redirect in invocation.redirects.iter().filter(|redirect| overwrites(redirect)) {
            let files = [redirect.target.clone()];
            self.files(FileChange::Content, &files, None, plain.then_some(place));
        }
        if reading.invocation(index) == EffectClass::Observe {
            return;
        }
        let call = reading.catalogue.call(invocation);
        let decision = reading.catalogue.decide(&call);
        let own = decision.map_or(EffectClass::Unknown, |decision| reading.own(index, &decision));
        let (Some(decision), true) = (decision, own != EffectClass::Observe) else {
            // The change is in a text among the arguments, or in a redirection that was looked at above. The commands of a
            // text that a shell starts are looked at one by one.
            if !invocation.redirects.iter().any(overwrites) && !reading.starts_commands(index) {
                self.client(reading, index, plain);
            }
            return;
        };
        // A program among the arguments may do more than the entry knows: `sed -i '/x/w other'`.
        let entry = decision.entry.filter(|_| reading.code(&decision, &call) == EffectClass::Observe);
        let Some(entry) = entry else {
            self.without_undo += 1;
            self.irreversible.extend(decision.entry.and_then(|entry| entry.irreversible.clone()));
            return;
        };
        self.irreversible.extend(entry.irreversible.clone());
        self.permissions.extend(entry.needs.iter().map(|need| format!("permission: {need}")));
        let captured = format!("CAPTURED_{}", self.captures.len() + 1);
        let read = input_of(reading, standing, index, text);
        let scope = decision.program.scope.as_slice();
        let written = invocation.span.slice(text);
        let filling = Filling { call: &call, written, scope, input: read.as_deref(), captured: &captured };
        let around =
            |text| plain.then(|| elsewhere::command(reading.script, invocation, text, Some(&captured))).flatten();
        match &entry.files {
            None => self.entry(reading.catalogue, entry, &filling, around),
            Some(files) => {
                self.preview.extend(entry.preview.as_ref().and_then(|preview| preview.fill(&filling)).and_then(around));
                let named = |template: &Template| template.words(&filling);
                let of: Option<Vec<_>> = files.of.iter().map(named).collect();
                let source = files.from.as_ref().map(|from| named(from).and_then(|words| words.into_iter().next()));
                let known = source.as_ref().is_none_or(Option::is_some);
                let of = of.map(|of| of.concat()).filter(|of| known && !of.is_empty()).unwrap_or_default();
                self.files(files.change, &of, source.flatten().as_ref(), plain.then_some(place));
            }
        }
    }

    /// What goes with a statement of an `sql` fence.
    fn statement(&mut self, statement: StatementMeasures) {
        let captured = format!(":CAPTURED_{}", self.captures.len() + 1);
        let undo = statement.undo.map(|undo| undo.replace(":CAPTURED", &captured));
        self.around_undo(undo, statement.transient);
        self.captures.extend(statement.capture);
        self.preview.extend(statement.previews.iter().map(|preview| format!("{preview};")));
        self.verify.extend(statement.verify.map(|verify| format!("{verify};")));
        self.irreversible.extend(statement.irreversible);
        self.permissions.extend(statement.needs.iter().map(|need| format!("permission: {need}")));
    }

    /// What goes with the statements that `psql` is given as an argument or on its input.
    fn client(&mut self, reading: &Reading<'_>, index: usize, plain: bool) {
        let Some(client) = plain.then(|| Client::of(reading, index)).flatten() else {
            self.without_undo += 1;
            return;
        };
        self.preview.extend(client.preview);
        for statement in client.statements {
            let captured = format!("CAPTURED_{}", self.captures.len() + 1);
            let undo = statement.undo.map(|undo| fed(&undo, &captured, &client.command));
            self.around_undo(undo, statement.transient);
            let capture = statement.capture.map(|query| fed(&format!("{query};"), "", &client.command));
            self.captures.extend(capture);
            self.irreversible.extend(statement.irreversible);
            self.permissions.extend(statement.needs.iter().map(|need| format!("permission: {need}")));
        }
    }

    fn around_undo(&mut self, undo: Option<String>, transient: bool) {
        match undo {
            Some(undo) => self.undo.push(undo),
            None if transient => self.transient += 1,
            None => self.without_undo += 1,
        }
    }

    /// Objects that are applied.
    fn manifests(&mut self, text: &str, effect: EffectClass) {
        self.programs.insert("kubectl".to_owned());
        if effect == EffectClass::Observe {
            return;
        }
        self.preview.push(applied::preview(text));
        self.permissions.push("permission: patch the objects of the manifest".to_owned());
        for object in applied::objects(text, |index| format!("CAPTURED_{}", index + 1)) {
            self.captures.push(object.capture);
            self.undo.push(object.undo);
            self.verify.extend(object.verify);
        }
    }

    fn entry(
        &mut self,
        catalogue: &Catalogue,
        entry: &Entry,
        filling: &Filling<'_>,
        around: impl Fn(String) -> Option<String>,
    ) {
        let filled = |template: &Option<Template>| template.as_ref()?.fill(filling).and_then(&around);
        self.preview.extend(filled(&entry.preview));
        self.verify.extend(filled(&entry.verify));
        let capture = filled(&entry.capture);
        let needs_capture = entry.undo.as_ref().is_some_and(Template::takes_captured);
        let undo = filled(&entry.undo).filter(|_| capture.is_some() || !needs_capture);
        // Nobody recorded whether it was there before: what would take it away again is no undo.
        let takes_away = |undo: &str| {
            matches!(super::classify_with(catalogue, "bash", undo), EffectClass::Outage | EffectClass::Destroy)
        };
        self.around_undo(undo.filter(|undo| needs_capture || !takes_away(undo)), entry.transient);
        self.captures.extend(capture);
    }

    /// What these files are is recorded before; nothing is undone where that is not sure for each of them.
    fn files(&mut self, change: FileChange, files: &[Word], source: Option<&Word>, place: Option<Place<'_>>) {
        // Before the whole command another file is there, or none: putting that back would remove the one that was moved.
        if self.moved {
            self.without_undo += 1;
            self.irreversible.push(MOVED_BEFORE.to_owned());
            return;
        }
        self.moved = change == FileChange::Place;
        let (keep, put_back) = kept::texts(change, source.is_some());
        let mut found = Vec::new();
        for file in files {
            let captured = format!("CAPTURED_{}", self.captures.len() + found.len() + 1);
            let both = place.as_ref().and_then(|place| {
                let words = (place.path(file)?, source.map(|source| place.path(source)));
                let source = words.1.map_or(Some(None), |source| source.map(Some))?;
                let script = |text: &str, recorded| place.script((&words.0, source.as_deref()), text, recorded);
                Some((script(&keep, None)?, script(&put_back, Some(captured.as_str()))?))
            });
            found.extend(both);
        }
        if found.is_empty() || found.len() < files.len() {
            self.without_undo += 1;
            return;
        }
        for (capture, undo) in found {
            self.captures.push(capture);
            self.undo.push(undo);
        }
    }

    fn program(&mut self, reading: &Reading<'_>, index: usize) {
        let invocation = &reading.script.invocations[index];
        let known = reading.catalogue.decide(&reading.catalogue.call(invocation));
        let here = !reading.script.is_elsewhere(index) && invocation.is_named();
        if here && !invocation.words.is_empty() && !known.is_some_and(|it| it.program.everywhere) {
            self.programs.insert(invocation.program().to_owned());
        }
    }

    fn finish(mut self, effect: EffectClass, language: &str) -> Measures {
        let changes = effect != EffectClass::Observe;
        if self.undo.is_empty() && self.transient > 0 {
            let comment = if language == "sql" { "--" } else { "#" };
            self.undo.push(format!("{comment} {NOTHING_TO_UNDO}"));
        }
        self.permissions = distinct(self.permissions);
        let complete = changes && self.without_undo == 0 && self.irreversible.is_empty() && !self.undo.is_empty();
        if effect == EffectClass::Destroy && !complete && self.irreversible.is_empty() {
            self.irreversible.push("what it removes is gone unless there is a copy elsewhere".to_owned());
        }
        self.irreversible.dedup();
        let joined = |lines: Vec<String>| (!lines.is_empty()).then(|| lines.join("\n"));
        let single = self.captures.len() == 1;
        let name = |number: usize| if single { "CAPTURED".to_owned() } else { format!("CAPTURED_{number}") };
        self.undo.reverse();
        self.undo.dedup();
        let undo = if complete { joined(self.undo) } else { None };
        let programs = self.programs.into_iter().map(|name| format!("program: {name}"));
        Measures {
            undo: undo.map(|undo| {
                if single { undo.replace("$CAPTURED_1", "$CAPTURED").replace(":CAPTURED_1", ":CAPTURED") } else { undo }
            }),
            capture: self.captures.into_iter().zip(1..).map(|(command, number)| (name(number), command)).collect(),
            preview: joined(self.preview),
            verify: joined(self.verify),
            needs: programs.chain(self.permissions).collect(),
            irreversible: joined(self.irreversible),
        }
    }
}

/// Each once, where it stood first.
fn distinct(texts: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    texts.into_iter().filter(|text| seen.insert(text.clone())).collect()
}

pub(super) fn overwrites(redirect: &Redirect) -> bool {
    redirect.writes() && !redirect.target.value.starts_with("/dev/") && redirect.kind != RedirectKind::Duplicate
}

/// A command of a text, and where it stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    reading: &'a Reading<'a>,
    standing: &'a Standing,
    index: usize,
}

impl Place<'_> {
    /// The file that a word names, from where the step begins.
    fn path(&self, word: &Word) -> Option<String> {
        let script = self.reading.script;
        let at_home = script.wrappers(self.index).any(|outer| matches!(outer.program(), "su" | "runuser"));
        let path = self.standing.path(word, script.is_elsewhere(self.index))?;
        Some(path).filter(|path| !at_home || path.starts_with('/'))
    }

    fn script(&self, words: (&str, Option<&str>), text: &str, recorded: Option<&str>) -> Option<String> {
        let script = self.reading.script;
        elsewhere::script(script, &script.invocations[self.index], words, text, recorded)
    }
}

/// Whether it is one of the programs that every machine has, which act on files alone.
fn on_files(reading: &Reading<'_>, index: usize) -> bool {
    let call = reading.catalogue.call(&reading.script.invocations[index]);
    reading.catalogue.decide(&call).is_some_and(|decision| decision.program.everywhere)
}

/// Whether the command runs once and its arguments mean the same before the step and afterwards.
pub(super) fn is_plain(reading: &Reading<'_>, standing: &Standing, index: usize) -> bool {
    let invocation = &reading.script.invocations[index];
    let once = invocation.frames.iter().all(|frame| matches!(frame, Frame::Group | Frame::Subshell));
    let fixed = |word: &Word| {
        !word.opaque && !word.glob && !word.value.contains("$(") && !word.value.contains('`') && standing.holds(word)
    };
    let mut wrappers = reading.script.wrappers(index);
    once && (standing.is_at_home() || on_files(reading, index))
        && !reading.repeats(index)
        && invocation.joined != bash::Joined::Or
        && invocation.words.iter().all(fixed)
        && wrappers.all(|outer| outer.words.iter().all(|word| standing.holds(word)))
}

/// What the command reads, as a pipe in front of it: the stages before it, if they only look and mean the same once more,
/// or a text that stands there.
fn input_of(reading: &Reading<'_>, standing: &Standing, index: usize, text: &str) -> Option<String> {
    let script = reading.script;
    let invocation = &script.invocations[index];
    if invocation.via.is_some() {
        return None;
    }
    if invocation.stage == 0 {
        let redirect = invocation.redirects.iter().find(|redirect| redirect.feeds())?;
        return match &redirect.body {
            Some(body) if !body.expands || !body.text.contains(['$', '`', '\\']) => {
                Some(format!("printf %s '{}' | ", body.text.replace('\'', "'\\''")))
            }
            None if redirect.kind == RedirectKind::Read => Some(format!("cat {} | ", quoted(&redirect.target))),
            _ => None,
        };
    }
    let mut before = (0..script.invocations.len()).filter(|at| {
        let other = &script.invocations[*at];
        other.pipeline == invocation.pipeline && other.stage < invocation.stage
    });
    let looks = |at: usize| {
        let other = &script.invocations[at];
        reading.invocation(at) == EffectClass::Observe && is_plain(reading, standing, at) && other.redirects.is_empty()
    };
    let first = before.next().filter(|first| looks(*first))?;
    let last = before.try_fold(first, |_, at| looks(at).then_some(at))?;
    let span = script.invocations[first].span.cover(script.invocations[last].span);
    Some(format!("{} | ", span.slice(text)))
}
