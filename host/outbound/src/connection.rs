//! Connections of bots: opened within their tenant's share of descriptors, and read within bounds.
//!
//! Each counts from before its name is looked up until its socket is closed, also while it is kept for
//! the next request; one that is kept is closed where others wait. What comes before the head of an
//! answer is counted: interim answers (1xx) are read and dropped by the HTTP client, for ever if need
//! be, in no bot's budget.

mod metered;

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderValue, Method, Uri, header};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::legacy::{
        self,
        connect::{HttpConnector, capture_connection},
    },
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use reqwest::RequestBuilder;
use rustls::ClientConfig;
use tokio::time::{Instant, timeout_at};
use tower_service::Service;
use url::Url;

use self::metered::{Line, Metered, MeteredBody};
use super::{
    CONNECT_MAX, SendError,
    body::Pulse,
    error::{Lost, coded},
    resolver::Resolver,
    shares::Share,
};

/// Descriptors of a connection while it is made: where a name has addresses of both kinds, the second
/// kind is tried beside the first after a while.
const CONNECTING_DESCRIPTORS: u32 = 2;

/// Bytes of a response that wait in the HTTP client's own buffer; also the longest head.
///
/// The client's own default is six times that for each connection, which is in no bot's budget.
const BUFFER_BYTES_MAX: usize = 64 * 1024;

/// How long an unused connection is kept.
///
/// Long enough for the next question of a conversation, and half of what servers keep theirs for
/// (nginx: 75 s), so that it is seldom closed just when it is used again.
pub(super) const IDLE_MAX: Duration = Duration::from_secs(30);

/// Connections to one host that are kept while unused: as many as one query has at once.
pub(super) const IDLE_PER_HOST_MAX: usize = 8;

/// Silence on a connection after which the system asks whether the other side is there, and how often.
const KEEPALIVE: Duration = Duration::from_secs(15);

/// How often it asks in vain.
const KEEPALIVE_RETRIES: u32 = 3;

/// What is sent for a bot that does not say which compressed bodies it can read.
pub(super) const IDENTITY: HeaderValue = HeaderValue::from_static("identity");

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The HTTP client of one bot, for one kind of addresses. Clones share its connections.
#[derive(Clone)]
pub(super) struct Http {
    client: legacy::Client<Connector, reqwest::Body>,
    /// Makes requests, and sends none.
    requests: reqwest::Client,
}

impl Http {
    /// Opens nothing before the first request. `requests` makes requests and is not asked to send any.
    pub(super) fn new(
        mut tls: ClientConfig,
        resolver: Resolver,
        share: Share,
        requests: reqwest::Client,
    ) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEPALIVE));
        tcp.set_keepalive_interval(Some(KEEPALIVE));
        tcp.set_keepalive_retries(Some(KEEPALIVE_RETRIES));
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let connector = Connector {
            https: HttpsConnector::from((tcp, tls)),
            share,
        };
        let client = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_MAX)
            .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
            .http1_max_buf_size(BUFFER_BYTES_MAX)
            .build(connector);
        Self { client, requests }
    }

    /// A request that is to be made complete.
    pub(super) fn get(&self, url: Url) -> RequestBuilder {
        self.requests.get(url)
    }

    /// A request that is to be made complete.
    pub(super) fn post(&self, url: Url) -> RequestBuilder {
        self.requests.post(url)
    }

    /// Sends a request, and waits for the head of the response. `pulse` is told of the connection.
    ///
    /// # Errors
    /// What the libraries say.
    pub(super) fn execute(
        &self,
        request: reqwest::Request,
        pulse: Option<Pulse>,
    ) -> impl Future<Output = Result<reqwest::Response, Lost>> + Send + use<> {
        let request = http::Request::<reqwest::Body>::try_from(request).map(|mut request| {
            let is_head = *request.method() == Method::HEAD;
            let headers = request.headers_mut();
            let anything = HeaderValue::from_static("*/*");
            headers.entry(header::ACCEPT).or_insert(anything);
            // Without it, a server may compress as it likes (RFC 9110, 12.5.3).
            let plain = headers.entry(header::ACCEPT_ENCODING).or_insert(IDENTITY);
            let is_plain = *plain == IDENTITY && !is_head;
            let connected = pulse.map(|pulse| connected(pulse, &mut request));
            (self.client.request(request), is_plain, connected)
        });
        async move {
            let (response, is_plain, connected) = request?;
            let response = async {
                match connected {
                    None => response.await,
                    Some(connected) => tokio::join!(response, connected).0,
                }
            };
            let mut response = response.await.map_err(Lost::Unanswered)?;
            if is_plain && let Some(coding) = coded(response.status(), response.headers()) {
                return Err(Lost::Known(coding));
            }
            let line = response.extensions_mut().remove::<Line>();
            let body = |inner| reqwest::Body::wrap(MeteredBody::begin(inner, line));
            let response = response.map(body);
            Ok(response.into())
        }
    }
}

/// Tells of a request that it waits for a connection, and then that it has one; ends with that, or with the request.
fn connected(
    pulse: Pulse,
    request: &mut http::Request<reqwest::Body>,
) -> impl Future<Output = ()> + Send + use<> {
    let mut connection = capture_connection(request);
    pulse.connecting();
    async move {
        if connection.wait_for_connection_metadata().await.is_some() {
            pulse.sending();
        }
    }
}

/// Opens connections.
#[derive(Clone)]
struct Connector {
    https: HttpsConnector<HttpConnector<Resolver>>,
    share: Share,
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Metered>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<TokioIo<Metered>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let share = self.share.clone();
        // Nothing is done before the first poll.
        let connecting = self.https.call(uri);
        Box::pin(async move {
            let until = Instant::now() + CONNECT_MAX;
            let taken = timeout_at(until, share.take(CONNECTING_DESCRIPTORS)).await;
            let mut held = taken.map_err(|_| SendError::NoConnectionFree)?;
            let connected = timeout_at(until, connecting).await;
            let stream = connected.map_err(|_| SendError::ConnectTimeout)??;
            held.keep(1);
            Ok(TokioIo::new(Metered::new(stream, held, share)))
        })
    }
}
