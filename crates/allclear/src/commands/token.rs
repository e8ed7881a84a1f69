//! `allclear token`: who may come in, and as what.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use crate::client::Client;
use crate::exit::Exit;
use crate::print;
use crate::{Common, Format};

/// Arguments of `allclear token`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: TokenVerb,
}

#[derive(Debug, Subcommand)]
enum TokenVerb {
    /// Makes a token for a person and prints it, this once.
    Create {
        /// Whose it is. This name stands beside everything that they do.
        name: String,
        /// What they may do.
        #[arg(long, value_enum, default_value = "responder")]
        role: Role,
    },
    /// Lists who has a token.
    List,
    /// Ends a person's token, and every session that they began with it.
    Revoke {
        /// Whose.
        name: String,
    },
    /// Says who asks, and what they may do.
    Whoami,
}

/// What a person may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    /// Reads everything, changes nothing.
    Viewer,
    /// Works incidents and runs.
    Responder,
    /// Also makes and revokes tokens.
    Admin,
}

impl Role {
    const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Responder => "responder",
            Self::Admin => "admin",
        }
    }
}

pub(crate) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let client = Client::connect(common).await?;
    let result = match args.verb {
        TokenVerb::Create { name, role } => create(&client, &name, role, common.format).await,
        TokenVerb::List => list(&client, common.format).await,
        TokenVerb::Revoke { name } => revoke(&client, &name, common.format).await,
        TokenVerb::Whoami => whoami(&client, common.format).await,
    };
    client.close().await;
    result
}

async fn create(client: &Client, name: &str, role: Role, format: Format) -> anyhow::Result<Exit> {
    let made: Value = client.post("tokens", &json!({"name": name, "role": role.word()})).await?;
    if format == Format::Json {
        return print::json(&made);
    }
    print::words(format!(
        "The token of {name} ({}), shown this once. In the console it signs them in; for the command line, put it into \
         a file and say `--token file:PATH`, or into ALLCLEAR_TOKEN.",
        role.word()
    ));
    print::line(print::text(&made, "token"));
    Ok(Exit::Ok)
}

async fn list(client: &Client, format: Format) -> anyhow::Result<Exit> {
    let tokens: Vec<Value> = client.get("tokens").await?;
    if format == Format::Json {
        return print::json(&tokens);
    }
    if tokens.is_empty() {
        print::line("Nobody has a token of their own yet: `allclear token create NAME` makes one.");
    }
    let columns = ["name", "role", "created_at", "created_by"];
    print::table(
        &["NAME", "ROLE", "CREATED", "BY"],
        tokens.iter().map(|token| columns.map(|column| print::text(token, column))),
    );
    Ok(Exit::Ok)
}

async fn revoke(client: &Client, name: &str, format: Format) -> anyhow::Result<Exit> {
    let _: Value = client.post("tokens/revoke", &json!({"name": name})).await?;
    if format == Format::Json {
        return print::json(&json!({"revoked": name}));
    }
    print::line(format!("Nobody comes in with the token of {name} any more, and their sessions have ended."));
    Ok(Exit::Ok)
}

async fn whoami(client: &Client, format: Format) -> anyhow::Result<Exit> {
    let known: Value = client.get("whoami").await?;
    if format == Format::Json {
        return print::json(&known);
    }
    print::line(format!("{} ({})", print::text(&known, "actor"), print::text(&known, "role")));
    Ok(Exit::Ok)
}
