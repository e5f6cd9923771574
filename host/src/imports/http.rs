//! `wasi:http` outbound: offered so that components link, and refused.

use std::future::Future;

use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpHooks, p2::bindings::http::types::ErrorCode,
};

use super::log::BotLog;

/// Refuses every outgoing request, and says so once in the bot's log.
#[derive(Debug)]
pub struct NoOutbound {
    log: BotLog,
    said: bool,
}

impl NoOutbound {
    /// The refusal of one call; `log` is that call's.
    pub fn new(log: BotLog) -> Self {
        Self { log, said: false }
    }
}

/// The parts of a response: itself, and the work that its connection still has to do.
type Response = (
    http::Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

impl WasiHttpHooks for NoOutbound {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Response, Error>> + Send> {
        if !self.said {
            self.said = true;
            let host = super::log::escape(request.uri().host().unwrap_or("an unknown host"));
            self.log.note(&format!(
                "a request to {host} was refused: this gateway does not offer outbound HTTP"
            ));
        }
        Box::new(async { Err(ErrorCode::HttpRequestDenied.into()) })
    }
}
