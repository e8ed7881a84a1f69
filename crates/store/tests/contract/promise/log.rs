//! Appending and reading.

use allclear_core::{Event, IncidentId, RunId, Seq};
use allclear_store::{AppendError, Head, Opening, ReadError, Store};

use crate::Place;
use crate::record::{of_incident, of_run, owed, passed, record, some, undo_of};

pub(crate) async fn an_empty_log_ends_before_everything(place: Place) {
    let head = place.store.head().await.expect("a head");
    assert_eq!(head.to_string(), format!("0:{}", "0".repeat(64)));
    assert_eq!(place.store.append(0, &[]).await.expect("nothing is appended"), head);
    assert_eq!(place.store.read(0, 10).await.expect("nothing is read"), []);
    assert_eq!(place.store.verify(None).await.expect("an empty log is whole"), head);
}

pub(crate) async fn what_was_appended_is_read_back_in_order(place: Place) {
    let store = &place.store;
    let first = store.append(0, &some(0, 3)).await.expect("appended");
    // More than one statement's worth in one commit.
    let second = store.append(3, &some(3, 200)).await.expect("appended");
    assert_eq!((first.seq, second.seq), (3, 203));
    assert_eq!(store.head().await.expect("a head"), second);
    assert_eq!(store.read(0, 1_000).await.expect("read"), some(0, 203));
    assert_eq!(store.read(2, 2).await.expect("read"), some(2, 2));
    assert_eq!(store.read(203, 5).await.expect("read"), []);
    assert_eq!(store.read(Seq::MAX, 5).await.expect("read"), []);
    assert_eq!(store.verify(Some(first)).await.expect("whole"), second);
}

pub(crate) async fn records_are_found_by_incident_run_and_kind(place: Place) {
    let (one, two, run) = (IncidentId(1), IncidentId(2), RunId(4));
    let records = [of_incident(1, one), owed(2, two), passed(3), of_run(4, one, run), owed(5, two), undo_of(6, run)];
    place.store.append(0, &records).await.expect("appended");
    let incident = place.store.read_incident(one).await.expect("read");
    assert_eq!(incident, [records[0].clone(), records[3].clone()]);
    assert_eq!(place.store.read_run(run).await.expect("read"), [records[3].clone()]);
    let latest = place.store.latest(Opening::Review, 10).await.expect("read");
    assert_eq!(latest, [records[4].clone(), records[1].clone()]);
    assert_eq!(place.store.latest(Opening::Review, 1).await.expect("read"), [records[4].clone()]);
    // A run that undoes another is a run.
    assert_eq!(place.store.latest(Opening::Run, 10).await.expect("read"), [records[5].clone()]);
    assert_eq!(place.store.latest(Opening::Run, 0).await.expect("read"), []);
    assert_eq!(place.store.read_incident(IncidentId(u64::MAX)).await.expect("read"), []);
}

pub(crate) async fn an_incident_is_found_wherever_it_goes_on_in_a_long_log(place: Place) {
    let log: Vec<_> = (1..=2_600).map(|seq| of_incident(seq, IncidentId(1 + seq % 700))).collect();
    // Clones and replicas take turns, and in between some are refused.
    let others = [place.store.clone(), place.replica().await];
    for (turn, records) in log.chunks(190).enumerate() {
        let store = &others[turn % 2];
        let before = records[0].seq - 1;
        store.append(before, records).await.expect("appended");
        store.append(before, records).await.expect_err("a second time");
    }
    for incident in [1, 2, 450, 700].map(IncidentId) {
        let expected: Vec<_> = log.iter().filter(|record| record.incident == Some(incident)).cloned().collect();
        assert_eq!(place.store.read_incident(incident).await.expect("read"), expected, "{incident}");
    }
    place.store.verify(None).await.expect("whole");
}

pub(crate) async fn an_append_on_an_older_log_is_refused_and_says_where_the_log_ends(place: Place) {
    let other = place.replica().await;
    let head = place.store.append(0, &some(0, 2)).await.expect("appended");
    for expected in [0, 1, 3] {
        let refused = other.append(expected, &some(expected, 1)).await;
        assert!(matches!(refused, Err(AppendError::Conflict { head: is }) if is == head), "{expected}");
    }
    assert_eq!(other.append(2, &some(2, 1)).await.expect("appended").seq, 3);
}

pub(crate) async fn records_that_do_not_follow_are_refused(place: Place) {
    for records in [vec![passed(2)], vec![passed(1), passed(3)], vec![passed(1), passed(1)], vec![passed(0)]] {
        let refused = place.store.append(0, &records).await;
        assert!(matches!(refused, Err(AppendError::OutOfOrder { .. })), "{refused:?}");
    }
    assert_eq!(place.store.head().await.expect("a head").seq, 0);
}

pub(crate) async fn of_many_appends_at_one_position_exactly_one_wins(place: Place) {
    let stores = [place.store.clone(), place.replica().await, place.replica().await];
    for round in 0..20_u64 {
        let attempts = (0..12_usize).map(|writer| {
            let store = stores[writer % stores.len()].clone();
            tokio::spawn(async move { store.append(round, &[numbered(round + 1, writer)]).await })
        });
        let outcomes = futures::future::join_all(attempts.collect::<Vec<_>>()).await;
        let outcomes: Vec<_> = outcomes.into_iter().map(|outcome| outcome.expect("no panic")).collect();
        let won: Vec<&Head> = outcomes.iter().flatten().collect();
        assert_eq!(won.len(), 1, "{outcomes:?}");
        for lost in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert!(matches!(lost, AppendError::Conflict { head } if head == won[0]), "{lost:?}");
        }
    }
    assert_eq!(place.store.verify(None).await.expect("whole").seq, 20);
}

pub(crate) async fn many_writers_that_decide_again_build_one_chain(place: Place) {
    let mut writers = Vec::new();
    for writer in 0..6 {
        let store = place.replica().await;
        writers.push(tokio::spawn(async move { append_all(&store, writer, 10).await }));
    }
    for writer in writers {
        writer.await.expect("every writer gets through");
    }
    let records = place.store.read(0, 1_000).await.expect("read");
    assert_eq!(records.len(), 60);
    for writer in 0..6_usize {
        let of_writer = records.iter().filter(|record| *record.event == *numbered(1, writer).event);
        assert_eq!(of_writer.count(), 10, "writer {writer}");
    }
    assert_eq!(place.store.verify(None).await.expect("whole").seq, 60);
}

pub(crate) async fn followers_hear_of_what_is_appended(place: Place) {
    let replica = place.replica().await;
    let mut heard = replica.appended();
    assert_eq!(*heard.borrow(), 0);
    place.store.append(0, &some(0, 2)).await.expect("appended");
    heard.wait_for(|seq| *seq == 2).await.expect("the store is open");
}

async fn append_all(store: &Store, writer: usize, count: usize) {
    let mut seq = 0;
    for _ in 0..count {
        loop {
            match store.append(seq, &[numbered(seq + 1, writer)]).await {
                Ok(head) => {
                    seq = head.seq;
                    break;
                }
                Err(AppendError::Conflict { head }) => seq = head.seq,
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

fn numbered(seq: Seq, writer: usize) -> allclear_core::Recorded {
    record(seq, Event::CheckPassed { check: format!("by writer {writer}") })
}

pub(crate) async fn an_event_that_cannot_be_read_is_named_and_the_others_are_still_read(place: Place) {
    place.store.append(0, &some(0, 3)).await.expect("appended");
    if !place.tamper("log.db", "UPDATE event SET body = '{\"seq\":2}' WHERE seq = 2").await {
        return;
    }
    let refused = place.store.read(0, 10).await;
    assert!(matches!(refused, Err(ReadError::Unreadable { seq: 2, .. })), "{refused:?}");
    assert_eq!(place.store.read(2, 10).await.expect("read"), some(2, 1));
}
