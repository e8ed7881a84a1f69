//! What a runbook types into `psql`: where the words that open it name the target's own database, it is SQL for that one.
//!
//! Invariant: nothing is planned for a database that the words do not name, or may not name: a host, a user or a variable
//! that the target does not say is a refusal.

use allclear_core::{EffectClass, is_reserved_variable};

use super::{PlanRefusal, Planner, render};
use crate::model::{Command, Step};
use crate::session;
use crate::syntax::bash::{self, Invocation};

/// What opening the session comes to, and leaving it: a look at where the statements go.
const LOOK: &str = "SELECT current_database() AS database, current_user AS \"user\";";
/// What leaves the session.
const LEAVING: [&str; 6] = ["exit", "quit", "\\q", "exit;", "quit;", "logout"];

impl Planner<'_> {
    /// Takes note of the session that the command opens or belongs to, and refuses what cannot be performed there. What
    /// only opens or leaves the session of the target's database is another command, which looks.
    pub(super) fn typed(&mut self, command: &Command) -> Option<Command> {
        let opens = session::opens_session(command);
        let session = command.session.as_ref().or(opens.then_some(&command.text))?;
        if self.own_session.as_ref() != Some(session) && !self.strayed {
            // The step that opens it may have been left out.
            let (language, text) = ("bash".to_owned(), session.clone());
            let opener = Command { language, text, session: None, ..command.clone() };
            self.own_session = self.opens_own_database(&opener).then(|| session.clone());
        }
        let own = self.own_session.as_ref() == Some(session);
        let around = opens || LEAVING.contains(&command.text.trim());
        match command.language.as_str() {
            "sql" if own => None,
            "bash" if own && around => {
                let (language, text) = ("sql".to_owned(), LOOK.to_owned());
                Some(Command { language, text, effect: EffectClass::Observe, session: None, ..command.clone() })
            }
            _ => {
                let refusal = PlanRefusal::SessionNotPerformed { session: session.clone(), line: command.line };
                self.refusals.push(refusal);
                None
            }
        }
    }

    /// Takes note of a command behind which nobody knows which database `psql` would go to.
    pub(super) fn stray(&mut self, language: &str, text: &str, found: EffectClass) {
        if language == "bash" && (found == EffectClass::Unknown || names_database(text)) {
            (self.own_session, self.strayed) = (None, true);
        }
    }

    /// Takes note of a step that is left out and would have turned `psql` elsewhere: what the runbook types into it behind
    /// that step is meant for there.
    pub(super) fn left_out(&mut self, step: &Step) {
        let mut typed_outside =
            step.commands.iter().filter(|command| command.session.is_none() && self.chosen(command));
        if typed_outside.any(turns) {
            (self.own_session, self.strayed) = (None, true);
        }
    }

    /// Whether the command is `psql` at the database of the target.
    fn opens_own_database(&mut self, command: &Command) -> bool {
        let occurrences = self.names.occurrences(command);
        let (variables, secrets) = (&self.request.variables, &self.request.secrets);
        let rendered = render::rendered(&command.language, &command.text, &occurrences, variables, secrets);
        let script = bash::parse(&rendered);
        let [invocation] = script.invocations.as_slice() else { return false };
        let bare = invocation.assignments.is_empty() && invocation.redirects.is_empty() && script.error.is_none();
        let call = self.catalogue.call(invocation);
        let own = bare && call.program == "psql" && self.pinning.is_own_database(&call, &self.request.estate);
        if own {
            occurrences.iter().for_each(|occurrence| self.need(&occurrence.name, occurrence.form, command.line));
        }
        own
    }
}

/// Whether the command says which database is meant from then on, or may do so by what it sources or evaluates.
fn turns(command: &Command) -> bool {
    let sources = |invocation: &Invocation| matches!(invocation.program(), "source" | "." | "eval");
    let opens = session::opens_session(command);
    command.language == "bash"
        && !opens
        && (names_database(&command.text) || bash::parse(&command.text).invocations.iter().any(sources))
}

/// Whether one of the names by which clients of PostgreSQL are told where to go is in the text.
fn names_database(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let chooses = |word: &str| word.starts_with("PG") && is_reserved_variable(word);
    words.into_iter().any(chooses)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use allclear_core::{SecretRef, Target};

    use crate::plan::{PlanRequest, plan};

    fn planned(opener: &str, typed: &str) -> Result<Vec<String>, Vec<String>> {
        planned_on(SecretRef::Plain("postgres://app@db.eu/shop".to_owned()), opener, typed)
    }

    fn planned_on(postgres: SecretRef, opener: &str, typed: &str) -> Result<Vec<String>, Vec<String>> {
        let text = format!("# Mend\n\n1. Enter:\n```bash\n{opener}\n```\n2. Look:\n```sql\n{typed}\n```\n");
        let (runbook, _) = crate::parse("r.md", &text);
        let env = BTreeMap::from([
            ("DATABASE_URL".to_owned(), SecretRef::Env("SHOP".to_owned())),
            ("REPLICA_URL".to_owned(), SecretRef::Env("REPLICA".to_owned())),
        ]);
        let environment = env.keys().cloned().collect();
        let estate = Target { env, postgres: Some(postgres), ..Target::default() };
        let request = PlanRequest { target: "production".to_owned(), estate, environment, ..PlanRequest::default() };
        let planned = plan(&runbook, "mend", &request).map_err(|found| found.iter().map(ToString::to_string).collect());
        planned.map(|plan| {
            let commands = plan.steps.iter().flat_map(|step| &step.commands);
            commands.map(|command| format!("{}: {}", command.language, command.rendered)).collect()
        })
    }

    #[test]
    fn statements_behind_psql_are_sql_for_the_database_of_the_target() {
        for opener in [
            "psql",
            "psql shop",
            "psql -h db.eu -p 5432 -U app -d shop",
            "psql postgres://app@db.eu:5432/shop",
            "psql -X 'host=db.eu dbname=shop user=app'",
        ] {
            let commands = planned(opener, "SELECT 1;").unwrap_or_else(|found| panic!("{opener}: {found:?}"));
            assert_eq!(
                commands,
                ["sql: SELECT current_database() AS database, current_user AS \"user\";", "sql: SELECT 1;"],
                "{opener}"
            );
        }
        let kept = SecretRef::Env("SHOP".to_owned());
        assert!(planned_on(kept.clone(), "psql \"$DATABASE_URL\"", "SELECT 1;").is_ok());
        assert!(planned_on(kept, "psql", "SELECT 1;").is_ok());
    }

    #[test]
    fn what_only_looks_and_a_password_of_the_target_lead_nowhere_else() {
        assert!(planned("kubectl get pods\n```\n```bash\npsql shop", "SELECT 1;").is_ok());
        let env = BTreeMap::from([("PGPASSWORD".to_owned(), SecretRef::Env("SHOP_PASSWORD".to_owned()))]);
        let postgres = Some(SecretRef::Plain("postgres://app@db.eu/shop".to_owned()));
        let estate = Target { env, postgres, ..Target::default() };
        let request = PlanRequest { target: "production".to_owned(), estate, ..PlanRequest::default() };
        let text = "# Mend\n\n1. Enter:\n```bash\npsql\n```\n2. Look:\n```sql\nSELECT 1;\n```\n";
        let (runbook, _) = crate::parse("r.md", text);
        assert!(plan(&runbook, "mend", &request).is_ok());
    }

    #[test]
    fn a_step_that_is_left_out_turns_elsewhere_all_the_same() {
        let taken = |before: &str| {
            let text = format!(
                "# Mend\n\n1. Turn:\n```bash\n{before}\n```\n2. Enter:\n```bash\npsql\n```\n3. Look:\n```sql\nSELECT 1;\n```\n"
            );
            let (runbook, _) = crate::parse("r.md", &text);
            let postgres = Some(SecretRef::Plain("postgres://app@db.eu/shop".to_owned()));
            let estate = Target { postgres, ..Target::default() };
            let request = PlanRequest { target: "production".to_owned(), estate, ..PlanRequest::default() };
            [
                PlanRequest { from: Some(2), ..request.clone() },
                PlanRequest { only: [2, 3].into(), ..request.clone() },
                PlanRequest { only: [3].into(), ..request },
            ]
            .map(|request| plan(&runbook, "mend", &request).is_ok())
        };
        for before in
            ["export PGHOST=staging", "PGSERVICE=staging; export PGSERVICE", "source env", "eval \"$(./env staging)\""]
        {
            assert_eq!(taken(before), [false; 3], "{before}");
        }
        for before in ["./prepare", "kubectl get pods", "psql shop -c 'SELECT 1'"] {
            assert_eq!(taken(before), [true; 3], "{before}");
        }
    }

    #[test]
    fn another_database_or_one_that_is_not_known_is_refused_with_what_to_write() {
        for opener in [
            "psql other",
            "psql -h staging shop",
            "psql -U postgres shop",
            "psql -p 5433",
            "psql \"$REPLICA_URL\"",
            "psql \"$(cat url)\"",
            "psql -v id=5 shop",
            "psql service=staging",
            "psql --dbname=service=staging",
            "psql 'postgres://app@db.eu/shop?host=staging'",
            "psql 'postgres://app@db.eu/shop?user=root'",
            "psql 'host=db.eu hostaddr=10.0.0.9 dbname=shop'",
            "psql \"dbname=shop host = staging\"",
            "export PGSERVICE=staging\n```\n```bash\npsql",
            "read -r PGHOST\n```\n```bash\npsql",
            "source env\n```\n```bash\npsql",
            "./prepare\n```\n```bash\npsql",
            "sudo psql shop",
            "ssh db.eu",
            "kubectl exec -it db-0 -- psql shop",
        ] {
            let refused = planned(opener, "SELECT 1;").err().unwrap_or_default();
            assert!(refused.iter().any(|why| why.contains("belongs to the session")), "{opener}: {refused:?}");
        }
        let refused = planned_on(SecretRef::Env("SHOP".to_owned()), "psql -h db.eu shop", "SELECT 1;").err();
        let refused = refused.unwrap_or_default().join("\n");
        assert!(refused.contains("give the target the `postgres` of that database"), "{refused}");
    }
}
