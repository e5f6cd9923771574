//! When memory is short whatever the books say: numbers in, decisions out.
//!
//! Budgets bound what is counted. This is for what counting misses: the slack of allocators, the kernel's
//! buffers, and what we have not thought of.

use std::sync::atomic::{AtomicBool, Ordering};

/// From here on nothing new is admitted, in percent of what may be used. The rest is for those that run,
/// whose bookings may all grow at once. Where none runs, another process holds the memory: then all are
/// admitted until the next look.
const REFUSE_PERCENT: u64 = 85;

/// From here downwards is admitted again. Lower, so that an episode is one and not a hundred.
const ADMIT_PERCENT: u64 = 82;

/// From here on replies end. The kernel ends the whole process some percent later, and a bot can fill
/// a hundred megabytes between two looks.
const END_PERCENT: u64 = 92;

/// Until here they end.
const ENOUGH_PERCENT: u64 = 90;

/// Looks for which nothing is admitted before replies end for that: a second. Else a reply that
/// keeps memory just above that bound would shut out all others.
const PATIENCE_LOOKS: u32 = 10;

/// What is in use, of what may be.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Bytes in use.
    pub used: u64,
    /// Bytes that may be.
    pub bytes_max: u64,
}

impl Usage {
    fn percent(self, percent: u64) -> u64 {
        self.bytes_max.saturating_mul(percent) / 100
    }

    fn is_above(self, percent: u64) -> bool {
        self.used > self.percent(percent)
    }

    /// Bytes above that bound.
    fn above(self, percent: u64) -> u64 {
        self.used.saturating_sub(self.percent(percent))
    }

    /// The one of two that is nearer to its bound.
    #[must_use]
    pub fn or_tighter(self, other: Self) -> Self {
        let wide = u128::from;
        if wide(other.used) * wide(self.bytes_max) > wide(self.used) * wide(other.bytes_max) {
            other
        } else {
            self
        }
    }
}

/// Who has booked how much.
#[derive(Clone, Copy, Debug)]
pub struct Books {
    /// Everybody together, in bytes.
    pub all: u64,
    /// The tenant with the most.
    pub most: u64,
}

/// A change that a person should hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PressureChange {
    /// From now on nothing new is admitted, unless nothing is booked.
    Refuses,
    /// It is again.
    Admits,
}

/// What is to be done after one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PressureAction {
    /// Whether what is new is refused.
    pub refuse: bool,
    /// Bytes that replies are to give back by ending.
    pub excess: u64,
    /// What has changed.
    pub turn: Option<PressureChange>,
}

/// What the looks so far have come to.
#[derive(Debug, Default)]
pub struct Pressure {
    /// For how many looks nothing was admitted; `None`: it is.
    refusing: Option<u32>,
    ending: bool,
}

impl Pressure {
    /// Judges one look.
    pub fn look(&mut self, usage: Usage, books: Books) -> PressureAction {
        let before = self.refusing.is_some();
        self.refusing = match self.refusing {
            None => usage.is_above(REFUSE_PERCENT).then_some(1),
            Some(looks) => usage
                .is_above(ADMIT_PERCENT)
                .then_some(looks.saturating_add(1)),
        };
        self.ending = usage.is_above(if self.ending {
            ENOUGH_PERCENT
        } else {
            END_PERCENT
        });
        let turn = match (before, self.refusing.is_some()) {
            (false, true) => Some(PressureChange::Refuses),
            (true, false) => Some(PressureChange::Admits),
            _ => None,
        };
        PressureAction {
            // Where nothing is booked, refusing gives nothing back: it would be for ever.
            refuse: self.refusing.is_some() && books.all > 0,
            excess: self.excess(usage, books),
            turn,
        }
    }

    fn excess(&self, usage: Usage, books: Books) -> u64 {
        if self.ending {
            return usage.above(ENOUGH_PERCENT);
        }
        // No reply ends for memory of others: only where it can be the tenant with the most.
        let shut_out = self.refusing.is_some_and(|looks| looks > PATIENCE_LOOKS);
        let above = usage.above(ADMIT_PERCENT);
        if shut_out && books.most >= above {
            above
        } else {
            0
        }
    }
}

/// Whether memory is so short that nothing new is admitted, for all who admit.
#[derive(Debug, Default)]
pub struct Scarcity(AtomicBool);

impl Scarcity {
    /// From now on.
    pub fn set(&self, scarce: bool) {
        self.0.store(scarce, Ordering::Relaxed);
    }

    /// Whether what is new is to be refused.
    pub fn refuses(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOKS: Books = Books {
        all: 500,
        most: 400,
    };

    fn of_1000(used: u64) -> Usage {
        Usage {
            used,
            bytes_max: 1000,
        }
    }

    /// What is in use; whether what is new is refused, how much is to be given back, what has changed.
    #[test]
    fn refusals_and_ends_begin_and_stop_at_different_marks() {
        let steps = [
            (850, false, 0, None),
            (851, true, 0, Some(PressureChange::Refuses)),
            (840, true, 0, None),
            (921, true, 21, None),
            (915, true, 15, None),
            (900, true, 0, None),
            (915, true, 0, None),
            (820, false, 0, Some(PressureChange::Admits)),
            (830, false, 0, None),
            (2000, true, 1100, Some(PressureChange::Refuses)),
        ];
        let mut pressure = Pressure::default();
        for (used, refuse, excess, turn) in steps {
            let expected = PressureAction {
                refuse,
                excess,
                turn,
            };
            assert_eq!(pressure.look(of_1000(used), BOOKS), expected, "{used}");
        }
    }

    /// Who stays between the marks would shut out everybody else.
    #[test]
    fn after_a_second_of_refusals_room_is_made() {
        let mut pressure = Pressure::default();
        for _ in 0..PATIENCE_LOOKS {
            assert_eq!(pressure.look(of_1000(870), BOOKS).excess, 0);
        }
        assert_eq!(pressure.look(of_1000(870), BOOKS).excess, 50);
        let innocent = Books { all: 60, most: 49 };
        assert_eq!(
            pressure.look(of_1000(870), innocent).excess,
            0,
            "it cannot be theirs"
        );
    }

    #[test]
    fn memory_outside_the_books_shuts_no_query_out() {
        let empty = Books { all: 0, most: 0 };
        let mut pressure = Pressure::default();
        let verdict = pressure.look(of_1000(990), empty);
        assert!(!verdict.refuse);
        assert!(pressure.look(of_1000(990), BOOKS).refuse);
        // Once those have ended, some more are let in, a look long. It is all one episode.
        let verdict = pressure.look(of_1000(880), empty);
        assert!(!verdict.refuse && verdict.turn.is_none());
        let verdict = pressure.look(of_1000(880), BOOKS);
        assert!(verdict.refuse && verdict.turn.is_none());
    }

    #[test]
    fn the_tighter_bound_counts() {
        let group = Usage {
            used: 90,
            bytes_max: 100,
        };
        assert_eq!(of_1000(800).or_tighter(group).used, 90);
        assert_eq!(of_1000(950).or_tighter(group).used, 950);
        let boundless = Usage {
            used: u64::MAX,
            bytes_max: u64::MAX,
        };
        assert_eq!(boundless.or_tighter(boundless).used, u64::MAX);
    }
}
