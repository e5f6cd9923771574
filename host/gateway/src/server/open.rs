//! The addresses that a process has, and what serves there.

use std::{io, net::SocketAddr, sync::Arc};

use super::{
    listen::{Crowd, HttpServer},
    problem,
    routes::{self, Gateway},
    socket::Entrance,
};
use crate::telemetry::Metrics;
use ravenry_base::report::Problems;

/// Scrapers are few, and count in no part of the descriptors.
const METRICS_CONNECTIONS: u32 = 16;

/// Addresses that were taken, where no request is answered yet.
pub struct Listeners {
    pub(super) bots: Bound,
    /// Where metrics are, if there are any.
    pub(super) metrics: Option<Bound>,
}

/// One of them.
pub(super) struct Bound {
    pub(super) entrance: Entrance,
    pub(super) address: SocketAddr,
}

impl Listeners {
    /// Takes an address for bots, such as `127.0.0.1:8080`, and one for metrics, if there is to be one. Port 0
    /// takes a free one.
    ///
    /// `shared`: both may be those of another process of the same user, which does so as well: the one before
    /// this one, or the next.
    ///
    /// # Errors
    /// Which address cannot be had, why, and what to do.
    pub fn bind(bots: &str, metrics: Option<&str>, shared: bool) -> Result<Self, Problems> {
        let bots = bind("bots", bots, shared)?;
        let metrics = metrics.map(|address| bind("metrics", address, shared));
        Ok(Self {
            bots,
            metrics: metrics.transpose()?,
        })
    }
}

/// Takes an address, for something.
fn bind(what: &str, address: &str, shared: bool) -> Result<Bound, Problems> {
    let bound = Entrance::at(address, shared).and_then(|entrance| {
        let address = entrance.address()?;
        Ok(Bound { entrance, address })
    });
    let bound = bound.map_err(|error| failed(what, address, &error))?;
    if matches!(bound.entrance, Entrance::Beside(_)) {
        tracing::warn!(
            address = %bound.address,
            "another process listens there for {what}: until it is stopped, what comes is divided between both"
        );
    }
    Ok(bound)
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

/// Serves bots to the clients that come in there.
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

/// Serves metrics: where they are, and what serves them.
pub(super) fn serve_metrics(
    Bound { entrance, address }: Bound,
    recorder: Metrics,
) -> Result<(String, HttpServer), Problems> {
    let answer = move |request, seat| routes::metrics(recorder.clone(), request, seat);
    let front = HttpServer::start(entrance, METRICS_CONNECTIONS, None, answer);
    let front = front.map_err(|error| problem("metrics cannot be served".to_owned(), &error, None));
    Ok((format!("http://{address}/metrics"), front?))
}
