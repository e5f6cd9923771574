//! How long a thread has computed: other work on the machine does not make a text shorter.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// A beginning, from which computing time is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    begun: Duration,
    most: Duration,
}

impl Effort {
    /// Begins now, on this thread.
    pub(crate) fn up_to(most: Duration) -> Self {
        let begun = computed();
        Self { begun, most }
    }

    /// Whether this thread has computed for longer than it may.
    pub(crate) fn is_over(self) -> bool {
        computed().saturating_sub(self.begun) > self.most
    }
}

fn computed() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanos)
}
