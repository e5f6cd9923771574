//! The listener of the played platform, and its routes.

use std::{net::TcpListener, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{
    HeaderMap, StatusCode,
    header::{HOST, ORIGIN},
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{sync::Semaphore, task::JoinSet};
use url::{Host, Url};

use super::{
    ask, attachments, costs,
    files::FILE_BYTES_MAX,
    json_answer::refuse,
    platform::Platform,
    sync,
    upload::{FORM_BYTES_MAX, upload},
    web,
};

/// How many callers are served at a time. One more waits to be accepted.
pub const CONNECTIONS_MAX: usize = 1000;

/// Time for the headers of a request, and for an idle connection to send the next.
const HEADER_TIME_MAX: Duration = Duration::from_secs(20);

/// Path of uploads, as the platform has it.
pub(super) const UPLOAD_PATH: &str = "/poe_api/file_upload_3RD_PARTY_POST";

/// Serves until it is dropped, and all connections with it.
pub(super) async fn serve(listener: TcpListener, platform: Arc<Platform>) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let routes = routes(platform);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    loop {
        // The semaphore is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return Ok(());
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, most likely: leave time for one to be given back.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        // Every chunk leaves at once; without it, tests would measure Nagle's algorithm.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(routes.clone());
        connections.spawn(async move {
            let serving = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIME_MAX)
                .serve_connection(TokioIo::new(stream), service);
            // How it ended stands in the account of each answer.
            let _ = serving.await;
            drop(place);
        });
        while connections.try_join_next().is_some() {}
    }
}

fn routes(platform: Arc<Platform>) -> Router {
    let upload = post(upload).layer(DefaultBodyLimit::max(
        FILE_BYTES_MAX.saturating_add(FORM_BYTES_MAX),
    ));
    Router::new()
        .route("/bot/{bot}", post(ask::ask))
        .route("/bot/cost/{query}/{charge}", post(costs::charge))
        .route("/bot/fetch_settings/{bot}/{key}", post(sync::fetch))
        .route(
            "/bot/fetch_settings/{bot}/{key}/{version}",
            post(sync::fetch),
        )
        .route("/bot/update_settings/{bot}/{key}", post(sync::update))
        .route(
            "/bot/update_settings/{bot}/{key}/{version}",
            post(sync::update),
        )
        .route(UPLOAD_PATH, upload)
        .route(
            "/attachments/{number}/{name}",
            get(attachments::fetch).layer(from_fn(web::harmless)),
        )
        .route("/simulator/ledger", get(costs::show))
        .merge(web::routes(&platform))
        .fallback(|| async { refuse(StatusCode::NOT_FOUND, "nothing is here") })
        .layer(from_fn_with_state(Arc::clone(&platform), from_here))
        .with_state(platform)
}

/// Lets in what was meant for this listener: its own name stands in `Host`, and no page of another
/// site asks.
///
/// A page that the user has open could otherwise speak to it through the browser: under a name of its own
/// that leads here (DNS rebinding), or blindly from another origin.
async fn from_here(
    State(platform): State<Arc<Platform>>,
    request: Request,
    next: Next,
) -> Response {
    match foreign(request.headers(), platform.origin.port()) {
        Some(refusal) => refuse(StatusCode::FORBIDDEN, refusal).into_response(),
        None => next.run(request).await,
    }
}

/// Why a request with these headers is not answered.
fn foreign(headers: &HeaderMap, port: Option<u16>) -> Option<&'static str> {
    let header = |name| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    if !header(HOST).is_some_and(|host| is_ours(host, port)) {
        return Some(
            "the simulator answers under its own address alone: `Host` must be that of its URL",
        );
    }
    let foreign = header(ORIGIN).is_some_and(|origin| {
        let host = origin.strip_prefix("http://");
        !host.is_some_and(|host| is_ours(host, port))
    });
    foreign.then_some("pages of other sites are not answered")
}

/// Whether this is an address or the name of this machine, with the port of ours.
fn is_ours(host: &str, port: Option<u16>) -> bool {
    let Ok(url) = Url::parse(&format!("http://{host}/")) else {
        return false;
    };
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    here && url.port() == port && url.path() == "/" && url.username().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_and_this_port_are_ours() {
        for host in [
            "127.0.0.1:8081",
            "localhost:8081",
            "[::1]:8081",
            "LOCALHOST:8081",
        ] {
            assert!(is_ours(host, Some(8081)), "{host}");
        }
        for host in [
            "",
            "127.0.0.1",
            "127.0.0.1:8082",
            "example.com:8081",
            "localhost.example.com:8081",
            "10.0.0.1:8081",
            "me@127.0.0.1:8081",
            "127.0.0.1:8081/x",
        ] {
            assert!(!is_ours(host, Some(8081)), "{host}");
        }
        assert!(is_ours("127.0.0.1", None));
    }
}
