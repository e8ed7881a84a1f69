//! What a document says to the questions of an editor.

use std::collections::HashMap;

use allclear_core::{EffectClass, StepKind};
use allclear_runbook::{Catalogue, Command, DiagnosticSeverity, Finding, Procedure, Step, measures};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Diagnostic, DocumentSymbol, Hover, HoverContents, MarkupContent,
    MarkupKind, NumberOrString, Position, Range, SymbolKind, TextEdit, Uri, WorkspaceEdit,
};

use super::text::Text;

impl Text {
    /// Every finding.
    pub(super) fn diagnostics(&self) -> Vec<Diagnostic> {
        self.findings.iter().map(|finding| self.diagnostic(finding)).collect()
    }

    fn diagnostic(&self, finding: &Finding) -> Diagnostic {
        Diagnostic {
            range: self.range(finding.span),
            severity: Some(match finding.severity {
                DiagnosticSeverity::Error => lsp_types::DiagnosticSeverity::ERROR,
                DiagnosticSeverity::Warning => lsp_types::DiagnosticSeverity::WARNING,
                DiagnosticSeverity::Information => lsp_types::DiagnosticSeverity::INFORMATION,
            }),
            code: Some(NumberOrString::String(finding.rule.code.to_owned())),
            source: Some("allclear".to_owned()),
            message: format!("{}\nhelp: {}", finding.message, finding.help),
            ..Diagnostic::default()
        }
    }

    /// The fixes of what was found within a range.
    pub(super) fn actions(&self, uri: &Uri, range: Range) -> Vec<CodeActionOrCommand> {
        let (start, end) = (self.offset(range.start), self.offset(range.end));
        let touched = self.findings.iter().filter(|finding| finding.span.start <= end && start <= finding.span.end);
        touched.filter_map(|finding| self.action(uri, finding)).map(CodeActionOrCommand::CodeAction).collect()
    }

    #[expect(clippy::mutable_key_type, reason = "the protocol's crate maps its own addresses to edits")]
    fn action(&self, uri: &Uri, finding: &Finding) -> Option<CodeAction> {
        let fix = finding.fix.as_ref()?;
        let edits = fix.edits.iter().map(|edit| TextEdit { range: self.range(edit.span), new_text: edit.text.clone() });
        let changes = HashMap::from([(uri.clone(), edits.collect())]);
        Some(CodeAction {
            title: format!("{}: {}", finding.rule.code, fix.title),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![self.diagnostic(finding)]),
            edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
            is_preferred: Some(true),
            ..CodeAction::default()
        })
    }

    /// What the command under a position does to the world, and what goes with it.
    pub(super) fn hover(&self, position: Position, catalogue: &Catalogue) -> Option<Hover> {
        let offset = self.offset(position);
        let command = self.commands().find(|command| command.span.start <= offset && offset < command.span.end)?;
        let contents = MarkupContent { kind: MarkupKind::Markdown, value: said(command, catalogue) };
        Some(Hover { contents: HoverContents::Markup(contents), range: Some(self.range(command.span)) })
    }

    fn commands(&self) -> impl Iterator<Item = &Command> {
        let procedures = self.runbook.procedures.iter().flat_map(|procedure| {
            let steps = procedure.steps.iter().flat_map(|step| &step.commands);
            steps.chain(procedure.sections.iter().flat_map(|section| &section.commands))
        });
        procedures.chain(self.runbook.snippets.iter().map(|snippet| &snippet.command))
    }

    /// Procedures with their steps.
    pub(super) fn outline(&self) -> Vec<DocumentSymbol> {
        self.runbook.procedures.iter().map(|procedure| self.procedure(procedure)).collect()
    }

    fn procedure(&self, procedure: &Procedure) -> DocumentSymbol {
        let children = procedure.steps.iter().map(|step| self.step(step)).collect();
        let detail = procedure.trigger.as_ref().map(|trigger| trigger.text.clone());
        let range = self.range(procedure.span);
        symbol(procedure.title.clone(), detail, SymbolKind::FUNCTION, range, self.line(procedure.line), Some(children))
    }

    fn step(&self, step: &Step) -> DocumentSymbol {
        let kind = if step.kind == StepKind::Manual { "manual" } else { "command" };
        let name = format!("{}. {}", step.number, step.title);
        symbol(name, Some(kind.to_owned()), SymbolKind::EVENT, self.range(step.span), self.line(step.line), None)
    }
}

fn said(command: &Command, catalogue: &Catalogue) -> String {
    let class = match command.effect {
        EffectClass::Observe => "reads only",
        EffectClass::Change => "changes something",
        EffectClass::Outage => "takes something down",
        EffectClass::Destroy => "destroys something",
        EffectClass::Unknown => "not known: the catalogue does not tell",
    };
    let session = command.session.as_ref().map(|session| format!("\n\nruns in `{session}`"));
    let with = measures(catalogue, &command.language, &command.text, command.effect);
    let mut said = format!("**{}**: {class}{}", command.effect.word(), session.unwrap_or_default());
    if command.effect != EffectClass::Observe {
        with.capture.values().for_each(|text| said.push_str(&labelled("Recorded before", text)));
        match (&with.irreversible, &with.undo) {
            (Some(why), _) => said.push_str(&format!("\n\n**Cannot be undone:** {}", why.replace('\n', "; "))),
            (None, Some(undo)) => said.push_str(&labelled("Undone by", undo)),
            (None, None) => said.push_str("\n\nNobody knows how it is undone."),
        }
    }
    if !with.needs.is_empty() {
        said.push_str(&format!("\n\nNeeds {}", with.needs.join(", ")));
    }
    said
}

/// Commands under a few words.
fn labelled(label: &str, commands: &str) -> String {
    format!("\n\n{label}:\n```bash\n{commands}\n```")
}

#[expect(deprecated, reason = "the protocol's crate keeps a field that must be named to be left out")]
fn symbol(
    name: String,
    detail: Option<String>,
    kind: SymbolKind,
    range: Range,
    selection_range: Range,
    children: Option<Vec<DocumentSymbol>>,
) -> DocumentSymbol {
    // The name is what is selected, and must lie within what it names.
    let inside = range.start <= selection_range.start && selection_range.end <= range.end;
    let selection_range = if inside { selection_range } else { Range { start: range.start, end: range.start } };
    let name = if name.is_empty() { "(untitled)".to_owned() } else { name };
    DocumentSymbol { name, detail, kind, tags: None, deprecated: None, range, selection_range, children }
}
