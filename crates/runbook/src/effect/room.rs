//! Whether there is room for what a command writes: a dump of a database, of Redis, an archive.

use super::catalogue::quoted;
use super::elsewhere;
use super::measures::{is_plain, overwrites};
use super::shell::Reading;
use super::standing::Standing;
use crate::syntax::bash::{Invocation, Script, Word};
use crate::syntax::call::Call;

/// What is written, and how large it is.
struct Written {
    /// As a sentence begins.
    what: &'static str,
    /// The command that prints its size in units of 1,024 bytes: awk writes greater numbers with an exponent.
    size: String,
    /// The file, where the command itself names it.
    file: Option<Word>,
}

/// The commands that compare the size of what is written with the free disk.
pub(super) fn needed(reading: &Reading<'_>, standing: &Standing, index: usize) -> Option<String> {
    let script = reading.script;
    let invocation = &script.invocations[index];
    if !is_plain(reading, standing, index) || !invocation.assignments.is_empty() {
        return None;
    }
    let call = reading.catalogue.call(invocation);
    let Written { what, size, file } = match invocation.program() {
        "pg_dump" | "pg_dumpall" => database(reading, invocation, &call)?,
        "redis-cli" | "valkey-cli" => snapshot(reading, invocation, &call)?,
        "tar" | "bsdtar" => archive(invocation, &call)?,
        _ => return None,
    };
    let file = match file.filter(|file| file.value != "-") {
        Some(file) => standing.path(&file, false)?,
        None => redirected(script, standing, index)?,
    };
    Some(format!(
        "( size=$({size})\nfree=$(df -Pk -- \"$(dirname -- {file})\" | awk 'END {{ print $4 }}')\n\
         echo \"{what} $(( size / 1024 )) MB; free where it is written: $(( free / 1024 )) MB\"\n\
         test \"$free\" -gt \"$size\" || echo 'there is no room for it, unless it is compressed' )"
    ))
}

/// Where the end of the pipeline writes to.
fn redirected(script: &Script, standing: &Standing, index: usize) -> Option<String> {
    let outer = script.wrappers(index).last().unwrap_or(&script.invocations[index]);
    let follows = |it: &&Invocation| it.via.is_none() && it.pipeline == outer.pipeline && it.stage >= outer.stage;
    let mut redirects = script.invocations.iter().filter(follows).flat_map(|stage| &stage.redirects);
    let target = &redirects.find(|redirect| overwrites(redirect))?.target;
    standing.path(target, false).or_else(|| dated(&target.value))
}

/// Any file in the folder of one whose name is only known later, such as one with a date in it.
fn dated(path: &str) -> Option<String> {
    let fixed = &path[..path.find(['$', '`'])?];
    let (folder, _) = fixed.rsplit_once('/').filter(|_| fixed.starts_with('/'))?;
    Some(format!("'{}/new'", folder.replace('\'', "'\\''")))
}

/// Value of the first of these flags; only of a command on this machine.
fn value(invocation: &Invocation, call: &Call<'_>, names: &[&str]) -> Option<Word> {
    let flag = call.flags.iter().find(|flag| names.contains(&flag.name.as_str()))?;
    let word = Word { value: flag.value?.to_owned(), ..flag.value_word?.clone() };
    invocation.via.is_none().then_some(word)
}

/// The flags that say where, as they were written.
fn scope(call: &Call<'_>, names: &[&str]) -> String {
    let flags = call.flags.iter().filter(|flag| names.contains(&flag.name.as_str()));
    let words = flags.flat_map(|flag| {
        let value = flag.value_word.filter(|value| value.span != flag.word.span);
        std::iter::once(flag.word).chain(value).map(quoted)
    });
    words.map(|word| format!(" {word}")).collect()
}

fn database(reading: &Reading<'_>, invocation: &Invocation, call: &Call<'_>) -> Option<Written> {
    const PLACE: [&str; 8] = ["-h", "--host", "-p", "--port", "-U", "--username", "-d", "--dbname"];
    let (database, query) = if invocation.program() == "pg_dump" {
        let name = call.operands.first().map(|word| format!(" {}", quoted(word)));
        (name.unwrap_or_default(), "SELECT pg_database_size(current_database()) / 1024")
    } else {
        // As pg_dumpall itself begins.
        (
            " postgres".to_owned(),
            "SELECT (sum(pg_database_size(oid)) / 1024)::bigint FROM pg_database WHERE datallowconn",
        )
    };
    let psql = format!("psql -X -q -At{}{database} -c '{query}'", scope(call, &PLACE));
    let size = elsewhere::program(reading.script, invocation, "psql", psql, None)?;
    Some(Written { what: "the database takes", size, file: value(invocation, call, &["-f", "--file"]) })
}

fn snapshot(reading: &Reading<'_>, invocation: &Invocation, call: &Call<'_>) -> Option<Written> {
    const PLACE: [&str; 9] = ["-h", "-p", "-s", "--user", "-u", "--tls", "--cacert", "--cert", "--key"];
    let file = value(invocation, call, &["--rdb"])?;
    let asked = format!("{}{} INFO memory", invocation.program(), scope(call, &PLACE));
    let asked = elsewhere::command(reading.script, invocation, asked, None)?;
    let size = format!("{asked} | tr -d '\\r' | awk -F: '/^used_memory:/ {{ printf \"%.0f\\n\", $2 / 1024 }}'");
    Some(Written { what: "Redis takes", size, file: Some(file) })
}

fn archive(invocation: &Invocation, call: &Call<'_>) -> Option<Written> {
    // `tar czf FILE PATH…`: the first word is flags without a dash.
    let old = call.operand(0);
    let is_old = old.starts_with('c') && old.bytes().all(|byte| byte.is_ascii_lowercase());
    let elsewhere = call.has(&["-C", "--directory", "-T", "--files-from"]) || invocation.via.is_some();
    if !(is_old || call.has(&["-c", "--create"])) || elsewhere {
        return None;
    }
    let named = is_old && old.contains('f');
    let file = if named { call.operands.get(1).copied().cloned() } else { value(invocation, call, &["-f", "--file"]) };
    let paths = call.operands.get(usize::from(is_old) + usize::from(named)..)?;
    let paths: Vec<String> = paths.iter().map(|word| quoted(word)).collect();
    let size = format!("du -skc -- {} | awk 'END {{ print $1 }}'", paths.join(" "));
    (!paths.is_empty()).then_some(Written { what: "what is packed takes", size, file })
}

#[cfg(test)]
mod tests {
    use allclear_core::EffectClass;

    use crate::effect::{Catalogue, classify, measures};

    fn preview(text: &str) -> String {
        measures(&Catalogue::default(), "bash", text, classify("bash", text)).preview.unwrap_or_default()
    }

    #[test]
    fn the_size_is_asked_where_the_data_is_and_the_room_where_the_file_goes() {
        for (text, size, file) in [
            ("pg_dump -h db -d shop | gzip > /b/shop.gz", "psql -X -q -At -h db -d shop -c ", "-- /b/shop.gz)"),
            ("pg_dump -Fc --file=shop.dump shop", "psql -X -q -At shop -c ", "-- shop.dump)"),
            (
                "kubectl exec db-0 -- pg_dump -U app shop > \"$DIR/shop.sql\"",
                "kubectl exec db-0 -- psql -X -q -At -U app shop -c ",
                "-- \"$DIR/shop.sql\")",
            ),
            ("pg_dump shop > \"/b/shop-$(date +%F).sql\"", "psql -X -q -At shop -c ", "-- '/b/new')"),
            ("redis-cli -p 7 --rdb dump.rdb", "redis-cli -p 7 INFO memory | tr", "-- dump.rdb)"),
            ("tar -czf b.tgz data", "du -skc -- data | awk", "-- b.tgz)"),
            ("tar cf b.tar a b", "du -skc -- a b | awk", "-- b.tar)"),
        ] {
            let preview = preview(text);
            assert!(preview.contains(size) && preview.contains(file), "{text}: {preview}");
            assert_eq!(classify("bash", &preview), EffectClass::Observe, "{preview}");
        }
    }

    #[test]
    fn what_writes_no_file_here_needs_no_room() {
        for text in [
            "pg_dump shop | aws s3 cp - s3://b/shop.sql",
            "kubectl exec db-0 -- pg_dump -f /tmp/shop.sql shop",
            "tar -xzf b.tgz",
            "tar czf - data | ssh host 'cat > b.tgz'",
            "for d in a b; do pg_dump $d > $d.sql; done",
        ] {
            assert!(!preview(text).contains("df -Pk"), "{text}: {}", preview(text));
        }
    }
}
