//! Blocks of the log: on SQLite only the first event of an incident in each block is in the index of incidents.
//!
//! Invariant: of the events of an incident in one block at least one leads. Leading more than once costs an index entry
//! and is harmless, so whoever does not know what the block holds lets every incident lead again.

use std::collections::BTreeSet;

use allclear_core::Seq;

/// Events of one block.
pub(crate) const BLOCK: Seq = 1_024;

/// The incidents that have an event that leads in the block at the end of the log, as far as it is known.
#[derive(Debug, Default)]
pub(crate) struct OpenBlock {
    /// The last event that was counted.
    seq: Seq,
    incidents: BTreeSet<i64>,
}

impl OpenBlock {
    /// What is known about the block after the event at `seq`: nothing, where another event was counted last.
    pub(crate) fn after(self, seq: Seq) -> Self {
        if self.seq == seq { self } else { Self { seq, incidents: BTreeSet::new() } }
    }

    /// Counts the next event, and says whether it leads.
    pub(crate) fn lead(&mut self, incident: Option<i64>) -> bool {
        self.seq += 1;
        if self.seq.is_multiple_of(BLOCK) {
            self.incidents.clear();
        }
        incident.is_some_and(|incident| self.incidents.insert(incident))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_leads_once_in_each_block() {
        let mut block = OpenBlock::default();
        let leaders: Vec<Seq> = (1..3 * BLOCK).filter(|_| block.lead(Some(7))).collect();
        assert_eq!(leaders, [1, BLOCK, 2 * BLOCK]);
        assert!(!block.lead(None));
    }

    #[test]
    fn nothing_is_known_after_an_event_that_was_not_counted() {
        let mut block = OpenBlock::default();
        assert!(block.lead(Some(7)));
        let mut same = block.after(1);
        assert!(!same.lead(Some(7)));
        assert!(same.after(9).lead(Some(7)));
    }
}
