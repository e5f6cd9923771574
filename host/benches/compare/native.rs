//! The baselines: axum's own server-sent events, without sandbox, limits or protocol; and the same
//! bytes in one piece, for what streaming itself costs.

use std::convert::Infallible;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::header::CONTENT_TYPE,
    response::{
        IntoResponse,
        sse::{Event, Sse},
    },
    routing::post,
    serve::ListenerExt as _,
};
use futures_util::{Stream, StreamExt as _, stream};

const TEXT: &str = r#"{"text": "xxxxxxxxxxxxxxxxxxxx"}"#;

/// Serves `POST /bot` and `POST /whole` on a free port, and prints the address.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("listening on http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/bot", post(answer))
            .route("/whole", post(answer_whole))
            .layer(DefaultBodyLimit::disable());
        // As the gateway does: else the last bytes of a long reply wait 40 ms for the other side's
        // delayed acknowledgement.
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        axum::serve(listener, router).await.unwrap();
    });
}

/// The same request as the others get, the same events as they say.
async fn answer(body: String) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let texts = texts(&body);
    let events = stream::iter(0..texts).map(|_| Event::default().event("text").data(TEXT));
    let done = stream::iter([Event::default().event("done").data("{}")]);
    Sse::new(events.chain(done).map(Ok))
}

async fn answer_whole(body: String) -> impl IntoResponse {
    let mut reply = format!("event: text\ndata: {TEXT}\n\n").repeat(texts(&body));
    reply.push_str("event: done\ndata: {}\n\n");
    ([(CONTENT_TYPE, "text/event-stream")], reply)
}

/// How many texts the last message asks for.
fn texts(body: &str) -> usize {
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let last = body["query"]
        .as_array()
        .and_then(|messages| messages.last());
    let asked = last.and_then(|message| message["content"].as_str());
    let count = asked.and_then(|asked| asked.split(' ').nth(1));
    count.and_then(|count| count.parse().ok()).unwrap_or(0)
}
