//! Why a procedure cannot be planned, each reason with what to do next.

use std::fmt;

use serde::Serialize;

/// A reason against a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
pub enum PlanRefusal {
    /// There is no procedure with this id.
    UnknownProcedure {
        /// What was asked for.
        asked: String,
        /// The ids that exist, the most similar first.
        known: Vec<String>,
    },
    /// There is no step with this number.
    StepOutOfRange {
        /// The number that was asked for.
        number: u32,
        /// The numbers that exist.
        known: Vec<u32>,
        /// Line of the procedure.
        line: u32,
    },
    /// A command needs a value that nobody gave.
    MissingVariable {
        /// The variable.
        name: String,
        /// Line of the command.
        line: u32,
        /// Whether it is a credential.
        secret: bool,
    },
    /// A credential was given as an ordinary value, which would write it into the log.
    SecretInTheOpen {
        /// The variable.
        name: String,
        /// Line of the command.
        line: u32,
    },
    /// A value was given for a name that shells or programs act on by themselves.
    ReservedVariable {
        /// The variable.
        name: String,
        /// Line of the command.
        line: u32,
    },
    /// Commands are alternatives and none is chosen.
    AlternativeNotChosen {
        /// Line of the first of them.
        line: u32,
        /// The step.
        step: u32,
        /// Lines to choose from.
        options: Vec<u32>,
    },
    /// More than one of several alternatives is chosen.
    AlternativesExclude {
        /// Line of the first of them.
        line: u32,
        /// The step.
        step: u32,
        /// Lines to choose from.
        options: Vec<u32>,
    },
    /// No alternative begins at the chosen line.
    NoSuchAlternative {
        /// The line that was chosen.
        line: u32,
        /// Lines that can be chosen.
        options: Vec<u32>,
    },
    /// A step waits for something, and would change something each time that it looks.
    WaitChanges {
        /// Line of the command.
        line: u32,
        /// The step.
        step: u32,
    },
    /// This version shows commands of this language, but does not perform them.
    LanguageNotPerformed {
        /// The language.
        language: String,
        /// Line of the command.
        line: u32,
    },
    /// The command is one of `psql` itself, which is not what talks to the database here.
    MetaCommandNotPerformed {
        /// The command with its backslash.
        command: String,
        /// Line of the command.
        line: u32,
    },
    /// The text of an `http` fence is no request.
    NotARequest {
        /// What is wrong with it.
        problem: String,
        /// The line concerned.
        line: u32,
    },
    /// The command opens a session for a person to type in, or runs inside one; this version cannot enter it.
    SessionNotPerformed {
        /// The command that opens the session.
        session: String,
        /// Line of the command.
        line: u32,
    },
    /// The command names another estate than the target of the run.
    OtherEstate {
        /// What is named: context, namespace, host …
        kind: String,
        /// The flag, variable or command that names it.
        by: String,
        /// What it names; absent where that is only known when it runs.
        named: Option<String>,
        /// What the target says; empty where it allows none to be named.
        expected: String,
        /// The target.
        target: String,
        /// Line of the command.
        line: u32,
    },
    /// The text is a manifest that cannot be performed.
    ManifestNotPerformed {
        /// Why, as the end of a sentence that began with the line.
        why: String,
        /// Line of the manifest.
        line: u32,
    },
}

impl PlanRefusal {
    /// Stable kebab-case name of the reason.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownProcedure { .. } => "unknown-procedure",
            Self::StepOutOfRange { .. } => "step-out-of-range",
            Self::MissingVariable { .. } => "missing-variable",
            Self::SecretInTheOpen { .. } => "secret-in-the-open",
            Self::ReservedVariable { .. } => "reserved-variable",
            Self::AlternativeNotChosen { .. } => "alternative-not-chosen",
            Self::AlternativesExclude { .. } => "alternatives-exclude",
            Self::NoSuchAlternative { .. } => "no-such-alternative",
            Self::WaitChanges { .. } => "wait-changes",
            Self::LanguageNotPerformed { .. } => "language-not-performed",
            Self::MetaCommandNotPerformed { .. } => "meta-command-not-performed",
            Self::NotARequest { .. } => "not-a-request",
            Self::SessionNotPerformed { .. } => "session-not-performed",
            Self::OtherEstate { .. } => "other-estate",
            Self::ManifestNotPerformed { .. } => "manifest-not-performed",
        }
    }

    /// The line of the runbook concerned, 1-based.
    pub const fn line(&self) -> Option<u32> {
        match self {
            Self::UnknownProcedure { .. } => None,
            Self::StepOutOfRange { line, .. }
            | Self::MissingVariable { line, .. }
            | Self::SecretInTheOpen { line, .. }
            | Self::ReservedVariable { line, .. }
            | Self::AlternativeNotChosen { line, .. }
            | Self::AlternativesExclude { line, .. }
            | Self::NoSuchAlternative { line, .. }
            | Self::WaitChanges { line, .. }
            | Self::LanguageNotPerformed { line, .. }
            | Self::MetaCommandNotPerformed { line, .. }
            | Self::NotARequest { line, .. }
            | Self::SessionNotPerformed { line, .. }
            | Self::OtherEstate { line, .. }
            | Self::ManifestNotPerformed { line, .. } => Some(*line),
        }
    }
}

impl fmt::Display for PlanRefusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownProcedure { asked, known } if known.is_empty() => {
                write!(
                    formatter,
                    "there is no procedure `{asked}`; the runbook has none at all, `allclear show` says why"
                )
            }
            Self::UnknownProcedure { asked, known } => {
                write!(formatter, "there is no procedure `{asked}`; did you mean one of: {}", known.join(", "))
            }
            Self::StepOutOfRange { number, known, .. } => {
                write!(formatter, "there is no step {number}; choose from {}", listed(known))
            }
            Self::MissingVariable { name, line, secret: false } => {
                write!(formatter, "line {line} needs `{name}`; give it with --set {name}=VALUE")
            }
            Self::MissingVariable { name, line, secret: true } => {
                write!(
                    formatter,
                    "line {line} needs the secret `{name}`; name where it is kept in the configuration of the target"
                )
            }
            Self::SecretInTheOpen { name, line } => write!(
                formatter,
                "`{name}` (line {line}) is a credential and would end up in the log; give it as a secret, not with --set"
            ),
            Self::ReservedVariable { name, line } => write!(
                formatter,
                "`{name}` (line {line}) is a name that shells and programs act on by themselves, so it is not taken from --set; \
                 give it in the environment of the target, or set it in a command of the runbook"
            ),
            Self::AlternativeNotChosen { line, step, options } => write!(
                formatter,
                "step {step} offers alternatives from line {line} on; choose one with --choose LINE: {}",
                listed(options)
            ),
            Self::AlternativesExclude { line, step, options } => write!(
                formatter,
                "step {step} offers alternatives from line {line} on, and more than one is chosen; keep one of {}",
                listed(options)
            ),
            Self::NoSuchAlternative { line, options } if options.is_empty() => {
                write!(formatter, "line {line} is no alternative, and this procedure has none; leave the choice out")
            }
            Self::NoSuchAlternative { line, options } => {
                write!(formatter, "no alternative begins at line {line}; choose from {}", listed(options))
            }
            Self::WaitChanges { line, step } => write!(
                formatter,
                "step {step} waits, so it is performed again and again, but line {line} does more than to observe; wait in a step of its own"
            ),
            Self::LanguageNotPerformed { language, line } => write!(
                formatter,
                "line {line} is {language}, which this version shows but does not perform; do it by hand and leave the step out with --only"
            ),
            Self::MetaCommandNotPerformed { command, line } => write!(
                formatter,
                "line {line}: `{command}` is a command of psql itself, and SQL is sent to the database without psql; write it as SQL, or as `psql -c` in a bash fence"
            ),
            Self::NotARequest { problem, line } => write!(formatter, "line {line} {problem}"),
            Self::SessionNotPerformed { session, line } => write_session(formatter, session, *line),
            Self::OtherEstate { .. } => self.write_other_estate(formatter),
            Self::ManifestNotPerformed { why, line } => write!(formatter, "line {line} {why}"),
        }
    }
}

fn write_session(formatter: &mut fmt::Formatter<'_>, session: &str, line: u32) -> fmt::Result {
    let opener = session.lines().next().unwrap_or_default();
    write!(formatter, "line {line} belongs to the session that `{opener}` opens, which ")?;
    formatter.write_str(if opener.split_whitespace().any(|word| word == "psql") {
        "may not be at the target's own database, where SQL goes; give the target the `postgres` of that \
         database and name no other, or write the statements as `psql -c` in a bash fence"
    } else {
        "cannot be performed from here; do it by hand and leave the step out with --only"
    })
}

impl PlanRefusal {
    fn write_other_estate(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::OtherEstate { kind, by, named, expected, target, line } = self else { return Ok(()) };
        let named = named.as_deref().filter(|named| !named.is_empty());
        let named = named.map_or("one that is only known when it runs".to_owned(), |it| format!("`{it}`"));
        write!(formatter, "line {line} names a {kind} (`{by}`), {named}, ")?;
        match expected.as_str() {
            "" => write!(formatter, "and the target `{target}` names the cluster already; ")?,
            _ => write!(formatter, "and that of the target `{target}` is `{expected}`; ")?,
        }
        formatter.write_str("leave it out, or plan with the target that is meant")
    }
}

fn listed(numbers: &[u32]) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}
