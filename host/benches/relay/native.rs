//! What the gateway is measured with: another bot, and a plain reverse proxy in front of it.

use std::iter::repeat_n;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::header::CONTENT_TYPE,
    response::Response,
    routing::post,
    serve::ListenerExt as _,
};
use futures_util::{Stream, StreamExt as _, stream};

/// The bot that sends each event in a chunk of its own, as bots do.
pub(crate) const SINGLE: &str = "helper";
/// The bot that sends many events in a chunk.
pub(crate) const PACKED: &str = "other";
/// The bot that says one event, and then nothing for ever.
pub(crate) const WAITING: &str = "myself";

/// Events of one reply.
pub(crate) const TEXTS: usize = 1_000;

/// Events in a chunk of [`PACKED`]: some 6 KB.
const PACK: usize = 100;

const TEXT: &str = "event: text\ndata: {\"text\": \"xxxxxxxxxxxxxxxxxxxx\"}\n\n";
const DONE: &str = "event: done\ndata: {}\n\n";

/// Serves `POST /bot/NAME` as the platform does, for three names.
pub(crate) fn upstream() {
    serve(Router::new().route("/bot/{name}", post(answer)));
}

async fn answer(Path(name): Path<String>, _question: Bytes) -> Response {
    match name.as_str() {
        WAITING => {
            let said = stream::iter([Bytes::from_static(TEXT.as_bytes())]);
            events(said.chain(stream::pending()))
        }
        PACKED => events(whole(&TEXT.repeat(PACK), TEXTS / PACK)),
        _ => events(whole(TEXT, TEXTS)),
    }
}

fn whole(chunk: &str, times: usize) -> impl Stream<Item = Bytes> + use<> {
    let chunks = repeat_n(Bytes::copy_from_slice(chunk.as_bytes()), times);
    stream::iter(chunks.chain([Bytes::from_static(DONE.as_bytes())]))
}

fn events(chunks: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let chunks = chunks.map(Ok::<_, std::convert::Infallible>);
    Response::builder()
        .header(CONTENT_TYPE, "text/event-stream")
        .body(Body::from_stream(chunks))
        .unwrap()
}

/// Serves `POST /bot` by asking the same of another address.
pub(crate) fn proxy(upstream: String) {
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let client = reqwest::Client::new();
    let router = Router::new().route("/bot", post(pass));
    serve(router.with_state((client, upstream)));
}

async fn pass(
    State((client, upstream)): State<(reqwest::Client, String)>,
    question: Bytes,
) -> Response {
    let request = client.post(upstream);
    let request = request.header(CONTENT_TYPE, "application/json");
    let answer = request.body(question).send().await.unwrap();
    Response::builder()
        .status(answer.status())
        .header(CONTENT_TYPE, answer.headers()[CONTENT_TYPE].clone())
        .body(Body::from_stream(answer.bytes_stream()))
        .unwrap()
}

fn serve(router: Router) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("listening on http://{}", listener.local_addr().unwrap());
        // As the gateway does: else the last bytes of a reply wait for the other side's delayed
        // acknowledgement.
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        axum::serve(listener, router).await.unwrap();
    });
}
