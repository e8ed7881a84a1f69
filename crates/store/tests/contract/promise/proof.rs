//! The chain, exports and imports.

use std::io::Cursor;

use allclear_store::{Head, ImportError, Location, Store, VerifyError};

use crate::Place;
use crate::record::{of_incident, some};

type IsExpected = fn(&ImportError) -> bool;

async fn ten(place: &Place) -> Head {
    place.store.append(0, &some(0, 4)).await.expect("appended");
    let kept = place.store.append(4, &[of_incident(5, allclear_core::IncidentId(5))]).await.expect("appended");
    place.store.append(5, &some(5, 5)).await.expect("appended");
    kept
}

/// What `verify` finds after these statements; `None` where nobody can run them.
async fn found(place: &Place, statements: &'static str, against: Option<Head>) -> Option<VerifyError> {
    place.store.verify(against.clone()).await.expect("whole before");
    if !place.tamper("log.db", statements).await {
        return None;
    }
    Some(place.store.verify(against).await.expect_err("no longer whole"))
}

pub(crate) async fn an_event_that_was_changed_is_found(place: Place) {
    ten(&place).await;
    let error = found(&place, "UPDATE event SET body = replace(body, 'ana', 'bob') WHERE seq = 7", None).await;
    assert!(matches!(error, None | Some(VerifyError::Changed { seq: 7 })), "{error:?}");
}

pub(crate) async fn events_that_changed_places_are_found(place: Place) {
    ten(&place).await;
    let swap = "UPDATE event SET seq = 100 WHERE seq = 3; UPDATE event SET seq = 3 WHERE seq = 6; \
                UPDATE event SET seq = 6 WHERE seq = 100;";
    let error = found(&place, swap, None).await;
    assert!(matches!(error, None | Some(VerifyError::Reordered { seq: 3, holds: 6 })), "{error:?}");
}

pub(crate) async fn an_event_that_was_taken_out_is_found(place: Place) {
    ten(&place).await;
    let error = found(&place, "DELETE FROM event WHERE seq = 4", None).await;
    assert!(matches!(error, None | Some(VerifyError::Missing { seq: 4 })), "{error:?}");
}

pub(crate) async fn an_event_that_is_filed_wrongly_is_found(place: Place) {
    ten(&place).await;
    let error = found(&place, "UPDATE event SET incident = NULL WHERE seq = 5", None).await;
    assert!(matches!(error, None | Some(VerifyError::Mislabelled { seq: 5, column: "incident" })), "{error:?}");
}

pub(crate) async fn an_incident_that_no_index_leads_to_is_found(place: Place) {
    let Location::DataDir(_) = place.location else { return };
    ten(&place).await;
    let error = found(&place, "UPDATE event SET leads = 0 WHERE seq = 5", None).await;
    assert!(matches!(error, Some(VerifyError::Mislabelled { seq: 5, column: "leads" })), "{error:?}");
}

pub(crate) async fn an_end_that_was_cut_off_is_found_with_a_head_kept_elsewhere(place: Place) {
    let kept = ten(&place).await;
    let forged = Head { seq: 3, ..kept.clone() };
    let rewritten = place.store.verify(Some(forged)).await;
    assert!(matches!(rewritten, Err(VerifyError::Rewritten { seq: 3 })), "{rewritten:?}");
    let error = found(&place, "DELETE FROM event WHERE seq > 4", Some(kept)).await;
    if let Some(error) = error {
        assert!(matches!(&error, VerifyError::Removed { seq: 5, head } if head.seq == 4), "{error:?}");
        // Without such a head, what is left looks whole: that is why one is kept elsewhere.
        assert_eq!(place.store.verify(None).await.expect("whole in itself").seq, 4);
    }
}

pub(crate) async fn an_export_becomes_the_same_log(place: Place) {
    // More than one page.
    place.store.append(0, &some(0, 2_345)).await.expect("appended");
    let mut text = Vec::new();
    let head = place.store.export(&mut text).await.expect("exported");
    assert_eq!(head, place.store.head().await.expect("a head"));
    let other = Store::open(&Location::Memory).await.expect("opens");
    assert_eq!(other.import(Cursor::new(&text)).await.expect("imported"), head);
    assert_eq!(other.verify(Some(head.clone())).await.expect("whole"), head);
    let mut again = Vec::new();
    other.export(&mut again).await.expect("exported");
    assert!(text == again, "an export of an import is the same text");
    let refused = place.store.import(Cursor::new(&text)).await;
    assert!(matches!(refused, Err(ImportError::NotEmpty { head: is }) if is == head));
}

pub(crate) async fn a_damaged_export_leaves_nothing_behind(place: Place) {
    let source = Store::open(&Location::Memory).await.expect("opens");
    source.append(0, &some(0, 1_200)).await.expect("appended");
    let mut text = Vec::new();
    source.export(&mut text).await.expect("exported");
    let text = String::from_utf8(text).expect("an export is text");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let without = |left_out: usize| {
        lines.iter().enumerate().filter(|(number, _)| *number != left_out).map(|(_, line)| *line).collect::<String>()
    };
    let damaged: [(String, IsExpected); 8] = [
        (String::new(), |error| matches!(error, ImportError::NotAnExport)),
        ("# Runbook\n".to_owned(), |error| matches!(error, ImportError::NotAnExport)),
        (text.replacen("\"version\":1", "\"version\":2", 1), |error| {
            matches!(error, ImportError::NewerVersion { found: 2 })
        }),
        (text.replacen("ana", "bob", 1), |error| matches!(error, ImportError::Changed { line: 2, seq: 1 })),
        (without(1_100), |error| matches!(error, ImportError::Changed { line: 1_101, seq: 1_100 })),
        (without(1_201), |error| matches!(error, ImportError::Truncated { events: 1_200 })),
        (without(1_200), |error| matches!(error, ImportError::Truncated { events: 1_199 })),
        (text[..text.len() - 1].to_owned(), |error| matches!(error, ImportError::BadLine { line: 1_202, .. })),
    ];
    for (number, (text, is_expected)) in damaged.into_iter().enumerate() {
        let error = place.store.import(Cursor::new(text)).await.expect_err("damaged");
        assert!(is_expected(&error), "{number}: {error:?}");
        assert_eq!(place.store.head().await.expect("a head").seq, 0, "{number}");
    }
    place.store.import(Cursor::new(text)).await.expect("undamaged");
}
