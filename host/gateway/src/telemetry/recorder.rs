//! The metrics of the process, looked after by a thread of its own.
//!
//! The exporter keeps each sample of a histogram until it is asked to count them into buckets:
//! about 80 bytes for each reply. So this thread asks, whether or not there is a scraper. It renders
//! the page as well, which takes tens of milliseconds where there are a thousand bots: no thread
//! that serves does that, and never are two pages rendered at once.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use bytes::Bytes;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::sync::oneshot;

use super::TelemetryError;
use crate::metrics;

/// How often samples are counted into buckets.
///
/// At 40,000 replies a second, more than two cores carry, 7 MB wait at most. A round takes about a
/// microsecond for each histogram.
const UPKEEP_EVERY: Duration = Duration::from_secs(2);

/// Scrapes that may wait for the page. As many as there may be connections for them.
const SCRAPES_MAX: usize = 64;

/// A scraper that waits for the page.
type Scrape = oneshot::Sender<Bytes>;

/// What keeps and renders the metrics. The last clone ends their thread, so that the server has one
/// to the end, also where nothing may scrape.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Keeper>);

#[derive(Debug)]
struct Keeper {
    /// `None` once it is over.
    scrapes: Option<SyncSender<Scrape>>,
    thread: Option<JoinHandle<()>>,
}

impl Metrics {
    /// Installs the recorder. Only once per process.
    pub fn install() -> Result<Self, TelemetryError> {
        let installed = builder().and_then(PrometheusBuilder::install_recorder);
        let handle = installed.map_err(|error| TelemetryError::Taken(error.to_string()))?;
        metrics::describe();
        metrics::dropped_log_lines(0);
        Self::keep(handle, UPKEEP_EVERY)
    }

    fn keep(handle: PrometheusHandle, upkeep_every: Duration) -> Result<Self, TelemetryError> {
        let (scrapes, waiting) = sync_channel(SCRAPES_MAX);
        let thread = thread::Builder::new()
            .name("metrics".to_owned())
            .spawn(move || look_after(&handle, &waiting, upkeep_every))
            .map_err(TelemetryError::Thread)?;
        Ok(Self(Arc::new(Keeper {
            scrapes: Some(scrapes),
            thread: Some(thread),
        })))
    }

    /// The text that Prometheus scrapes; `None` where too many ask at once.
    pub async fn render(&self) -> Option<Bytes> {
        let (scrape, page) = oneshot::channel();
        self.0.scrapes.as_ref()?.try_send(scrape).ok()?;
        page.await.ok()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.scrapes = None;
        if let Some(thread) = self.thread.take() {
            // It cannot have failed in a way that concerns the thread that drops it.
            let _ = thread.join();
        }
    }
}

/// Counts samples and renders pages until none can be asked for any more.
fn look_after(handle: &PrometheusHandle, scrapes: &Receiver<Scrape>, upkeep_every: Duration) {
    loop {
        let first = match scrapes.recv_timeout(upkeep_every) {
            Ok(first) => Some(first),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let waiting: Vec<Scrape> = first
            .into_iter()
            .chain(scrapes.try_iter())
            .filter(|scrape| !scrape.is_closed())
            .collect();
        if waiting.is_empty() {
            handle.run_upkeep();
            continue;
        }
        // Rendering counts the samples too. All scrapes that came before it began share the page.
        let page = Bytes::from(handle.render());
        for scrape in waiting {
            // A scraper that has left needs none.
            let _ = scrape.send(page.clone());
        }
    }
}

/// With the buckets of our histograms.
fn builder() -> Result<PrometheusBuilder, BuildError> {
    let seconds = Matcher::Suffix("_seconds".to_owned());
    let bytes = Matcher::Suffix("_memory_bytes".to_owned());
    PrometheusBuilder::new()
        .set_buckets_for_metric(seconds, &metrics::SECONDS_BUCKETS)?
        .set_buckets_for_metric(bytes, &metrics::BYTES_BUCKETS)
}

#[cfg(test)]
mod tests;
