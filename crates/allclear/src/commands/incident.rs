//! `allclear incident`: opens incidents and takes them from acknowledged to resolved.

use clap::Subcommand;
use serde_json::{Value, json};

use crate::client::{self, Client};
use crate::exit::Exit;
use crate::print;
use crate::{Common, Format};
use allclear_core::{IncidentId, Severity};

/// Arguments of `allclear incident`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: IncidentVerb,
}

#[derive(Debug, Subcommand)]
enum IncidentVerb {
    /// Opens an incident by hand.
    Open {
        /// One line: what hurts.
        title: String,
        /// How bad it is: P0, P1, P2 or P3.
        #[arg(long, default_value = "P1")]
        severity: Severity,
        /// What part of the service it is about.
        #[arg(long)]
        component: Option<String>,
        /// Id of the procedure to follow.
        #[arg(long)]
        procedure: Option<String>,
    },
    /// Takes an incident: nobody else is paged for it.
    Ack {
        /// The incident, such as `incident-13`.
        incident: String,
    },
    /// Says how bad it is and what it does to users.
    Assess {
        /// The incident.
        incident: String,
        /// P0, P1, P2 or P3.
        #[arg(long)]
        severity: Severity,
        /// What users cannot do.
        #[arg(long)]
        impact: String,
    },
    /// Names who leads.
    Assign {
        /// The incident.
        incident: String,
        /// Who leads.
        commander: String,
    },
    /// Adds a note, or tells the public.
    Update {
        /// The incident.
        incident: String,
        /// What there is to say.
        text: String,
        /// Shown on the status page and sent to the audience.
        #[arg(long)]
        public: bool,
    },
    /// Says that it no longer hurts, and why.
    Mitigate {
        /// The incident.
        incident: String,
        /// What was done.
        text: String,
    },
    /// Ends it.
    Resolve {
        /// The incident.
        incident: String,
        /// What mended it.
        text: String,
        /// Why it happened, if that is known.
        #[arg(long)]
        root_cause: Option<String>,
    },
    /// Lists incidents: the open ones, then recent ones.
    List,
    /// Shows one incident with its timeline.
    Show {
        /// The incident.
        incident: String,
    },
}

pub(crate) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let client = Client::connect(common).await?;
    let result = perform(args.verb, &client, common.format).await;
    client.close().await;
    result
}

async fn perform(verb: IncidentVerb, client: &Client, format: Format) -> anyhow::Result<Exit> {
    let (id, act, body) = match verb {
        IncidentVerb::List => return list(client, format).await,
        IncidentVerb::Show { incident } => return show(client, &incident, format).await,
        IncidentVerb::Open { title, severity, component, procedure } => {
            let body = json!({"title": title, "severity": severity, "component": component, "procedure": procedure});
            let opened: Value = client.post("incidents", &body).await?;
            return show(client, &print::text(&opened, "id"), format).await;
        }
        IncidentVerb::Ack { incident } => (incident, "acknowledge", json!({})),
        IncidentVerb::Assess { incident, severity, impact } => {
            (incident, "assess", json!({"severity": severity, "impact": impact}))
        }
        IncidentVerb::Assign { incident, commander } => (incident, "assign", json!({"commander": commander})),
        IncidentVerb::Update { incident, text, public } => {
            (incident, "update", json!({"text": text, "public": public}))
        }
        IncidentVerb::Mitigate { incident, text } => (incident, "mitigate", json!({"text": text})),
        IncidentVerb::Resolve { incident, text, root_cause } => {
            (incident, "resolve", json!({"text": text, "root_cause": root_cause}))
        }
    };
    let id: IncidentId = client::id(&id)?;
    let _: Value = client.post(&format!("incidents/{id}/{act}"), &body).await?;
    show(client, &id.to_string(), format).await
}

async fn list(client: &Client, format: Format) -> anyhow::Result<Exit> {
    let incidents: Vec<Value> = client.get("incidents").await?;
    if format == Format::Json {
        return print::json(&incidents);
    }
    if incidents.is_empty() {
        print::line("No incident is open, and none was.");
    }
    print::table(
        &["INCIDENT", "SEVERITY", "STAGE", "SINCE", "COMMANDER", "TITLE"],
        incidents.iter().map(|it| {
            ["id", "severity", "stage", "opened_at", "commander", "title"].map(|field| print::text(it, field))
        }),
    );
    Ok(Exit::Ok)
}

async fn show(client: &Client, id: &str, format: Format) -> anyhow::Result<Exit> {
    let id: IncidentId = client::id(id)?;
    let incident: Value = client.get(&format!("incidents/{id}")).await?;
    print::incident(&incident, format)
}
