//! What a process has of the world around it: signals, addresses, and who serves there.

use std::{io, net::SocketAddr, sync::Arc};

use super::{
    Options, hangup,
    listen::{Crowd, HttpServer},
    problem,
    routes::{self, Gateway},
    signals::{Hangups, Signals},
    socket::Entrance,
};
use crate::telemetry::Metrics;
use ravenry_base::report::Problems;

/// Scrapers are few, and in nobody's part of the descriptors.
const METRICS_CONNECTIONS: u32 = 16;

/// What comes from outside.
pub(super) struct Listeners {
    pub(super) signals: Signals,
    pub(super) hangups: Option<Hangups>,
    /// Where bots are.
    pub(super) entrance: Entrance,
    /// The same as an address.
    pub(super) address: SocketAddr,
    /// Where metrics are, if there are any.
    pub(super) metrics: Option<Scraped>,
}

/// What scrapers read, and where.
pub(super) struct Scraped {
    entrance: Entrance,
    address: SocketAddr,
    recorder: Metrics,
}

impl Listeners {
    /// Hears signals, and takes the addresses, from now on.
    pub(super) fn open(options: &Options) -> Result<Self, Problems> {
        let heard = hangup::hear(options);
        let (signals, hangups) =
            heard.map_err(|error| problem("signals cannot be heard".to_owned(), &error, None))?;
        let (entrance, address) = bind("bots", &options.listen, options.shared)?;
        let metrics = options.metrics_listen.as_deref();
        let metrics = metrics.map(|address| bind("metrics", address, options.shared));
        let metrics = metrics.transpose()?;
        let recorder = Metrics::install()
            .map_err(|error| problem("metrics cannot be kept".to_owned(), &error, None))?;
        Ok(Self {
            signals,
            hangups,
            entrance,
            address,
            metrics: metrics.map(|(entrance, address)| Scraped {
                entrance,
                address,
                recorder,
            }),
        })
    }
}

/// Takes an address, for something.
fn bind(what: &str, address: &str, shared: bool) -> Result<(Entrance, SocketAddr), Problems> {
    let bound = Entrance::at(address, shared).and_then(|entrance| {
        let address = entrance.address()?;
        Ok((entrance, address))
    });
    let (entrance, address) = bound.map_err(|error| failed(what, address, &error))?;
    if matches!(entrance, Entrance::Beside(_)) {
        tracing::warn!(
            %address,
            "another process listens there for {what}: until it is stopped, what comes is divided between both"
        );
    }
    Ok((entrance, address))
}

fn failed(what: &str, address: &str, error: &io::Error) -> Problems {
    let hint = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there: stop it, or choose another address (port 0 takes a free one)"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need privileges: choose another, such as 8080"
        }
        _ => "an address looks like 127.0.0.1:8080",
    };
    problem(
        format!("cannot listen on `{address}` for {what}"),
        error,
        Some(hint),
    )
}

/// Serves bots to whoever comes in there.
pub(super) fn serve_bots(
    entrance: Entrance,
    most: u32,
    crowd: &Crowd,
    gateway: &Arc<Gateway>,
) -> Result<HttpServer, Problems> {
    let gateway = Arc::clone(gateway);
    let answer = move |request, seat| routes::serve(Arc::clone(&gateway), request, seat);
    let front = HttpServer::start(entrance, most, Some(crowd.clone()), answer);
    front.map_err(|error| problem("bots cannot be served".to_owned(), &error, None))
}

impl Scraped {
    /// Where metrics are, and who serves them.
    pub(super) fn serve(self) -> Result<(String, HttpServer), Problems> {
        let Self {
            entrance,
            address,
            recorder,
        } = self;
        let answer = move |request, seat| routes::metrics(recorder.clone(), request, seat);
        let front = HttpServer::start(entrance, METRICS_CONNECTIONS, None, answer);
        let front =
            front.map_err(|error| problem("metrics cannot be served".to_owned(), &error, None));
        Ok((format!("http://{address}/metrics"), front?))
    }
}
