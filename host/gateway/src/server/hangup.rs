//! What SIGHUP asks for: a stop, or that everything is read again.

use std::{io, net::SocketAddr, sync::Arc};

use super::{
    Options,
    signals::{Hangups, Signals},
};
use crate::bots::deployment::Deployment;

/// Hears what asks for a stop from now on, and what asks to read everything again.
pub(super) fn hear(options: &Options) -> io::Result<(Signals, Option<Hangups>)> {
    if options.reload.is_none() {
        return Ok((Signals::listen()?, None));
    }
    Ok((Signals::without_hangup()?, Some(Hangups::listen()?)))
}

/// Has everything read again as often as that is asked for. Never returns.
pub(super) async fn reload(
    hangups: Option<Hangups>,
    options: &Options,
    deployment: &Arc<Deployment>,
    address: SocketAddr,
) {
    let (Some(mut hangups), Some(reload)) = (hangups, &options.reload) else {
        return std::future::pending().await;
    };
    loop {
        hangups.next().await;
        let (reload, deployment) = (Arc::clone(reload), Arc::clone(deployment));
        let reloaded = tokio::task::spawn_blocking(move || reload(&deployment, address)).await;
        if let Err(error) = reloaded {
            tracing::error!(%error, "reading everything again was cut short; what ran before goes on");
        }
    }
}
