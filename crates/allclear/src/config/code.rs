//! The stable names of everything that can be wrong with a configuration; each has a page under `docs/errors/`.

/// What is wrong, as a name that does not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Code {
    /// There is no such file.
    Missing,
    /// The file is there and cannot be read.
    Unreadable,
    /// It is not TOML.
    Syntax,
    /// A key that nobody reads.
    UnknownKey,
    /// A number where a text is expected, and the like.
    WrongType,
    /// Something that cannot be guessed is not there.
    MissingKey,
    /// The right type and a value that makes no sense.
    BadValue,
    /// Not an address that can be asked.
    BadUrl,
    /// A secret stands in the file itself.
    LiteralSecret,
    /// A reference to a secret that is not there now.
    SecretMissing,
    /// A procedure that the runbook does not have.
    UnknownProcedure,
    /// A channel that is not declared.
    UnknownChannel,
    /// A severity pages and there is nobody to page.
    NobodyPaged,
    /// The runbook cannot be read, or says nothing that is understood.
    Runbook,
}

impl Code {
    /// Every code.
    #[cfg(test)]
    pub(super) const ALL: [Self; 14] = [
        Self::Missing,
        Self::Unreadable,
        Self::Syntax,
        Self::UnknownKey,
        Self::WrongType,
        Self::MissingKey,
        Self::BadValue,
        Self::BadUrl,
        Self::LiteralSecret,
        Self::SecretMissing,
        Self::UnknownProcedure,
        Self::UnknownChannel,
        Self::NobodyPaged,
        Self::Runbook,
    ];

    /// The name, which is also the name of the page.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Missing => "config-missing",
            Self::Unreadable => "config-unreadable",
            Self::Syntax => "config-syntax",
            Self::UnknownKey => "config-unknown-key",
            Self::WrongType => "config-wrong-type",
            Self::MissingKey => "config-missing-key",
            Self::BadValue => "config-bad-value",
            Self::BadUrl => "config-bad-url",
            Self::LiteralSecret => "config-literal-secret",
            Self::SecretMissing => "config-secret-missing",
            Self::UnknownProcedure => "config-unknown-procedure",
            Self::UnknownChannel => "config-unknown-channel",
            Self::NobodyPaged => "config-nobody-paged",
            Self::Runbook => "config-runbook",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_code_has_its_page_and_every_page_its_code() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors");
        let pages: BTreeSet<String> = std::fs::read_dir(folder)
            .expect("the folder of the pages")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().trim_end_matches(".md").to_owned())
            .filter(|name| name.starts_with("config-"))
            .collect();
        assert_eq!(pages, Code::ALL.iter().map(|code| code.word().to_owned()).collect());
    }
}
