//! From brush-parser's tree to invocations.
//!
//! brush counts characters, reports no position for some nodes, and counts blanks to some words: spans are mended here.

use brush_parser::SourceSpan;
use brush_parser::ast::{
    self, AssignmentName, Command, CommandPrefixOrSuffixItem, CompoundCommand, CompoundList, IoFileRedirectKind,
    IoFileRedirectTarget, IoRedirect,
};

use super::lower::{Around, Base, Lowering, Seat, seated};
use super::{Assignment, Frame, HereDocument, Invocation, Joined, Redirect, RedirectKind, Word};
use crate::span::Span;

/// Adds what a tree starts; `text` is what it was parsed from, unmasked.
pub(super) fn lower(lowering: &mut Lowering<'_>, program: &ast::Program, text: &str, base: Base, around: &Around) {
    let offsets = offsets(text);
    let mut one = OneText { lowering, text, offsets: &offsets, base };
    for list in &program.complete_commands {
        one.list(list, around);
    }
}

/// Whether the tree is one pipeline of several parts, whose code nothing turns round, and nothing else.
pub(super) fn is_one_pipeline(program: &ast::Program) -> bool {
    let [list] = program.complete_commands.as_slice() else { return false };
    let [ast::CompoundListItem(and_or, ast::SeparatorOperator::Sequence)] = list.0.as_slice() else { return false };
    and_or.additional.is_empty() && and_or.first.seq.len() > 1 && !and_or.first.bang
}

/// Byte offset of every character, and the length behind the last.
fn offsets(text: &str) -> Vec<usize> {
    text.char_indices().map(|(at, _)| at).chain(std::iter::once(text.len())).collect()
}

struct OneText<'a, 's> {
    lowering: &'a mut Lowering<'s>,
    text: &'a str,
    offsets: &'a [usize],
    base: Base,
}

impl OneText<'_, '_> {
    fn list(&mut self, list: &CompoundList, around: &Around) {
        let mut joined = Joined::First;
        for ast::CompoundListItem(and_or, separator) in &list.0 {
            let background = matches!(separator, ast::SeparatorOperator::Async);
            self.pipeline(&and_or.first, joined, background, around);
            for next in &and_or.additional {
                let (pipeline, joined) = match next {
                    ast::AndOr::And(pipeline) => (pipeline, Joined::And),
                    ast::AndOr::Or(pipeline) => (pipeline, Joined::Or),
                };
                self.pipeline(pipeline, joined, background, around);
            }
            joined = Joined::Then;
        }
    }

    fn pipeline(&mut self, pipeline: &ast::Pipeline, joined: Joined, background: bool, around: &Around) {
        let number = self.lowering.script.invocations.len();
        let stages = pipeline.seq.len();
        for (stage, command) in pipeline.seq.iter().enumerate() {
            let seat = Seat { pipeline: number, stage, stages, joined, background };
            let around = around.clone().fed(stage > 0);
            match command {
                Command::Simple(simple) => self.simple(simple, seat, &around),
                Command::Compound(compound, redirects) => self.compound(compound, redirects.as_ref(), seat, &around),
                Command::Function(function) => {
                    let ast::FunctionBody(body, redirects) = &function.body;
                    self.compound(body, redirects.as_ref(), seat, &around.within(Frame::Function));
                }
                Command::ExtendedTest(test, redirects) => self.test(&test.expr, redirects.as_ref(), seat, &around),
            }
        }
    }

    fn compound(
        &mut self,
        command: &CompoundCommand,
        redirects: Option<&ast::RedirectList>,
        seat: Seat,
        around: &Around,
    ) {
        let fed = redirects.is_some_and(|list| list.0.iter().any(feeds));
        self.bare_redirects(redirects, seat, around);
        let around = around.clone().fed(fed);
        // A stage of a pipeline, and what runs on its own, has a shell of its own.
        let around = if seat.stages > 1 || seat.background { around.within(Frame::Subshell) } else { around };
        match command {
            CompoundCommand::Arithmetic(_) | CompoundCommand::ArithmeticForClause(_) => {
                if let CompoundCommand::ArithmeticForClause(clause) = command {
                    self.list(&clause.body.list, &around.within(Frame::Loop));
                }
            }
            CompoundCommand::BraceGroup(group) => self.list(&group.list, &around.within(Frame::Group)),
            CompoundCommand::Subshell(shell) => self.list(&shell.list, &around.within(Frame::Subshell)),
            CompoundCommand::ForClause(clause) => {
                for value in clause.values.iter().flatten() {
                    self.word(value, &around);
                }
                self.list(&clause.body.list, &around.within(Frame::Loop));
            }
            CompoundCommand::CaseClause(clause) => {
                self.word(&clause.value, &around);
                for case in clause.cases.iter().filter_map(|case| case.cmd.as_ref()) {
                    self.list(case, &around.within(Frame::Branch));
                }
            }
            CompoundCommand::IfClause(clause) => self.condition(clause, &around),
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                self.list(&clause.0, &around.within(Frame::Loop).within(Frame::Condition));
                self.list(&clause.1.list, &around.within(Frame::Loop));
            }
            CompoundCommand::Coprocess(process) => {
                if let Command::Simple(simple) = process.body.as_ref() {
                    self.simple(simple, Seat { background: true, ..seat }, &around);
                }
            }
        }
    }

    fn condition(&mut self, clause: &ast::IfClauseCommand, around: &Around) {
        self.list(&clause.condition, &around.within(Frame::Condition));
        self.list(&clause.then, &around.within(Frame::Branch));
        for other in clause.elses.iter().flatten() {
            if let Some(condition) = &other.condition {
                self.list(condition, &around.within(Frame::Condition));
            }
            self.list(&other.body, &around.within(Frame::Branch));
        }
    }

    /// `[[ … ]]` starts nothing but what its words substitute.
    fn test(
        &mut self,
        expression: &ast::ExtendedTestExpr,
        redirects: Option<&ast::RedirectList>,
        seat: Seat,
        around: &Around,
    ) {
        match expression {
            ast::ExtendedTestExpr::And(left, right) | ast::ExtendedTestExpr::Or(left, right) => {
                self.test(left, redirects, seat, around);
                self.test(right, None, seat, around);
            }
            ast::ExtendedTestExpr::Not(inner) | ast::ExtendedTestExpr::Parenthesized(inner) => {
                self.test(inner, redirects, seat, around);
            }
            ast::ExtendedTestExpr::UnaryTest(_, word) => {
                self.word(word, around);
                self.bare_redirects(redirects, seat, around);
            }
            ast::ExtendedTestExpr::BinaryTest(_, left, right) => {
                self.word(left, around);
                self.word(right, around);
                self.bare_redirects(redirects, seat, around);
            }
        }
    }

    fn simple(&mut self, simple: &ast::SimpleCommand, seat: Seat, around: &Around) {
        let mut invocation = seated(seat, around);
        for item in simple.prefix.iter().flat_map(|prefix| &prefix.0) {
            self.item(item, true, &mut invocation, around);
        }
        if let Some(name) = &simple.word_or_name {
            let word = self.word(name, around);
            invocation.words.push(word);
        }
        for item in simple.suffix.iter().flat_map(|suffix| &suffix.0) {
            self.item(item, false, &mut invocation, around);
        }
        self.finish(invocation);
    }

    /// The span is told by the words, and the input by the redirections.
    fn finish(&mut self, mut invocation: Invocation) {
        let words = invocation.words.iter().map(|word| word.span);
        let words = words.chain(invocation.assignments.iter().map(|assignment| assignment.word.span));
        let target = invocation.redirects.first().map(|redirect| redirect.target.span);
        invocation.span = words.reduce(Span::cover).or(target).unwrap_or_default();
        invocation.fed |= invocation.redirects.iter().any(Redirect::feeds);
        self.lowering.push(invocation);
    }

    fn item(&mut self, item: &CommandPrefixOrSuffixItem, prefix: bool, invocation: &mut Invocation, around: &Around) {
        match item {
            CommandPrefixOrSuffixItem::Word(word) => {
                let word = self.word(word, around);
                invocation.words.push(word);
            }
            CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) => {
                let word = self.word(word, around);
                let name = match &assignment.name {
                    AssignmentName::VariableName(name) | AssignmentName::ArrayElementName(name, _) => name.clone(),
                };
                match prefix {
                    true => invocation.assignments.push(Assignment { name, word }),
                    // `export A=b` and `env A=b` have it among their arguments.
                    false => invocation.words.push(word),
                }
            }
            CommandPrefixOrSuffixItem::IoRedirect(redirect) => {
                let redirect = self.redirect(redirect, around);
                invocation.redirects.push(redirect);
            }
            CommandPrefixOrSuffixItem::ProcessSubstitution(_, shell) => {
                self.list(&shell.list, &around.within(Frame::Substitution));
            }
        }
    }

    fn bare_redirects(&mut self, redirects: Option<&ast::RedirectList>, seat: Seat, around: &Around) {
        let Some(list) = redirects else { return };
        let mut invocation = seated(seat, around);
        for redirect in &list.0 {
            let redirect = self.redirect(redirect, around);
            invocation.redirects.push(redirect);
        }
        self.finish(invocation);
    }

    fn redirect(&mut self, redirect: &IoRedirect, around: &Around) -> Redirect {
        let (kind, target, body) = match redirect {
            IoRedirect::File(_, kind, target) => {
                let kind = match kind {
                    IoFileRedirectKind::Read => RedirectKind::Read,
                    IoFileRedirectKind::Write | IoFileRedirectKind::Clobber => RedirectKind::Write,
                    IoFileRedirectKind::Append => RedirectKind::Append,
                    IoFileRedirectKind::ReadAndWrite => RedirectKind::ReadWrite,
                    IoFileRedirectKind::DuplicateInput | IoFileRedirectKind::DuplicateOutput => RedirectKind::Duplicate,
                };
                (kind, self.target(target, around), None)
            }
            IoRedirect::HereString(_, word) => (RedirectKind::HereString, self.word(word, around), None),
            IoRedirect::OutputAndError(word, _) => (RedirectKind::Both, self.word(word, around), None),
            IoRedirect::HereDocument(_, document) => {
                let delimiter = self.word(&document.here_end, around);
                let body = HereDocument {
                    text: document.doc.value.clone(),
                    start: self.body_of(document),
                    expands: document.requires_expansion,
                };
                (RedirectKind::HereDocument, delimiter, Some(body))
            }
        };
        Redirect { kind, target, body }
    }

    /// Where the body of a here-document begins: behind the line of its delimiter, and of the bodies before it.
    fn body_of(&self, document: &ast::IoHereDocument) -> Option<usize> {
        let Base::Shift(by) = self.base else { return None };
        let delimiter = self.span(document.here_end.loc.as_ref()?).end;
        let line = delimiter + self.text.get(delimiter..)?.find('\n')? + 1;
        Some(by + line + self.text.get(line..)?.find(&document.doc.value)?)
    }

    fn target(&mut self, target: &IoFileRedirectTarget, around: &Around) -> Word {
        match target {
            IoFileRedirectTarget::Filename(word) | IoFileRedirectTarget::Duplicate(word) => self.word(word, around),
            IoFileRedirectTarget::Fd(descriptor) => Word { value: descriptor.to_string(), ..Word::default() },
            IoFileRedirectTarget::ProcessSubstitution(_, shell) => {
                self.list(&shell.list, &around.within(Frame::Substitution));
                Word { value: "/dev/fd".to_owned(), ..Word::default() }
            }
        }
    }

    fn word(&mut self, word: &ast::Word, around: &Around) -> Word {
        match &word.loc {
            Some(location) => {
                let span = self.span(location);
                self.lowering.word(self.text, span, self.base, around)
            }
            None => Word { value: word.value.clone(), opaque: true, ..Word::default() },
        }
    }

    /// The bytes of a node, without the blanks and continuations that brush counts to it.
    fn span(&self, location: &SourceSpan) -> Span {
        let last = self.text.len();
        let at = |index: usize| self.offsets.get(index).copied().unwrap_or(last);
        let (start, end) = (at(location.start.index), at(location.end.index));
        let source = self.text.get(start..end).unwrap_or_default();
        let front = blanks(source);
        let back = source[front..].trim_end().len();
        Span::new(start + front, start + front + back)
    }
}

/// Length of the blanks and line continuations in front.
fn blanks(source: &str) -> usize {
    let mut rest = source;
    loop {
        let shorter = rest.trim_start();
        let shorter = shorter.strip_prefix("\\\n").or_else(|| shorter.strip_prefix("\\\r\n")).unwrap_or(shorter);
        if shorter.len() == rest.len() {
            return source.len() - rest.len();
        }
        rest = shorter;
    }
}

fn feeds(redirect: &IoRedirect) -> bool {
    match redirect {
        IoRedirect::File(_, kind, _) => {
            matches!(
                kind,
                IoFileRedirectKind::Read | IoFileRedirectKind::ReadAndWrite | IoFileRedirectKind::DuplicateInput
            )
        }
        IoRedirect::HereDocument(..) | IoRedirect::HereString(..) => true,
        IoRedirect::OutputAndError(..) => false,
    }
}
