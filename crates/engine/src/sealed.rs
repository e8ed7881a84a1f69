//! Keeps what was recorded before a step, and fetches it for the step that puts it back. Here it is only ever sealed:
//! who sealed it is who opens it.

use std::collections::BTreeMap;

use allclear_core::{Digest, PerformEffect};
use allclear_store::Store;
use bytes::Bytes;

/// Keeps everything before anything is reported: a digest in the log has its bytes in the store.
pub(crate) async fn keep(store: &Store, sealed: BTreeMap<String, Bytes>) -> Result<BTreeMap<String, Digest>, String> {
    let mut captured = BTreeMap::new();
    for (key, bytes) in sealed {
        let kept = store.put_blob(&bytes).await;
        let digest = kept.map_err(|error| format!("what was recorded before the step could not be kept: {error}"))?;
        captured.insert(key, digest);
    }
    Ok(captured)
}

/// What the commands of the step name in `captured`.
pub(crate) async fn fetch(store: &Store, effect: &PerformEffect) -> Result<BTreeMap<Digest, Bytes>, String> {
    let commands = effect.plan.step(effect.step).map_or(&[][..], |step| &step.commands);
    let mut sealed = BTreeMap::new();
    for (variable, digest) in commands.iter().flat_map(|command| &command.captured) {
        let missing = |why: &str| {
            format!(
                "nothing was performed: what was recorded before the change, `{variable}`, {why}; put it back by hand"
            )
        };
        let bytes = match store.get_blob(digest).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(missing("is not in the store any more")),
            Err(error) => return Err(missing(&format!("cannot be read ({error})"))),
        };
        sealed.insert(digest.clone(), Bytes::from(bytes));
    }
    Ok(sealed)
}
