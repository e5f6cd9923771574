//! The clocks and the chance that a guest finds: the machine's, in steps; or those of a rehearsal.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder, random::Deterministic};

use crate::imports::rehearsal::DeterministicRun;

/// Puts the clock and the chance of a rehearsal in the place of the machine's.
pub(super) fn rehearse(wasi: &mut WasiCtxBuilder, rehearsal: DeterministicRun) {
    let chance = || Deterministic::new(DeterministicRun::chance());
    wasi.wall_clock(RehearsalClock(rehearsal))
        .monotonic_clock(RehearsalClock(rehearsal))
        .secure_random(chance())
        .insecure_random(chance())
        .insecure_random_seed(0);
}

/// Lets the machine's clocks go in steps. Of a nanosecond: as they are.
pub(super) fn coarsen(wasi: &mut WasiCtxBuilder, step: Duration) {
    if step > Duration::from_nanos(1) {
        let clock = SteppedClock {
            step,
            began: Instant::now(),
        };
        wasi.wall_clock(clock).monotonic_clock(clock);
    }
}

/// Both clocks of the machine, in steps.
#[derive(Clone, Copy)]
struct SteppedClock {
    step: Duration,
    began: Instant,
}

impl SteppedClock {
    fn floor(self, time: Duration) -> Duration {
        let step = self.step.as_nanos().max(1);
        let past = time.as_nanos() % step;
        time.saturating_sub(Duration::from_nanos(u64::try_from(past).unwrap_or(0)))
    }
}

impl HostWallClock for SteppedClock {
    fn resolution(&self) -> Duration {
        self.step
    }

    fn now(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.floor(now.unwrap_or_default())
    }
}

impl HostMonotonicClock for SteppedClock {
    fn resolution(&self) -> u64 {
        nanos(self.step)
    }

    fn now(&self) -> u64 {
        nanos(self.floor(self.began.elapsed()))
    }
}

/// Both clocks of a rehearsal; it is as fine as any.
struct RehearsalClock(DeterministicRun);

impl HostWallClock for RehearsalClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0.now()
    }
}

impl HostMonotonicClock for RehearsalClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        nanos(self.0.since.elapsed())
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stepped_clock_says_whole_steps_and_goes_on() {
        let step = Duration::from_millis(1);
        let clock = SteppedClock {
            step,
            began: Instant::now(),
        };
        let first = HostMonotonicClock::now(&clock);
        while HostMonotonicClock::now(&clock) == first {
            std::hint::spin_loop();
        }
        let second = HostMonotonicClock::now(&clock);
        assert_eq!([first % 1_000_000, second % 1_000_000], [0, 0]);
        assert!(second > first);
        let wall = HostWallClock::now(&clock).subsec_nanos();
        assert_eq!(wall % 1_000_000, 0);
    }
}
