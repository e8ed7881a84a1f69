//! Samples, rollups and output.

use std::time::Duration;

use allclear_core::Digest;
use allclear_store::{BlobError, Resolution, RetentionPolicy, Rollup};

use crate::Place;
use crate::record::{after_seconds, noon, sample};

const WEEK_S: i64 = 7 * 86_400;

async fn rollups(place: &Place, resolution: Resolution) -> Vec<Rollup> {
    let (from, to) = (after_seconds(-WEEK_S), after_seconds(WEEK_S));
    place.store.rollups("api", resolution, from, to).await.expect("rollups")
}

/// Whether a latency is this one, to three digits.
fn is_about(latency_ms: Option<f64>, expected_ms: f64) -> bool {
    latency_ms.is_some_and(|ms| (ms - expected_ms).abs() <= expected_ms / 1_000.0)
}

pub(crate) async fn samples_add_up_in_every_resolution(place: Place) {
    let api = |seconds, totals: &[f64]| ("api".to_owned(), sample(seconds, totals));
    let other = ("payments".to_owned(), sample(0, &[5_000.0]));
    let first = [api(0, &[10.0, 20.0]), api(59, &[30.0, 0.0]), other];
    place.store.record_samples(&first).await.expect("recorded");
    place.store.record_samples(&[api(60, &[40.0]), api(3_600, &[100_000.0])]).await.expect("recorded");
    place.store.record_samples(&[api(1, &[50.0])]).await.expect("recorded");
    place.store.record_samples(&[]).await.expect("nothing is recorded");

    let minutes = rollups(&place, Resolution::Minute).await;
    let starts: Vec<_> = minutes.iter().map(|rollup| rollup.start).collect();
    assert_eq!(starts, [noon(), after_seconds(60), after_seconds(3_600)]);
    let minute = &minutes[0];
    assert_eq!((minute.probes, minute.failed_probes, minute.requests, minute.failures), (3, 1, 5, 1));
    // The request that was refused in no time does not count as fast.
    assert!(is_about(minute.p50_ms, 20.0) && is_about(minute.p95_ms, 50.0), "{minute:?}");
    assert!(is_about(minute.p99_ms, 50.0) && is_about(minute.max_ms, 50.0), "{minute:?}");

    let hours = rollups(&place, Resolution::Hour).await;
    assert_eq!(hours.iter().map(|rollup| rollup.requests).collect::<Vec<_>>(), [6, 1]);
    let days = rollups(&place, Resolution::Day).await;
    assert_eq!(days.iter().map(|rollup| (rollup.requests, rollup.probes)).collect::<Vec<_>>(), [(7, 5)]);
    assert_eq!(days[0].start, after_seconds(-12 * 3_600));
    assert!(is_about(days[0].p50_ms, 30.0) && is_about(days[0].max_ms, 100_000.0), "{days:?}");
}

pub(crate) async fn two_recorders_lose_nothing(place: Place) {
    let recorders = [place.store.clone(), place.replica().await];
    let tasks = recorders.map(|store| {
        tokio::spawn(async move {
            for number in 0..15 {
                let samples: Vec<_> = (0..40)
                    .map(|check| (format!("check-{check}"), sample(number, &[1.0 + f64::from(check)])))
                    .chain([("api".to_owned(), sample(number, &[1.0, 2.0]))])
                    .collect();
                store.record_samples(&samples).await.expect("recorded");
            }
        })
    });
    for task in tasks {
        task.await.expect("no panic");
    }
    let minutes = rollups(&place, Resolution::Minute).await;
    assert_eq!((minutes[0].probes, minutes[0].requests), (30, 60));
    let last = place.store.rollups("check-39", Resolution::Day, after_seconds(-WEEK_S), after_seconds(1)).await;
    assert_eq!(last.expect("rollups")[0].requests, 30);
}

pub(crate) async fn old_rollups_are_forgotten_by_resolution(place: Place) {
    for seconds in [0, 3_600, 86_400] {
        place.store.record_samples(&[("api".to_owned(), sample(seconds, &[1.0]))]).await.expect("recorded");
    }
    let hours = |count: u64| Duration::from_secs(count * 3_600);
    let policy = RetentionPolicy { minutes: hours(1), hours: hours(24), days: hours(10_000) };
    place.store.prune_measurements(after_seconds(86_400 + 1_800), policy).await.expect("pruned");
    assert_eq!(rollups(&place, Resolution::Minute).await.len(), 1);
    assert_eq!(rollups(&place, Resolution::Hour).await.len(), 2);
    assert_eq!(rollups(&place, Resolution::Day).await.len(), 2);
}

pub(crate) async fn the_last_sample_is_kept_whole(place: Place) {
    let api = |seconds| ("api".to_owned(), sample(seconds, &[7.0, 0.0]));
    assert_eq!(place.store.latest_sample("api").await.expect("read"), None);
    place.store.record_samples(&[api(5), api(9), api(7)]).await.expect("recorded");
    place.store.record_samples(&[api(8)]).await.expect("recorded");
    assert_eq!(place.store.latest_sample("api").await.expect("read"), Some(api(9).1));
}

pub(crate) async fn output_is_kept_by_digest_and_damage_is_said(place: Place) {
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let digest = place.store.put_blob(&bytes).await.expect("kept");
    assert_eq!(digest, Digest::of(&bytes));
    assert_eq!(place.store.put_blob(&bytes).await.expect("kept once"), digest);
    assert_eq!(place.store.get_blob(&digest).await.expect("read"), Some(bytes));
    assert_eq!(place.store.get_blob(&Digest::of(b"never kept")).await.expect("read"), None);
    let long: Vec<u8> = (0..=250).cycle().take(2_000_000).collect();
    let in_pieces = place.store.put_blob(&long).await.expect("kept");
    assert_eq!(place.store.get_blob(&in_pieces).await.expect("read"), Some(long));
    let empty = place.store.put_blob(b"").await.expect("kept");
    assert_eq!(place.store.get_blob(&empty).await.expect("read"), Some(Vec::new()));
    if place.tamper("measurements.db", "UPDATE blob SET body = substr(body, 2) WHERE length(body) > 0").await {
        let damaged = place.store.get_blob(&digest).await;
        assert!(matches!(damaged, Err(BlobError::Damaged { .. })), "{damaged:?}");
    }
}
