//! The author's loop while it runs, and how to end it.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use crate::cli::build::Interrupt;

/// How long the thread may take to end, after all that it runs was killed.
const END_MAX: Duration = Duration::from_secs(5);

/// The running loop. To be ended before the process does.
pub(in crate::cli) struct Running {
    pub(super) stop: Arc<dyn Fn() + Send + Sync>,
    pub(super) interrupt: Arc<Interrupt>,
    pub(super) ended: Receiver<()>,
}

impl Running {
    /// Ends the loop with all that it runs, and waits for it.
    pub(in crate::cli) fn end(&self) {
        (self.stop)();
        self.interrupt.kill();
        if let Err(RecvTimeoutError::Timeout) = self.ended.recv_timeout(END_MAX) {
            tracing::warn!("a build has left a program behind that cannot be ended");
        }
    }
}
