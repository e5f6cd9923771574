//! Paths to handlers. One handler serves every bot: which bot it is, the table says.

use std::{
    borrow::Cow,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use axum::response::{IntoResponse, Response as AnyResponse};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, request::Parts};
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    Options, add_document,
    auth::{self, guesses::Guesses},
    body::ResponseBody,
    bot_page,
    head::{self, visitor},
    listen::Crowd,
    record::{Recorder, Watch},
    reject::Reject,
    request_body::Intake,
    seat::Seat,
    show,
};
use crate::{
    bots::{
        Bot, Registry, Stop,
        reply::{self, Reply},
        requests,
    },
    imports::request::Received,
    store::SharedStore,
    telemetry::Metrics,
};
use ravenry_protocol::{Reference, decode::Decoded, encode, request::Request as Asked};

/// Where the process is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum ServerPhase {
    /// Bots answer, and some are still being compiled.
    Starting,
    /// All bots answer.
    Ready,
    /// They do, and each client is told to ask the next process the next time.
    HandingOver,
    /// Replies may finish; no more are taken.
    Draining,
}

/// What the handlers share.
pub(super) struct Gateway {
    registry: Arc<Registry>,
    store: SharedStore,
    stop: Stop,
    phase: AtomicU8,
    intake: Intake,
    recorder: Option<Recorder>,
    guesses: Guesses,
    at_desk: bool,
    shows_store: bool,
    /// What is charged for requests that are turned away: they share one place beside the tenants.
    crowd: Crowd,
}

impl Gateway {
    /// In phase [`ServerPhase::Starting`].
    pub(super) fn new(
        (registry, store): (Arc<Registry>, SharedStore),
        stop: Stop,
        intake: Intake,
        options: &Options,
        crowd: Crowd,
    ) -> Arc<Self> {
        Arc::new(Self {
            registry,
            store,
            stop,
            phase: AtomicU8::new(ServerPhase::Starting as u8),
            intake,
            recorder: options.recorder.clone(),
            guesses: Guesses::new(),
            at_desk: options.at_desk,
            shows_store: options.shows_store,
            crowd,
        })
    }

    /// Enters a phase.
    pub(super) fn set(&self, phase: ServerPhase) {
        self.phase.store(phase as u8, Ordering::SeqCst);
    }

    /// Enters [`ServerPhase::Ready`], unless the process stops already: then there is nothing to be said.
    pub(super) fn complete(&self) {
        let (from, to) = (ServerPhase::Starting as u8, ServerPhase::Ready as u8);
        let order = Ordering::SeqCst;
        let _ = self.phase.compare_exchange(from, to, order, order);
    }

    fn is(&self, phase: ServerPhase) -> bool {
        self.phase.load(Ordering::SeqCst) == phase as u8
    }

    /// What the process says of itself; how many bots are not as their files say, but not which: every
    /// client may ask.
    /// A store that is away is no reason to ask elsewhere: bots that keep nothing answer.
    async fn readiness(&self) -> (StatusCode, Value) {
        let answers = self.store.answers().await;
        let (status, word) = self.phase();
        let mut said = vec![("status", json!(word))];
        if !answers {
            said.push(("store", json!("unavailable")));
        }
        let table = self.registry.table();
        let counts = [("refused", table.refused()), ("former", table.former())];
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        said.extend(counts.map(|(name, count)| (name, json!(count))));
        (status, said.into_iter().collect())
    }

    fn phase(&self) -> (StatusCode, &'static str) {
        if self.is(ServerPhase::Ready) {
            (StatusCode::OK, "ready")
        } else if self.is(ServerPhase::Draining) || self.is(ServerPhase::HandingOver) {
            (StatusCode::SERVICE_UNAVAILABLE, "draining")
        } else {
            (StatusCode::SERVICE_UNAVAILABLE, "starting")
        }
    }

    /// A request that is for no bot, or may not ask it: it is no tenant's work.
    fn turned_away(&self, seat: &Seat) {
        self.crowd.compute.asked(&self.crowd.unattributed);
        seat.belongs_to(&self.crowd.unattributed);
    }

    /// What a client is told that has no key, or, after a while perhaps, that has a wrong one.
    async fn shut_out(&self, headers: &HeaderMap, seat: &Seat) -> Reject {
        self.turned_away(seat);
        if !headers.contains_key(header::AUTHORIZATION) {
            return Reject::Unauthorized;
        }
        let Some(wait) = self.guesses.wrong(seat.peer(), Instant::now()) else {
            return Reject::Guesses;
        };
        if !wait.is_zero() {
            // At a stop it is told at once.
            let _ = seat.unless_leaving(sleep(wait)).await;
        }
        Reject::Unauthorized
    }

    /// Whether a web page of another site asks what listens for its author.
    fn is_foreign(&self, host: &str, parts: &Parts, seat: &Seat) -> bool {
        let authority = head::authority(&parts.uri, &parts.headers);
        self.at_desk
            && seat.peer().to_canonical().is_loopback()
            && visitor::is_foreign(host, authority, &parts.headers)
    }
}

/// Answers a request that came to the public listener.
pub(super) async fn serve(
    gateway: Arc<Gateway>,
    request: Request<Incoming>,
    seat: Arc<Seat>,
) -> Result<Response<ResponseBody>, Infallible> {
    let about_itself = match request.uri().path() {
        "/healthz" => Some((StatusCode::OK, json!({ "status": "alive" }))),
        "/readyz" => Some(gateway.readiness().await),
        _ => None,
    };
    let mut response = match about_itself {
        Some(found) => status(&request, found)
            .into_response()
            .map(|body| ResponseBody::page(body, Arc::clone(&seat))),
        // A connection keeps the place of this future as long as it is open: what is large goes when it is over.
        None => match Box::pin(answer(&gateway, request, &seat)).await {
            Ok(Found::Reply { reply, watch }) => stream(ResponseBody::reply(reply, watch, seat)),
            Ok(Found::Page(page)) => page.map(|body| ResponseBody::page(body, seat)),
            Err(reject) => {
                if matches!(
                    reject,
                    Reject::NoBot { .. } | Reject::Host(_) | Reject::Foreign
                ) {
                    gateway.turned_away(&seat);
                }
                reject
                    .into_response()
                    .map(|body| ResponseBody::page(body, seat))
            }
        },
    };
    if gateway.is(ServerPhase::HandingOver) || gateway.is(ServerPhase::Draining) {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    Ok(response)
}

/// Answers a request that came to the metrics listener.
pub(super) async fn metrics(
    recorder: Metrics,
    request: Request<Incoming>,
    seat: Arc<Seat>,
) -> Result<Response<ResponseBody>, Infallible> {
    let text = "text/plain; version=0.0.4; charset=utf-8";
    let text = [(header::CONTENT_TYPE, HeaderValue::from_static(text))];
    let page = if let Err(reject) = read_head(&request) {
        reject.into_response()
    } else if request.uri().path() != "/metrics" {
        StatusCode::NOT_FOUND.into_response()
    } else if !is_read(request.method()) {
        StatusCode::METHOD_NOT_ALLOWED.into_response()
    } else {
        match recorder.render().await {
            Some(page) => (text, page).into_response(),
            None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    };
    Ok(page.map(|body| ResponseBody::page(body, seat)))
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn read_head(request: &Request<Incoming>) -> Result<Cow<'_, str>, Reject> {
    head::read(request.version(), request.uri(), request.headers())
}

fn status(
    request: &Request<Incoming>,
    (status, said): (StatusCode, Value),
) -> Result<AnyResponse, Reject> {
    read_head(request)?;
    if is_read(request.method()) {
        Ok((status, axum::Json(said)).into_response())
    } else {
        Err(Reject::Method)
    }
}

/// What a request for a bot comes to.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are replies: a box would cost each of them an allocation"
)]
enum Found {
    Reply { reply: Reply, watch: Option<Watch> },
    Page(AnyResponse),
}

/// Every request that is for a bot.
async fn answer(
    gateway: &Gateway,
    request: Request<Incoming>,
    seat: &Seat,
) -> Result<Found, Reject> {
    let arrived = Instant::now();
    let (mut parts, body) = request.into_parts();
    let (bot, is_adding) = find(gateway, &parts, seat)?;
    match parts.method {
        Method::POST => {}
        _ if is_adding => return Err(Reject::Method),
        Method::GET | Method::HEAD => return Ok(Found::Page(bot_page::page(&bot))),
        _ => return Err(Reject::Method),
    }
    let Some(authorized) = auth::authorize(&bot, &parts.headers) else {
        bot.metrics.unauthorized();
        return Err(gateway.shut_out(&parts.headers, seat).await);
    };
    seat.is_for(&bot)?;
    if gateway.is(ServerPhase::Draining) {
        return Err(Reject::Stopping);
    }
    head::plain(&parts.headers)?;
    if is_adding {
        let incoming = (&gateway.intake, body);
        let added = add_document::answer(incoming, &bot, authorized, seat).await;
        return added.map(Found::Page);
    }
    let (decoded, memory) = gateway.intake.take(body, &bot, seat).await?;
    let Decoded {
        request,
        raw,
        repaired,
    } = decoded;
    let reference = Reference::unique();
    if repaired {
        tell_of_repair(&bot, reference);
    }
    let shows_store = gateway.shows_store && show::takes_store(&mut parts, seat);
    let received = Received::arrived(raw, parts.headers, reference, memory);
    match request {
        Asked::Query(query) => {
            let recorder = gateway.recorder.as_ref();
            let watch = recorder.map(|recorder| Watch::new(recorder, &bot, received.raw()));
            let circumstances = watch.as_ref().map(Watch::circumstances);
            let mut circumstances = circumstances.unwrap_or_default();
            if shows_store {
                circumstances = circumstances.showing_store();
            }
            let stop = gateway.stop.clone();
            let (query, who) = (*query, authorized);
            let reply = reply::start(bot, who, query, received, circumstances, stop, arrived);
            Ok(Found::Reply { reply, watch })
        }
        Asked::Settings => {
            seat.watches(true);
            let settings = requests::settings(&bot, authorized, received).await;
            settings
                .map(|settings| Found::Page(json_response(settings)))
                .map_err(|error| failed(&bot, error, reference))
        }
        Asked::Report(report) => {
            seat.watches(true);
            match requests::report(&bot, authorized, received, report).await {
                Ok(()) => Ok(Found::Page(json_response(b"{}".to_vec()))),
                Err(error) => Err(failed(&bot, error, reference)),
            }
        }
    }
}

/// The bot at the path of this request, and whether documents for it are what comes. The query string plays no part.
fn find(gateway: &Gateway, parts: &Parts, seat: &Seat) -> Result<(Arc<Bot>, bool), Reject> {
    let host = head::read(parts.version, &parts.uri, &parts.headers)?;
    let path = parts.uri.path();
    let table = gateway.registry.table();
    let is_foreign = || gateway.is_foreign(&host, parts, seat);
    let adds_to = || {
        let route = path.strip_suffix(add_document::SUFFIX)?;
        table.find(&host, if route.is_empty() { "/" } else { route })
    };
    let found = table.find(&host, path).map(|bot| (bot, false));
    match found.or_else(|| adds_to().map(|bot| (bot, true))) {
        Some((bot, _)) if bot.keys() == 0 && is_foreign() => Err(Reject::Foreign),
        Some((bot, is_adding)) => Ok((Arc::clone(bot), is_adding)),
        None => {
            // Which paths there are is the business of their authors.
            let tells = gateway.at_desk && !is_foreign();
            let nearest = tells.then(|| table.nearest(&host, path)).flatten();
            Err(Reject::NoBot {
                nearest: nearest.map(str::to_owned),
            })
        }
    }
}

fn stream(body: ResponseBody) -> Response<ResponseBody> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(encode::CONTENT_TYPE),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

fn json_response(body: Vec<u8>) -> AnyResponse {
    (
        [(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        )],
        body,
    )
        .into_response()
}

/// Logs that a request was not as it should be.
fn tell_of_repair(bot: &Bot, reference: Reference) {
    tracing::warn!(
        tenant = bot.tenant.as_str(), bot = bot.name.as_str(), %reference,
        "the request was not strict JSON and was repaired (comments, trailing commas, half a character, \
         or a number out of range)"
    );
}

/// Logs why a call failed; the caller is told less.
fn failed(bot: &Bot, error: requests::CallError, reference: Reference) -> Reject {
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    let cause = cause.as_ref().map(|cause| bot.mask().mask(cause));
    let cause = cause.as_deref();
    tracing::warn!(tenant = bot.tenant.as_str(), bot = bot.name.as_str(), %reference, %error, cause, "a call failed");
    Reject::Call(error, reference)
}
