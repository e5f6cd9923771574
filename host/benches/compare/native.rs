//! The baseline: axum's own server-sent events, without sandbox, limits or protocol.

use std::convert::Infallible;

use axum::{
    Router,
    response::sse::{Event, Sse},
    routing::post,
};
use futures_util::{Stream, StreamExt as _, stream};

/// Serves `POST /bot` on a free port, and prints the address.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("listening on http://{}", listener.local_addr().unwrap());
        axum::serve(listener, Router::new().route("/bot", post(answer)))
            .await
            .unwrap();
    });
}

/// The same request as the others get, the same events as they say.
async fn answer(body: String) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    let asked = body["query"][0]["content"].as_str().unwrap_or_default();
    let texts: usize = asked
        .split(' ')
        .nth(1)
        .and_then(|count| count.parse().ok())
        .unwrap_or(0);
    let text = r#"{"text": "xxxxxxxxxxxxxxxxxxxx"}"#;
    let events = stream::iter(0..texts).map(move |_| Event::default().event("text").data(text));
    let done = stream::iter([Event::default().event("done").data("{}")]);
    Sse::new(events.chain(done).map(Ok))
}
