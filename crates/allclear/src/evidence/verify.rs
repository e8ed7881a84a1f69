//! Verifies evidence with nothing but itself: the chain of its log, every file computed anew, every output by digest.

use std::path::{Path, PathBuf};

use allclear_core::Digest;
use allclear_store::Head;
use anyhow::Context as _;
use serde_json::{Value, json};

use super::{BUNDLE, Bundle, FORMAT, LOG, OUTPUTS, VERSION, is_tar, outputs, read_log, render};
use crate::exit::Failure;

/// Verifies a directory, a tar file, or the bare export of a log; the answer is what was proved.
pub(crate) async fn verify(path: &Path, against: Option<Head>) -> anyhow::Result<Value> {
    if path.is_dir() {
        return directory(path, against).await;
    }
    if !is_tar(path) {
        let (store, head) = read_log(path).await?;
        store.verify(against).await?;
        store.close().await;
        return Ok(json!({"seq": head.seq, "hash": head.hash, "head": head.to_string()}));
    }
    let place = tempfile::tempdir().context("there is no room to unpack it")?;
    let file = std::fs::File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
    tar::Archive::new(file).unpack(place.path()).with_context(|| format!("{} is no tar file", path.display()))?;
    directory(&place.path().join("evidence"), against).await
}

async fn directory(directory: &Path, against: Option<Head>) -> anyhow::Result<Value> {
    let bundle: Bundle = serde_json::from_slice(&read(&directory.join(BUNDLE))?)
        .with_context(|| format!("{BUNDLE} is not what `allclear runs export` writes"))?;
    if bundle.format != FORMAT || bundle.version != VERSION {
        let found = format!("{} version {}", bundle.format, bundle.version);
        return Err(Failure::problems(format!("this is {found}; this release verifies {FORMAT} version {VERSION}")));
    }
    let (store, head) = read_log(&directory.join(LOG)).await?;
    store.verify(against).await?;
    let events = store.read_run(bundle.run).await?;
    store.close().await;
    if head.to_string() != bundle.head {
        return Err(differs(BUNDLE, "names another head than its log has"));
    }
    let mut expected = vec![PathBuf::from(BUNDLE), PathBuf::from(LOG)];
    for (name, bytes) in render(&events)? {
        if read(&directory.join(name))? != bytes {
            let why = "is not what its log says";
            return Err(if bundle.made_by == env!("CARGO_PKG_VERSION") {
                differs(name, why)
            } else {
                differs(name, &format!("{why}, as far as this release can tell; verify it with {}", bundle.made_by))
            });
        }
        expected.push(PathBuf::from(name));
    }
    for digest in outputs(&events) {
        let name = Path::new(OUTPUTS).join(digest.as_str());
        check_output(directory, &name, &digest, &bundle)?;
        expected.push(name);
    }
    nothing_else(directory, &expected)?;
    let outputs = expected.len() - 6;
    Ok(json!({
        "run": bundle.run, "events": events.len(), "outputs": outputs,
        "seq": head.seq, "hash": head.hash, "head": head.to_string(),
    }))
}

fn check_output(directory: &Path, name: &Path, digest: &Digest, bundle: &Bundle) -> anyhow::Result<()> {
    let shown = name.display().to_string();
    if bundle.missing.contains(digest) {
        return Err(differs(&shown, "is not here: it was lost when the run was exported"));
    }
    if Digest::of(&read(&directory.join(name))?) != *digest {
        return Err(differs(&shown, "is not what the step wrote: its bytes have another digest"));
    }
    Ok(())
}

/// What nobody vouches for does not belong beside what is proved.
fn nothing_else(directory: &Path, expected: &[PathBuf]) -> anyhow::Result<()> {
    let mut found = vec![];
    for folder in [PathBuf::new(), PathBuf::from(OUTPUTS)] {
        for entry in std::fs::read_dir(directory.join(&folder))? {
            found.push(folder.join(entry?.file_name()));
        }
    }
    match found.iter().find(|name| !expected.contains(name) && name.as_path() != Path::new(OUTPUTS)) {
        Some(other) => Err(differs(&other.display().to_string(), "is not part of the evidence")),
        None => Ok(()),
    }
}

fn differs(name: &str, why: &str) -> anyhow::Error {
    Failure::problems(format!("the evidence does not verify: {name} {why}"))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).map_err(|error| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        differs(&name, &format!("cannot be read ({error})"))
    })
}
