//! What goes wrong in a simulation, told from a seed alone.

use jiff::SignedDuration;

/// Faults at random; the same seed gives the same faults.
#[derive(Debug, Clone)]
pub struct Faults {
    state: Option<u64>,
    kills_left: u32,
}

impl Faults {
    /// Nothing goes wrong, and every outcome comes back at once.
    pub fn none() -> Self {
        Self { state: None, kills_left: 0 }
    }

    /// Drivers fail, outcomes come late or twice, and the process is killed at most `kills` times.
    pub fn seeded(seed: u64, kills: u32) -> Self {
        Self { state: Some(seed), kills_left: kills }
    }

    /// A number below `end`, which must not be 0; 0 where nothing goes wrong.
    pub fn below(&mut self, end: u64) -> u64 {
        let Some(state) = &mut self.state else { return 0 };
        // SplitMix64: small, and the same everywhere.
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.state.is_some() && self.below(count) == 0
    }

    /// Whether a driver fails now.
    pub(super) fn breaks(&mut self) -> bool {
        self.one_in(4)
    }

    /// Whether the process is killed now.
    pub(super) fn kills(&mut self) -> bool {
        self.kills_left > 0 && self.one_in(12)
    }

    /// One kill fewer is left.
    pub(super) fn spare(&mut self) {
        self.kills_left -= 1;
    }

    /// How long each copy of an outcome takes to come back.
    pub(super) fn waits(&mut self) -> Vec<SignedDuration> {
        let wait = |faults: &mut Self| {
            let late = faults.one_in(3);
            let ms = if late { faults.below(20_000) } else { 0 };
            SignedDuration::from_millis(i64::try_from(ms).unwrap_or(0))
        };
        let mut waits = vec![wait(self)];
        if self.one_in(6) {
            waits.push(wait(self));
        }
        waits
    }
}
