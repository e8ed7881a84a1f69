//! `allclear run`: plans a procedure and performs it step by step, each with a person's word.

use std::collections::BTreeMap;
use std::path::PathBuf;

use allclear_core::{Digest, IncidentId};
use serde_json::{Value, json};

use crate::Common;
use crate::attach;
use crate::client::{self, Client};
use crate::exit::Exit;
use crate::planning;
use crate::print;

/// Arguments of `allclear run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The runbook, a Markdown file.
    pub(crate) runbook: PathBuf,
    /// Id of the procedure; `allclear show RUNBOOK` lists them.
    pub(crate) procedure: String,
    #[command(flatten)]
    pub(crate) planning: PlanningArgs,
    /// Approves beforehand what has this digest: the plan, a step or a command. Unattended, nothing else is performed.
    #[arg(long, value_name = "DIGEST")]
    approve: Vec<String>,
    /// The incident that the run is for.
    #[arg(long, value_name = "INCIDENT")]
    incident: Option<String>,
}

/// What fills a plan; the same for `plan` and `run`.
#[derive(Debug, clap::Args)]
pub(crate) struct PlanningArgs {
    /// The estate that the commands act on, by its name in the configuration.
    #[arg(long, default_value = "local")]
    pub(crate) target: String,
    /// Fills a variable of the runbook.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = assignment)]
    pub(crate) set: Vec<(String, String)>,
    /// Begins at this step.
    #[arg(long, value_name = "STEP")]
    pub(crate) from: Option<u32>,
    /// Performs only these steps.
    #[arg(long, value_name = "STEPS", value_delimiter = ',')]
    pub(crate) only: Vec<u32>,
    /// Chooses an alternative by the line of its command, where the runbook offers several.
    #[arg(long, value_name = "LINE", value_delimiter = ',')]
    pub(crate) choose: Vec<u32>,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl PlanningArgs {
    pub(crate) fn variables(&self) -> BTreeMap<String, String> {
        self.set.iter().cloned().collect()
    }
}

pub(crate) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let incident: Option<IncidentId> = args.incident.as_deref().map(client::id).transpose()?;
    let planning = planning::plan(&args.runbook, &args.procedure, &args.planning, common)?;
    planning::print_notes(&planning.notes);
    let plan = match planning.plan() {
        Ok(plan) => plan,
        Err(refusals) => {
            planning::print_refusals(&refusals);
            return Ok(Exit::Refused);
        }
    };
    let preapproved: Vec<Digest> = args.approve.iter().map(|digest| Digest::given(digest)).collect();
    let client = Client::connect(common).await?;
    let body = json!({"plan": plan, "incident": incident, "preapproved": preapproved});
    let result = match client.post::<Value>("runs", &body).await {
        Ok(run) => attach::attach(&client, &print::text(&run, "id"), common).await,
        Err(error) => Err(error),
    };
    client.close().await;
    result
}
