//! Of the whole way from text to statements.

use proptest::prelude::*;

use super::ast::{DatabaseAction, ExpressionKind, Statement, StatementKind};
use super::*;

fn one(text: &str) -> Statement {
    let mut sql = parse(text);
    assert!(sql.errors.is_empty(), "{text}: {:?}", sql.errors);
    assert_eq!(sql.statements.len(), 1, "{text}");
    sql.statements.remove(0)
}

fn debug(text: &str) -> String {
    format!("{:?}", one(text).kind)
}

#[test]
fn a_query_keeps_its_targets_sources_and_conditions() {
    let text = "SELECT pid AS p, count(*) FROM pg_catalog.pg_stat_activity s JOIN t ON t.id = s.pid \
                WHERE state = 'idle' AND now() - query_start > interval '5 min' OR NOT (a IS NULL) ORDER BY 1;";
    let statement = one(text);
    assert_eq!(statement.span.slice(text), &text[..text.len() - 1]);
    let calls: Vec<&str> = statement.calls.iter().map(|call| call.name.last()).collect();
    assert_eq!(calls, ["count", "now"]);
    let StatementKind::Select(arms) = statement.kind else { panic!("a query") };
    let [query] = arms.as_slice() else { panic!("one arm") };
    assert_eq!(query.targets[0].alias.as_deref(), Some("p"));
    let sources: Vec<(&str, Option<&str>)> = query
        .from
        .iter()
        .map(|source| (source.name.as_ref().expect("a table").last(), source.alias.as_deref()))
        .collect();
    assert_eq!(sources, [("pg_stat_activity", Some("s")), ("t", None)]);
    assert_eq!(query.on.len(), 1);
    let ExpressionKind::Or(either) = &query.filter.as_ref().expect("WHERE").kind else { panic!("OR is outermost") };
    let ExpressionKind::And(both) = &either[0].kind else { panic!("AND binds tighter") };
    assert_eq!(both[1].span.slice(text), "now() - query_start > interval '5 min'");
    let ExpressionKind::Binary { operator, .. } = &both[1].kind else { panic!("a comparison") };
    assert_eq!(operator, ">");
    assert!(matches!(either[1].kind, ExpressionKind::Not(_)));
}

#[test]
fn every_arm_of_a_union_is_a_query() {
    let StatementKind::Select(arms) = one("SELECT a INTO b UNION ALL (SELECT a FROM c) EXCEPT TABLE d").kind else {
        panic!("a query")
    };
    assert_eq!(arms.iter().map(|arm| arm.from.len()).collect::<Vec<_>>(), [0, 1, 1]);
    assert!(arms[0].into);
}

#[test]
fn statements_about_databases_and_settings_keep_their_names() {
    let StatementKind::AlterSystem { setting, value } = one("ALTER SYSTEM SET Max_Connections TO '50'").kind else {
        panic!("ALTER SYSTEM")
    };
    assert_eq!((setting.expect("named").last(), value.as_deref()), ("max_connections", Some("50")));
    let StatementKind::AlterDatabase { name, action: DatabaseAction::Rename { to } } =
        one("ALTER DATABASE \"Shop\" RENAME TO shop_old").kind
    else {
        panic!("a renaming")
    };
    assert_eq!((name.last(), to.last()), ("Shop", "shop_old"));
    assert!(
        debug("ALTER DATABASE a WITH ALLOW_CONNECTIONS false CONNECTION LIMIT 0").contains("AllowConnections(false)")
    );
    assert!(debug("DROP DATABASE IF EXISTS a WITH (FORCE)").contains("force: true"));
    assert!(debug("ALTER SYSTEM RESET ALL").contains("setting: None"));
}

#[test]
fn statements_about_indexes_and_tables_keep_what_makes_them_dangerous() {
    let index = debug("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY a.b (c)");
    assert!(
        index.contains("concurrently: true, if_not_exists: true") && index.contains(r#"path: ["a", "b"]"#),
        "{index}"
    );
    assert!(debug("REINDEX (VERBOSE, CONCURRENTLY) TABLE t").contains("concurrently: true"));
    assert!(debug("VACUUM (ANALYZE, FULL) t").contains("full: true"));
    assert!(debug("VACUUM (FULL false) t").contains("full: false"));
    assert!(debug("DELETE FROM t USING u WHERE t.id = u.id").contains("filtered: true"));
    assert!(debug("UPDATE t SET a = 1").contains("filtered: false"));
    assert!(debug("EXPLAIN (ANALYZE off) DELETE FROM t").contains("runs: false"));
    assert!(debug("EXPLAIN (ANALYZE, BUFFERS) SELECT 1").contains("runs: true"));
}

#[test]
fn what_is_typed_for_psql_or_filled_in_leaves_the_rest_where_it_is() {
    let text = "\\c shop\nSELECT * FROM <my table> WHERE id = :id AND n = :'n' AND d < '{{ day }}' LIMIT $N \\gx\n\\dt+ x*\nDROP TABLE \"{{ t }}\";";
    let sql = parse(text);
    assert_eq!(sql.errors, []);
    assert_eq!(sql.statements.iter().map(|found| found.span.slice(text)).collect::<Vec<_>>().len(), 2);
    assert!(sql.statements[1].span.slice(text).starts_with("DROP TABLE"));
    let metas: Vec<(&str, &str)> = sql.metas.iter().map(|meta| (meta.name.as_str(), meta.arguments.as_str())).collect();
    assert_eq!(metas, [("c", "shop"), ("gx", ""), ("dt+", "x*")]);
    let filled: Vec<&str> = sql.placeholders.iter().map(|span| span.slice(text)).collect();
    assert_eq!(filled, ["<my table>", ":id", ":'n'", "$N"]);
}

#[test]
fn an_error_has_its_place_and_the_statements_around_it_remain() {
    let text = "SELECT 1; SELEC 2; SELECT 3;";
    let sql = parse(text);
    assert!(sql.errors.iter().any(|error| error.span.start >= 10 && error.span.end <= 18), "{:?}", sql.errors);
    assert!(sql.statements.len() >= 2);
}

#[test]
fn what_is_too_large_or_too_deep_has_one_error_and_no_statement() {
    for text in [
        "(".repeat(5_000),
        format!("SELECT {}1{}", "(SELECT ".repeat(1_000), ")".repeat(1_000)),
        format!("SELECT {}a", "NOT ".repeat(5_000)),
        format!("SELECT {}1", "- ".repeat(5_000)),
        format!("SELECT {}", "a[1]".repeat(5_000)),
        format!("SELECT a{}", "::int".repeat(3_000)),
        format!("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT {}1 $$", "(".repeat(5_000)),
        format!("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT {}1'", "NOT ".repeat(5_000)),
        "SELECT 1; ".repeat(20_000),
    ] {
        let sql = parse(&text);
        assert_eq!((sql.statements.len(), sql.errors.len()), (0, 1), "{}", &text[..40]);
    }
}

#[test]
fn what_is_barely_small_enough_is_understood() {
    one(&format!("SELECT {}1{}", "(SELECT ".repeat(60), ")".repeat(60)));
    one(&format!("SELECT a{}", " + a".repeat(450)));
    one(&format!("SELECT 1 WHERE a{}", " AND a >= 1".repeat(190)));
    one(&format!("SELECT a{}", "::int".repeat(60)));
    one(&format!("INSERT INTO t VALUES (1, 'x'){}", ", (1, 'x')".repeat(2_000)));
}

#[rustfmt::skip]
const FRAGMENTS: &[&str] = &[
    "SELECT ", "FROM ", "WHERE ", "AND ", "OR ", "NOT ", "(", ")", "[", "]", ",", ";", "'", "\"", "$$", "$a$", "--", "/*",
    "*/", "\n", "\\c x\n", "\\gx", "\\;", ":id", ":'x'", "::", "<t>", "<", ">", "{{ x }}", "[X]", "...", "…", "é", "->>",
    "- ", "a", "pg_terminate_backend", "count(*)", "1", "1.5", "DELETE ", "UPDATE t SET ", "ALTER SYSTEM SET x ", "= ",
    "CASE ", "WHEN ", "END ", "BETWEEN ", "interval '1 day' ", "IN (1,2)", "UNION ", "WITH x AS (", "EXPLAIN ANALYZE ",
    "VACUUM (FULL) ", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS ", "DO ", "COPY ", "JOIN ", "ON ", "$1", "$NAME",
    "${N}", "E'\\", "U&'", "\u{0}", "\r\n", "DROP DATABASE ", ".", "AS ", "x ", "BEGIN ATOMIC ", "VALUES ",
];

fn fragment() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(FRAGMENTS)
}

fn assert_spans(text: &str) {
    let sql = parse(text);
    let within = |span: Span| assert!(text.get(span.start..span.end).is_some(), "{span:?} in {text:?}");
    sql.statements.iter().for_each(|statement| {
        within(statement.span);
        statement.calls.iter().for_each(|call| within(call.span));
    });
    sql.errors.iter().for_each(|error| within(error.span));
    sql.metas.iter().for_each(|meta| within(meta.span));
    sql.placeholders.iter().for_each(|span| within(*span));
    let pieces = scan::pieces(text);
    assert_eq!(pieces.iter().map(|piece| piece.span.slice(text)).collect::<String>(), text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered_and_its_spans_lie_within(text in "\\PC*") {
        assert_spans(&text);
    }

    #[test]
    fn any_sequence_of_fragments_is_answered(pieces in proptest::collection::vec(fragment(), 0..60)) {
        assert_spans(&pieces.concat());
    }
}
