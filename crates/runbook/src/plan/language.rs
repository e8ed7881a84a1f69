//! What each language asks of a command before it can be performed, and the variables that only its grammar shows.

use allclear_core::{SqlBlanks, SqlKind, SqlMeta, http_requests, sql_meta, sql_variables};

use super::{PlanRefusal, Planner};
use crate::model::{Command, VariableForm};
use crate::syntax::sql::scan::pieces;

impl Planner<'_> {
    /// Refuses what this version does not perform, and notes what has to be filled in.
    pub(super) fn check_language(&mut self, command: &Command) {
        match command.language.as_str() {
            // A manifest is looked at once its blanks are filled in.
            "bash" | "yaml" => {}
            "sql" => self.check_query(command),
            "http" => self.check_request(command),
            language => self
                .refusals
                .push(PlanRefusal::LanguageNotPerformed { language: language.to_owned(), line: command.line }),
        }
    }

    fn check_query(&mut self, command: &Command) {
        for piece in pieces(&command.text).iter().filter(|piece| piece.kind == SqlKind::Meta) {
            let text = piece.span.slice(&command.text).trim();
            if let SqlMeta::Foreign(_) = sql_meta(text) {
                self.refusals
                    .push(PlanRefusal::MetaCommandNotPerformed { command: text.to_owned(), line: command.line });
            }
        }
        for variable in sql_variables(&command.text, SqlBlanks::Noticed) {
            // The environment of the target may have it, as with `$NAME` in bash.
            self.need(&variable.name, VariableForm::Shell, command.line);
        }
    }

    fn check_request(&mut self, command: &Command) {
        match http_requests(&command.text) {
            Err(problem) => self
                .refusals
                .push(PlanRefusal::NotARequest { problem: problem.message, line: command.line + problem.line }),
            Ok(requests) => {
                for request in requests {
                    let line = command.line + request.line;
                    request.variables().iter().for_each(|name| self.need(name, VariableForm::Shell, line));
                }
            }
        }
    }
}
