//! `allclear demo`: a service to break, and Allclear watching it; or the whole story by itself.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::demo::{self, Pace, Stand};
use crate::exit::Exit;
use crate::host;
use crate::print;
use crate::{Common, Format};

/// Arguments of `allclear demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Plays the whole story by itself, and says which stage did not happen if one did not.
    #[arg(long)]
    script: bool,
}

pub(crate) async fn run(args: Args, common: &Common) -> anyhow::Result<Exit> {
    let place = Place::choose(common)?;
    if args.script { script(place.path(), common.format).await } else { stay(place.path()).await }
}

/// Where the log of the demonstration is.
enum Place {
    /// Where the person said; it stays.
    Given(PathBuf),
    /// Nowhere in particular; gone afterwards.
    Temporary(tempfile::TempDir),
}

impl Place {
    fn choose(common: &Common) -> anyhow::Result<Self> {
        if is_given() {
            return Ok(Self::Given(common.data_dir.clone()));
        }
        let folder = tempfile::Builder::new().prefix("allclear-demo-").tempdir();
        Ok(Self::Temporary(folder.context("no temporary directory can be made; name one with --data-dir")?))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

/// Whether somebody named a data directory: the demonstration does not use the usual one by itself.
fn is_given() -> bool {
    let named = |argument: std::ffi::OsString| argument.to_string_lossy().starts_with("--data-dir");
    std::env::var_os("ALLCLEAR_DATA_DIR").is_some() || std::env::args_os().any(named)
}

async fn script(data_dir: &Path, format: Format) -> anyhow::Result<Exit> {
    let pace = if format == Format::Json { Pace::SCRIPT.quiet() } else { Pace::SCRIPT };
    let stand = Stand::start(data_dir, &pace).await?;
    let (console, prepchef) = (stand.console_url(), stand.prepchef_url());
    eprintln!("PrepChef {prepchef}   Console {console}/   Status page {console}/status");
    let told = demo::play(&stand).await;
    stand.stop().await;
    let told = told?;
    if format == Format::Json {
        print::json(&told)?;
    } else if told.passed {
        print::line("\nAll clear: every stage of the story truly happened.");
    }
    Ok(if told.passed { Exit::Ok } else { Exit::Problems })
}

async fn stay(data_dir: &Path) -> anyhow::Result<Exit> {
    let stand = Stand::start(data_dir, &Pace::REAL).await?;
    let (console, prepchef) = (stand.console_url(), stand.prepchef_url());
    if !stand.has_usual_port() {
        print::line("Port 8080 was taken, so the console has another.\n");
    }
    print::line(format!(
        "PrepChef runs at {prepchef}, and Allclear watches it.\n\n\
         Console      {console}/   sign in with the token {}\n\
         Status page  {console}/status\n\
         Log          {}\n\n\
         Break it:    curl -X PUT {prepchef}/admin/faults/city-api -d '{{\"mode\": \"error\"}}'\n\
         Mend it:     follow the procedure of the incident in the console, or\n\
         \x20            curl -X DELETE {prepchef}/admin/faults/city-api\n\n\
         Pages appear here. Ctrl-C ends it.",
        stand.token(),
        data_dir.display(),
    ));
    host::signalled().await?;
    eprintln!("Stopping …");
    stand.stop().await;
    Ok(Exit::Ok)
}
