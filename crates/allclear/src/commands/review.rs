//! `allclear review`: what serious incidents owe afterwards.

use allclear_core::ReviewId;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::client::{self, Client};
use crate::exit::Exit;
use crate::print;
use crate::{Common, Format};

/// Arguments of `allclear review`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: ReviewVerb,
}

#[derive(Debug, Subcommand)]
enum ReviewVerb {
    /// Lists the reviews that are owed.
    List,
    /// Shows how a review stands: its draft, its action items, when it is due.
    Show {
        /// The review, such as `review-50`.
        review: String,
    },
    /// Prints the draft as Markdown, to be completed in an editor.
    Draft {
        /// The review.
        review: String,
    },
    /// Adds something to be done, with who and by when.
    Action {
        /// The review.
        review: String,
        /// What.
        text: String,
        /// Who.
        #[arg(long)]
        owner: String,
        /// By when.
        #[arg(long)]
        due: String,
    },
    /// Publishes a review: the completed file, or the draft as it stands.
    Publish {
        /// The review.
        review: String,
        /// The completed Markdown.
        #[arg(long, value_name = "FILE")]
        file: Option<std::path::PathBuf>,
    },
}

pub(crate) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let client = Client::connect(common).await?;
    let result = perform(args.verb, &client, common.format).await;
    client.close().await;
    result
}

async fn perform(verb: ReviewVerb, client: &Client, format: Format) -> anyhow::Result<Exit> {
    match verb {
        ReviewVerb::List => list(client, format).await,
        ReviewVerb::Show { review } => {
            let id: ReviewId = client::id(&review)?;
            show(&client.get(&format!("reviews/{id}")).await?, format)
        }
        ReviewVerb::Draft { review } => {
            let id: ReviewId = client::id(&review)?;
            let review: Value = client.get(&format!("reviews/{id}")).await?;
            if format == Format::Json {
                return print::json(&review["text"]);
            }
            print::raw(&print::text(&review, "text"));
            Ok(Exit::Ok)
        }
        ReviewVerb::Action { review, text, owner, due } => {
            let id: ReviewId = client::id(&review)?;
            let body = json!({"text": text, "owner": owner, "due": due});
            let _: Value = client.post(&format!("reviews/{id}/action"), &body).await?;
            show(&client.get(&format!("reviews/{id}")).await?, format)
        }
        ReviewVerb::Publish { review, file } => {
            let id: ReviewId = client::id(&review)?;
            let text = file.map(|path| read(&path)).transpose()?;
            let _: Value = client.post(&format!("reviews/{id}/publish"), &json!({"text": text})).await?;
            print::line(format!("{id} is published; its incident is documented."));
            Ok(Exit::Ok)
        }
    }
}

fn read(path: &std::path::Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).map_err(|error| anyhow::anyhow!("{} cannot be read: {error}", path.display()))
}

async fn list(client: &Client, format: Format) -> anyhow::Result<Exit> {
    let reviews: Vec<Value> = client.get("reviews").await?;
    if format == Format::Json {
        return print::json(&reviews);
    }
    if reviews.is_empty() {
        print::line("No review is owed.");
    }
    print::table(
        &["REVIEW", "INCIDENT", "STATE", "DUE"],
        reviews.iter().map(|it| ["id", "incident", "state", "due_at"].map(|field| print::text(it, field))),
    );
    Ok(Exit::Ok)
}

fn show(review: &Value, format: Format) -> anyhow::Result<Exit> {
    if format == Format::Json {
        return print::json(review);
    }
    let field = |name: &str| print::text(review, name);
    print::line(format!("{} of {}: {}, due {}", field("id"), field("incident"), field("state"), field("due_at")));
    for item in review["action_items"].as_array().into_iter().flatten() {
        let of = |name: &str| print::text(item, name);
        print::line(format!("  - {} ({}, by {})", of("text"), of("owner"), of("due")));
    }
    print::raw(&format!("\n{}", field("text")));
    Ok(Exit::Ok)
}
