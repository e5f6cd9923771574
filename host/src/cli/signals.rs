//! What asks a program to stop: SIGTERM, Ctrl-C, and that the terminal is gone. What asks it to read its
//! files again: SIGHUP, where no terminal plays a part.

use std::{fs, io};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

/// The signals that ask a program to stop.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    /// Hears all of them from now on. A process that is to ignore that its terminal is gone
    /// (`nohup`) does not hear that.
    ///
    /// # Errors
    /// The system does not tell of signals.
    pub(super) fn listen() -> io::Result<Self> {
        let hangup = if hangups_are_ignored() {
            None
        } else {
            Some(signal(SignalKind::hangup())?)
        };
        Ok(Self {
            hangup,
            ..Self::without_hangup()?
        })
    }

    /// Hears SIGTERM and Ctrl-C from now on.
    ///
    /// # Errors
    /// The system does not tell of signals.
    pub(super) fn without_hangup() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: None,
        })
    }

    /// Waits for any of them.
    pub(super) async fn next(&mut self) {
        match &mut self.hangup {
            Some(hangup) => tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
                _ = hangup.recv() => {}
            },
            None => self.urgent().await,
        }
    }

    /// Counts them from now on, on the runtime that calls: the first of any kind, and one more that was
    /// sent on purpose.
    pub(super) fn count(mut self) -> Stops {
        let (count, stops) = watch::channel(0);
        tokio::spawn(async move {
            self.next().await;
            count.send_replace(1);
            self.urgent().await;
            count.send_replace(2);
        });
        Stops(stops)
    }

    /// Waits for one of those that are sent on purpose. When a terminal goes, more than one may say so.
    async fn urgent(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// How often a stop was asked for.
#[derive(Clone, Debug)]
pub(super) struct Stops(watch::Receiver<u8>);

impl Stops {
    /// Waits until a stop was asked for.
    pub(super) async fn once(mut self) {
        // The task that counts does so until the second.
        let _ = self.0.wait_for(|count| *count >= 1).await;
    }

    /// Waits until it was asked for again.
    pub(super) async fn twice(mut self) {
        let _ = self.0.wait_for(|count| *count >= 2).await;
    }
}

/// Each SIGHUP. Those that come while one is dealt with count as one.
pub(super) struct Hangups(Signal);

impl Hangups {
    /// Hears them from now on, before there is a runtime, and starts no thread: what comes before a task
    /// waits on one is kept.
    ///
    /// A handler is the process's own, and outlives the runtime that installs it; every later one looks at
    /// what came.
    ///
    /// # Errors
    /// The system does not tell of signals.
    pub(super) fn listen_early() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let _entered = runtime.enter();
        signal(SignalKind::hangup()).map(Self)
    }

    /// Waits for the next.
    pub(super) async fn next(&mut self) {
        self.0.recv().await;
    }
}

/// Whether SIGHUP was ignored when the process was started. Where the system does not say, it was not.
fn hangups_are_ignored() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // Signal 1 has the first bit.
    ignored.is_some_and(|mask| mask & 1 == 1)
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use rustix::process::{Signal, getpid, kill_process};

    use super::*;

    /// Before any runtime, and between two, it neither ends the process nor is lost.
    #[test]
    fn a_hangup_before_the_runtime_is_heard_on_it() {
        let mut hangups = Hangups::listen_early().unwrap();
        kill_process(getpid(), Signal::HUP).unwrap();
        let served = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let heard = hangups.next();
                tokio::time::timeout(Duration::from_mins(1), heard).await
            })
        });
        served.join().unwrap().unwrap();
    }
}
