//! Which sessions a statement would end or interrupt: the same question to the server, without doing it.

use super::super::query;
use crate::syntax::sql::ast::{Call, Expression, ExpressionKind, Query, Statement, StatementKind};
use crate::syntax::sql::scan::{Kind, pieces};

/// Whether one may end them: a superuser may, else whoever has the role, or may signal those of no superuser.
const MAY: &str = "bool_and(pg_has_role(usesysid, 'MEMBER') OR pg_has_role('pg_signal_backend', 'MEMBER') \
                   AND NOT coalesce((SELECT rolsuper FROM pg_roles WHERE oid = usesysid), true))";

/// A query that counts the sessions that the statement picks, by user, application and state.
pub(super) fn preview(statement: &Statement, text: &str) -> Option<String> {
    let StatementKind::Select(arms) = &statement.kind else { return None };
    let [arm] = arms.as_slice() else { return None };
    let plain = statement.with.is_empty() && !arm.into && !arm.locks;
    let call = arm.targets.iter().find_map(|target| signals(target.expression.as_ref()?)).filter(|_| plain)?;
    let argument = call.arguments.first()?;
    let picked = match &argument.kind {
        ExpressionKind::Constant(pid) if pid.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("SELECT pid, usename, usesysid, application_name, state FROM pg_stat_activity WHERE pid = {pid}")
        }
        ExpressionKind::Column(path) if path.last().is_some_and(|name| name == "pid") && of_activity(arm) => {
            let written = argument.span.slice(text);
            let table = written.rsplit_once('.').map(|(table, _)| format!("{table}.")).unwrap_or_default();
            let columns = ["pid", "usename", "usesysid", "application_name", "state"];
            let columns: Vec<String> = columns.iter().map(|column| format!("{table}{column}")).collect();
            format!("SELECT {} {}", columns.join(", "), from(arm, text)?)
        }
        _ => return None,
    };
    Some(format!(
        "SELECT usename AS \"user\", application_name AS application, state, count(*) AS sessions, \
         CASE WHEN {MAY} THEN 'yes' ELSE 'no' END AS \"you may\" FROM ({picked}) AS hit GROUP BY 1, 2, 3 ORDER BY 4 DESC LIMIT 30"
    ))
}

fn signals(expression: &Expression) -> Option<&Call> {
    let ExpressionKind::Call(call) = &expression.kind else { return None };
    query::ends_sessions(call.name.last()).then_some(&**call)
}

fn of_activity(arm: &Query) -> bool {
    arm.from.iter().filter_map(|source| source.name.as_ref()).any(|name| name.last() == "pg_stat_activity")
}

/// From the `FROM` of the query to the end of the statement.
fn from<'t>(arm: &Query, text: &'t str) -> Option<&'t str> {
    let mut depth = 0_u32;
    for piece in pieces(text).iter().filter(|piece| piece.span.start >= arm.span.start) {
        match piece.span.slice(text) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            word if depth == 0 && piece.kind == Kind::Word && word.eq_ignore_ascii_case("from") => {
                return Some(text[piece.span.start..].trim_end().trim_end_matches(';').trim_end());
            }
            _ => {}
        }
    }
    None
}
