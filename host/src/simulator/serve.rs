//! The listener of the fake platform, and its routes.

use std::{net::TcpListener, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    ask, costs,
    files::{self, FILE_BYTES_MAX, FORM_BYTES_MAX},
    stage::{Stage, refuse},
    sync,
};

/// How many callers are served at a time. One more waits to be accepted.
pub const CONNECTIONS_MAX: usize = 1000;

/// Time for the headers of a request, and for an idle connection to send the next.
const HEADER_TIME_MAX: Duration = Duration::from_secs(20);

/// Path of uploads, as the platform has it.
pub(super) const UPLOAD_PATH: &str = "/poe_api/file_upload_3RD_PARTY_POST";

/// Serves until it is dropped, and all connections with it.
pub(super) async fn serve(listener: TcpListener, stage: Arc<Stage>) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let routes = routes(stage);
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

fn routes(stage: Arc<Stage>) -> Router {
    let upload = post(files::upload).layer(DefaultBodyLimit::max(
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
        .route("/attachments/{number}/{name}", get(files::fetch))
        .fallback(|| async { refuse(http::StatusCode::NOT_FOUND, "nothing is here") })
        .with_state(stage)
}
