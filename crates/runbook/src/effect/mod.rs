//! What a command does to the world, told from its words: `observe`, `change`, `outage`, `destroy` or `unknown`.
//!
//! Conservative: what the catalogue does not know is `unknown`, and so is anything hidden behind a variable, a script
//! or another host. A wrong `observe` would be run without asking, so it takes a whole pipeline of known readers.

mod catalogue;
mod manifest;
mod query;

use allclear_core::EffectClass;

use crate::shell::lexer::{Lexer, Token, TokenKind, Word};
use crate::shell::programs;

/// How deep substitutions and wrappers may nest before the answer is `unknown`.
const DEEPEST: usize = 8;

/// The effect of one command of the given language.
pub(crate) fn classify(language: &str, text: &str) -> EffectClass {
    match language {
        "bash" => shell(text, Context::default()),
        "sql" => query::effect(text),
        "yaml" => manifest::effect(text),
        "redis" => {
            let words: Vec<&str> = text.split_whitespace().collect();
            catalogue::redis(&words)
        }
        _ => EffectClass::Unknown,
    }
}

/// Several effects together: what destroys stays visible; otherwise one unknown makes the whole unknown.
fn together(one: EffectClass, other: EffectClass) -> EffectClass {
    if one == EffectClass::Destroy || other == EffectClass::Destroy { EffectClass::Destroy } else { one.max(other) }
}

/// Where a command stands.
#[derive(Debug, Clone, Copy, Default)]
struct Context {
    /// Number of substitutions and wrappers around it.
    depth: usize,
    /// Whether it may read its input from somewhere else than the terminal: a shell or client would then run that.
    fed: bool,
}

impl Context {
    const fn deeper(self) -> Self {
        Self { depth: self.depth + 1, fed: self.fed }
    }
}

fn shell(text: &str, mut context: Context) -> EffectClass {
    if context.depth > DEEPEST {
        return EffectClass::Unknown;
    }
    let mut lexer = Lexer::new(text);
    let tokens: Vec<Token> = lexer.by_ref().collect();
    if lexer.incomplete {
        return EffectClass::Unknown;
    }
    context.fed |= tokens.iter().any(|token| feeds(&token.kind));
    let mut effect = EffectClass::Observe;
    // The body of a here-document may run commands of its own.
    if tokens.iter().any(|token| token.kind == TokenKind::Heredoc && token.span.slice(text).contains(['`', '$'])) {
        effect = EffectClass::Unknown;
    }
    for simple in tokens.split(|token| is_separator(&token.kind)) {
        effect = together(effect, simple_command(text, simple, context));
    }
    effect
}

fn feeds(kind: &TokenKind) -> bool {
    matches!(kind, TokenKind::Operator("|" | "|&" | "<" | "<<" | "<<-" | "<<<" | "<&" | "<>"))
}

fn is_separator(kind: &TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Newline
            | TokenKind::Comment
            | TokenKind::Heredoc
            | TokenKind::Operator("|" | "||" | "&&" | "|&" | ";" | ";;" | "&" | "(" | ")")
    )
}

fn simple_command(text: &str, tokens: &[Token], context: Context) -> EffectClass {
    let mut words: Vec<&Word> = Vec::new();
    let mut effect = EffectClass::Observe;
    let mut redirection: Option<&'static str> = None;
    for (index, token) in tokens.iter().enumerate() {
        match &token.kind {
            TokenKind::Operator(operator) => redirection = Some(operator),
            TokenKind::Word(word) => {
                if word.opaque {
                    effect = together(effect, EffectClass::Unknown);
                }
                for inside in &word.substitutions {
                    effect = together(effect, shell(inside.slice(text), context.deeper()));
                }
                match redirection.take() {
                    Some(operator) => effect = together(effect, redirected(operator, word)),
                    None if is_descriptor(word, token, tokens.get(index + 1)) => {}
                    None => words.push(word),
                }
            }
            _ => {}
        }
    }
    together(effect, invocation(&words, context))
}

/// The `2` of `2>file`.
fn is_descriptor(word: &Word, token: &Token, next: Option<&Token>) -> bool {
    word.value.bytes().all(|byte| byte.is_ascii_digit())
        && next.is_some_and(|next| matches!(next.kind, TokenKind::Operator(_)) && next.span.start == token.span.end)
}

fn redirected(operator: &str, target: &Word) -> EffectClass {
    let writes = matches!(operator, ">" | ">>" | ">|" | "&>" | "&>>" | "<>") || operator == ">&" && target.value != "-";
    let harmless = matches!(target.value.as_str(), "/dev/null" | "/dev/stdout" | "/dev/stderr" | "/dev/tty")
        || operator == ">&" && target.value.bytes().all(|byte| byte.is_ascii_digit());
    match (writes, harmless) {
        (false, _) | (_, true) => EffectClass::Observe,
        _ if target.value.starts_with("/dev/") => EffectClass::Unknown,
        _ => EffectClass::Change,
    }
}

/// Words of the shell's own grammar in front of a command.
const KEYWORDS: &[&str] = &["if", "then", "else", "elif", "while", "until", "do", "!", "{", "time"];

fn invocation(words: &[&Word], context: Context) -> EffectClass {
    let mut words = words;
    while let [first, rest @ ..] = words {
        let keyword = !first.quoted && KEYWORDS.contains(&first.value.as_str());
        if !keyword && !programs::is_assignment(&first.value) {
            break;
        }
        words = rest;
    }
    let Some((program, arguments)) = words.split_first() else { return EffectClass::Observe };
    if program.expands || !program.substitutions.is_empty() || context.depth > DEEPEST {
        return EffectClass::Unknown;
    }
    match program.value.rsplit('/').next().unwrap_or_default() {
        "for" | "select" | "case" | "fi" | "done" | "esac" | "}" => EffectClass::Observe,
        "sudo" | "xargs" | "nohup" | "env" | "watch" => {
            // With other rights, other input or again and again: reading is not certain to be only that.
            let inner = wrapped(arguments, context);
            if inner == EffectClass::Observe { EffectClass::Unknown } else { inner }
        }
        "timeout" | "nice" => wrapped(arguments, context),
        "bash" | "sh" | "zsh" if arguments.is_empty() && !context.fed => EffectClass::Observe,
        "ssh" if arguments.len() == 1 && !arguments[0].value.starts_with('-') && !context.fed => EffectClass::Observe,
        "kubectl" | "oc" | "docker" | "podman"
            if catalogue::operands(program_name(program), arguments).first() == Some(&"exec") =>
        {
            inside_container(arguments, context)
        }
        "psql" => query::psql(arguments, context.fed),
        name => catalogue::effect(name, arguments),
    }
}

fn program_name(program: &Word) -> &str {
    program.value.rsplit('/').next().unwrap_or_default()
}

/// The effect of the command that another program runs.
fn wrapped(arguments: &[&Word], context: Context) -> EffectClass {
    let start = arguments.iter().position(|word| programs::is_program(&word.value));
    start.map_or(EffectClass::Unknown, |start| invocation(&arguments[start..], context.deeper()))
}

/// `kubectl exec POD -- COMMAND`
fn inside_container(arguments: &[&Word], context: Context) -> EffectClass {
    match arguments.iter().position(|word| word.value == "--") {
        Some(at) => invocation(&arguments[at + 1..], context.deeper()),
        None => EffectClass::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(class: EffectClass, commands: &[&str]) {
        for command in commands {
            assert_eq!(classify("bash", command), class, "{command}");
        }
    }

    #[test]
    fn readers_and_pipelines_of_readers_observe() {
        check(
            EffectClass::Observe,
            &[
                "kubectl -n shop get pods -o wide | grep -v Running",
                "oc logs deploy/api --since=1h",
                "curl -fsS https://x/health | jq .status",
                "curl -s -o /dev/null -w '%{http_code}' https://x",
                "psql -Atc 'SELECT count(*) FROM orders'",
                "psql -c '\\dt+'",
                "redis-cli -h cache INFO memory",
                "aws s3 ls s3://b/ --recursive",
                "kubectl exec db-0 -- psql -c 'SELECT 1'",
                "for p in a b; do kubectl describe pod $p; done",
                "export X=$(kubectl get pods -o name | head -1)",
                "echo | openssl s_client -connect x:443 2>/dev/null | openssl x509 -noout -dates",
                "psql -h db shop",
                "timeout 5 curl -fsS https://x/health",
                "sed -n '1,5p' x | sed 's/a/b/g' | awk '{print $1}'",
            ],
        );
    }

    #[test]
    fn what_merely_looks_like_reading_does_not_observe() {
        check(
            EffectClass::Unknown,
            &[
                "cat x | sh",
                "cat x | while read l; do sh; done",
                "gunzip < dump.gz | psql shop",
                "bash < fix.sh",
                "sudo cat /etc/shadow",
                "kubectl get pods -o name | xargs -n1 echo",
                "echo ${A:-$(reboot)}",
                "cat <<EOF\n$(reboot)\nEOF",
                "$TOOL status",
                "find / -exec reboot \\;",
                "psql -c '\\lo_unlink 1'",
                "psql -c 'SELECT my_function()'",
                "psql -c 'SELECT lo_import /* */ \n (1)'",
                "psql -c 'SELECT \"f\" (1)'",
                "psql -f fix.sql",
                "curl -Q 'DELE x' ftp://x",
                "curl --trace-ascii log https://x",
                "curl -X DELETE https://x/y",
                "sed 's/a/b/w out' x",
                "sed -n '/x/w outp' x",
                "awk '{print | \"sh\"}'",
                "./fix.sh",
                "eval ls",
                "echo 'unclosed",
            ],
        );
    }

    #[test]
    fn changes_outages_and_losses_are_told_apart() {
        check(
            EffectClass::Change,
            &[
                "kubectl rollout restart deployment/api",
                "kubectl scale deployment api --replicas=3",
                "kubectl delete pod api-1",
                "ls > files.txt",
                "uniq a b",
                "curl -d x https://x",
                "kubectl create cm x --dry-run=client -o yaml | kubectl apply -f -",
                "psql -c 'SELECT pg_terminate_backend(4711)'",
            ],
        );
        check(
            EffectClass::Outage,
            &[
                "kubectl scale deployment api --replicas 0",
                "kubectl delete pods -l app=api",
                "systemctl stop nginx",
                "psql -c 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity'",
                "psql -c 'VACUUM FULL orders'",
            ],
        );
        check(
            EffectClass::Destroy,
            &[
                "kubectl delete pvc data -n x",
                "kubectl delete -n x secret/api",
                "redis-cli FLUSHALL",
                "redis-cli --scan | xargs redis-cli DEL",
                "sudo rm -rf /data",
                "psql -c 'SELECT 1; DROP TABLE x'",
                "ls $(rm x)",
                "./what.sh && rm x",
            ],
        );
    }
}
