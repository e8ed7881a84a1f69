//! Snapshots, the lease, and opening.

use std::time::Duration;

use allclear_core::Digest;
use allclear_store::{AppendError, Location, OpenError, Snapshot, Store};

use crate::Place;
use crate::record::{after_seconds, noon, some};

const TTL: Duration = Duration::from_secs(10);

pub(crate) async fn the_newest_snapshot_that_fits_the_log_is_found(place: Place) {
    let store = &place.store;
    let mut kept = Vec::new();
    for seq in 0..4_u8 {
        let head = store.append(seq.into(), &some(seq.into(), 1)).await.expect("appended");
        let snapshot = Snapshot { seq: head.seq, hash: head.hash, format: 3, body: vec![seq; 3] };
        store.save_snapshot(snapshot.clone()).await.expect("saved");
        kept.push(snapshot);
    }
    assert_eq!(store.latest_snapshot(3).await.expect("read"), kept.last().cloned());
    assert_eq!(store.latest_snapshot(4).await.expect("read"), None);
    let foreign = Snapshot { seq: 4, hash: Digest::of(b"another log"), format: 3, body: Vec::new() };
    store.save_snapshot(foreign).await.expect("refused without a word");
    assert_eq!(store.latest_snapshot(3).await.expect("read"), kept.last().cloned());
    if place.tamper("log.db", "DELETE FROM snapshot WHERE seq = 4").await {
        assert_eq!(store.latest_snapshot(3).await.expect("the one before is kept"), Some(kept[2].clone()));
        place.tamper("log.db", "DELETE FROM snapshot WHERE seq = 3").await;
        assert_eq!(store.latest_snapshot(3).await.expect("older ones are not"), None);
    }
}

pub(crate) async fn the_lease_has_one_holder_and_its_token_grows(place: Place) {
    let other = place.replica().await;
    let first = place.store.take_lease("a-1", noon(), TTL).await.expect("answered").expect("free");
    assert_eq!((first.token, first.until), (1, after_seconds(10)));
    assert_eq!(other.take_lease("b-1", after_seconds(9), TTL).await.expect("answered"), None);
    let kept = place.store.take_lease("a-1", after_seconds(9), TTL).await.expect("answered").expect("its own");
    assert_eq!((kept.token, kept.until), (1, after_seconds(19)));
    let second = other.take_lease("b-1", after_seconds(19), TTL).await.expect("answered").expect("expired");
    assert_eq!(second.token, 2);
    place.store.release_lease("a-1").await.expect("nothing happens");
    assert_eq!(place.store.take_lease("a-1", after_seconds(20), TTL).await.expect("answered"), None);
    other.release_lease("b-1").await.expect("released");
    let third = place.store.take_lease("a-1", after_seconds(20), TTL).await.expect("answered").expect("free");
    assert_eq!(third.token, 3);
}

pub(crate) async fn an_append_under_a_lost_lease_is_refused(place: Place) {
    let other = place.replica().await;
    let first = place.store.take_lease("a-1", noon(), TTL).await.expect("answered").expect("free");
    place.store.append_fenced(first.token, 0, &some(0, 1)).await.expect("appended under the lease");
    let second = other.take_lease("b-1", after_seconds(60), TTL).await.expect("answered").expect("expired");
    let refused = place.store.append_fenced(first.token, 1, &some(1, 1)).await;
    assert!(matches!(refused, Err(AppendError::Fenced { given: 1, current: 2 })), "{refused:?}");
    other.append_fenced(second.token, 1, &some(1, 1)).await.expect("appended under the new lease");
}

pub(crate) async fn a_store_of_a_newer_version_is_refused(place: Place) {
    let newer = "UPDATE schema_version SET version = 99 WHERE name = 'log'";
    if !place.tamper("log.db", newer).await {
        return;
    }
    let location = place.location.clone();
    place.store.close().await;
    let refused = Store::open(&location).await.expect_err("newer");
    assert!(matches!(refused, OpenError::NewerVersion { found: 99, known: 3, .. }), "{refused:?}");
    assert!(refused.to_string().contains("install"), "{refused}");
    // It was let go again: the second refusal is the same, not that the directory is in use.
    assert_eq!(Store::open(&location).await.expect_err("still newer").to_string(), refused.to_string());
}

pub(crate) async fn a_store_is_found_again_as_it_was_left(place: Place) {
    if place.location == Location::Memory {
        return;
    }
    let head = place.store.append(0, &some(0, 3)).await.expect("appended");
    let digest = place.store.put_blob(b"output").await.expect("kept");
    place.store.close().await;
    let again = Store::open(&place.location).await.expect("opens again");
    assert_eq!(again.verify(None).await.expect("whole"), head);
    assert_eq!(*again.appended().borrow(), 3);
    assert_eq!(again.get_blob(&digest).await.expect("read").as_deref(), Some(&b"output"[..]));
}
