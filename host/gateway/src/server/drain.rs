//! The end of the process: nothing new, replies finish, or end politely; the port goes to the next process.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::{
    listen::{Acceptor, HttpServer},
    routes::{Gateway, ServerPhase},
    socket::{Port, SETTLES},
};
use crate::bots::Stop;

/// How long replies may take to say goodbye after the drain is over.
const GOODBYE: Duration = Duration::from_secs(2);

/// How often it is looked whether the next process is there.
const LOOK: Duration = Duration::from_millis(100);

/// Lets replies finish within `drain`, then ends the rest politely. When `at_once` is ready, it cuts everything.
pub(super) async fn stop_politely(
    at_once: impl Future<Output = ()>,
    gateway: &Gateway,
    mut front: HttpServer,
    stop: &Stop,
    drain: Duration,
) {
    let door = front.door();
    let port = door.port;
    let next = port.is_some_and(Port::has_another);
    gateway.set(if next {
        ServerPhase::HandingOver
    } else {
        ServerPhase::Draining
    });
    tracing::info!(
        drain_s = drain.as_secs(),
        "stopping: replies may finish; a second signal stops at once"
    );
    let politely = async {
        if next {
            hand_over(&door).await;
            gateway.set(ServerPhase::Draining);
        }
        let succeeded = async {
            next_is_there(port).await;
            door.close();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = finish(&mut front, drain, stop) => {}
            () = succeeded => {}
        }
    };
    tokio::select! {
        () = politely => {}
        () = at_once => tracing::warn!("a second signal: stopping at once"),
    }
    front.cut();
}

/// Leaves the port to the process that listens there already. A client that comes meanwhile, or has
/// a connection, is served, and told to come by another one.
async fn hand_over(door: &Acceptor) {
    tracing::info!("another process listens at the same address: it is left to that one");
    door.close();
    // The client that was accepted last has as long again to send its request.
    sleep(SETTLES * 2).await;
}

/// Waits until the next process listens; for ever, where there cannot be one.
async fn next_is_there(port: Option<Port>) {
    let Some(port) = port else {
        return std::future::pending().await;
    };
    loop {
        let looked = tokio::task::spawn_blocking(move || port.has_another()).await;
        if looked.unwrap_or(false) {
            return;
        }
        sleep(LOOK).await;
    }
}

async fn finish(front: &mut HttpServer, drain: Duration, stop: &Stop) {
    if timeout(drain, front.drained()).await.is_err() {
        stop.now();
        // A client that has not taken its last words by then does not read.
        let _ = timeout(GOODBYE, front.drained()).await;
    }
}
