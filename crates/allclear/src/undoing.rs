//! An undo as the verbs speak of it: what it would put back, and the run that does it.

use serde_json::{Value, json};

use crate::attach;
use crate::client::Client;
use crate::print;

/// The plan of an undo, as it would be now.
pub(crate) async fn preview(client: &Client, run: &str, to: Option<u32>) -> anyhow::Result<Value> {
    let query = to.map_or_else(String::new, |to| format!("?to={to}"));
    let preview: Value = client.get(&format!("runs/{run}/undo{query}")).await?;
    Ok(preview["plan"].clone())
}

/// Starts the undo that was looked at; the answer is the id of its run.
pub(crate) async fn start(
    client: &Client,
    run: &str,
    to: Option<u32>,
    plan: &Value,
    preapproved: &[String],
) -> anyhow::Result<String> {
    let body = json!({"to": to, "digest": plan["digest"], "preapproved": preapproved});
    let started: Value = client.post(&format!("runs/{run}/undo"), &body).await?;
    Ok(print::text(&started, "id"))
}

/// For people: each step, what it puts back, and what no command puts back.
pub(crate) fn print_plan(plan: &Value) {
    print::words(format!("{} on {}, latest first:", print::text(plan, "title"), print::text(plan, "target")));
    let steps: Vec<&Value> = plan["steps"].as_array().into_iter().flatten().collect();
    for step in &steps {
        attach::announce(&step["number"], plan);
        let captured = step["commands"].as_array().into_iter().flatten();
        let captured = captured.filter_map(|command| command["captured"].as_object());
        let names: Vec<&str> = captured.flat_map(|it| it.keys().map(String::as_str)).collect();
        if !names.is_empty() {
            print::words(format!("  puts back what was recorded: {}", names.join(", ")));
        }
    }
    let by_hand = steps.iter().filter(|step| step["kind"] == "manual").count();
    if by_hand > 0 {
        let (what, them) = if by_hand == 1 { ("step is", "it") } else { ("steps are", "them") };
        print::words(format!("\n{by_hand} {what} for a person: no command puts {them} back."));
    }
    print::words(format!("\nTo approve all that commands do: --approve {}", print::text(plan, "digest")));
}
