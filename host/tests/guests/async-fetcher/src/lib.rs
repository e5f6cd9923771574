//! The bot `fetcher` in the world `bot-async`, with requests of WASI 0.3: does what the steps of the
//! last message say, a JSON list of lists of texts. What goes wrong is said as `error: CODE`.
//!
//! - `request METHOD URL`: begins a request; `header NAME VALUE`: adds a header; `bearer VARIABLE`:
//!   one with what is in the environment;
//! - `send`: sends it; `write TEXT`: writes to its body; `finish`: ends that;
//! - `head`: waits for the response and says its status; `show NAME`: says one of its headers;
//! - `read`: says the next chunk of its body; `rest`: says all that is left;
//! - `say TEXT`: says it; `trap`: stops in the middle.

mod bindings {
    #![allow(missing_docs, clippy::all, reason = "generated from the WIT")]
    wit_bindgen::generate!({
        path: ["../../../../wit", "wit"],
        world: "ravenry:async-fetcher/fetcher",
        generate_all,
    });
}

use std::pin::Pin;

use bindings::{
    exports::ravenry::bot::handler_async::Guest,
    ravenry::bot::{
        reply,
        types::{BotSettings, ErrorReport, Failure, Feedback, Query, Reaction},
    },
    wasi::http::{
        client,
        types::{ErrorCode, Fields, Method, Request, Response, Scheme, Trailers},
    },
    wit_future, wit_stream,
};
use futures_lite::future;
use wit_bindgen::{FutureWriter, StreamReader, StreamResult, StreamWriter};

struct Bot;

bindings::export!(Bot with_types_in bindings);

type Sent = Pin<Box<dyn Future<Output = Result<Response, ErrorCode>>>>;

/// A request on its way.
#[derive(Default)]
struct Exchange {
    method: String,
    url: String,
    headers: Option<Fields>,
    body: Option<StreamWriter<u8>>,
    trailers: Option<FutureWriter<Result<Option<Trailers>, ErrorCode>>>,
    sent: Option<Sent>,
    shown: Option<Fields>,
    reader: Option<StreamReader<u8>>,
}

/// Bytes that one read takes at most.
const READ_BYTES_MAX: usize = 4096;

fn say(text: &str) {
    let _ = reply::text(text);
}

fn debug(error: impl std::fmt::Debug) -> String {
    format!("{error:?}")
}

impl Exchange {
    async fn send(&mut self) -> Result<(), String> {
        let (body, contents) = wit_stream::new();
        let (trailers, after) = wit_future::new(|| Ok(None));
        let headers = self.headers.take().unwrap_or_default();
        let (request, _) = Request::new(headers, Some(contents), after, None);
        let method = match self.method.as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            other => Method::Other(other.to_owned()),
        };
        let (scheme, rest) = self.url.split_once("://").ok_or("no scheme")?;
        let scheme = match scheme {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => Scheme::Other(other.to_owned()),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let wrong = |()| "the request makes no sense".to_owned();
        request.set_method(&method).map_err(wrong)?;
        request.set_scheme(Some(&scheme)).map_err(wrong)?;
        request.set_authority(Some(authority)).map_err(wrong)?;
        request
            .set_path_with_query(Some(&format!("/{path}")))
            .map_err(wrong)?;
        let mut sent: Sent = Box::pin(client::send(request));
        // It is on its way from the first look on; what it says is heard by `head`.
        if let Some(early) = future::poll_once(&mut sent).await {
            sent = Box::pin(future::ready(early));
        }
        self.sent = Some(sent);
        (self.body, self.trailers) = (Some(body), Some(trailers));
        Ok(())
    }

    fn header(&mut self, name: &str, value: &str) -> Result<(), String> {
        let headers = self.headers.get_or_insert_default();
        headers.append(name, value.as_bytes()).map_err(debug)
    }

    async fn write(&mut self, text: &str) -> Result<(), String> {
        let body = self.body.as_mut().ok_or("there is no body to write")?;
        let left = body.write_all(text.as_bytes().to_vec()).await;
        if left.is_empty() {
            Ok(())
        } else {
            Err("closed".to_owned())
        }
    }

    async fn finish(&mut self) {
        self.body = None;
        if let Some(trailers) = self.trailers.take() {
            let _ = trailers.write(Ok(None)).await;
        }
    }

    async fn head(&mut self) -> Result<(), String> {
        let sent = self.sent.take().ok_or("nothing was sent")?;
        let response = sent.await.map_err(debug)?;
        say(&format!("{}\n", response.get_status_code()));
        self.shown = Some(response.get_headers());
        let (heard, told) = wit_future::new(|| Ok(()));
        drop(heard);
        let (reader, _) = Response::consume_body(response, told);
        self.reader = Some(reader);
        Ok(())
    }

    fn show(&self, name: &str) {
        let values = self.shown.as_ref().map(|headers| headers.get(name));
        for value in values.into_iter().flatten() {
            say(&format!("{name}: {}\n", String::from_utf8_lossy(&value)));
        }
    }

    /// Says the next chunk; `false` after the last one.
    async fn read(&mut self) -> Result<bool, String> {
        let reader = self.reader.as_mut().ok_or("there is no body to read")?;
        let (result, bytes) = reader.read(Vec::with_capacity(READ_BYTES_MAX)).await;
        say(&String::from_utf8_lossy(&bytes));
        Ok(matches!(result, StreamResult::Complete(_)))
    }

    async fn step(&mut self, step: &[&str]) -> Result<(), String> {
        match *step {
            ["request", method, url] => {
                *self = Self {
                    method: method.to_owned(),
                    url: url.to_owned(),
                    ..Self::default()
                };
            }
            ["header", name, value] => self.header(name, value)?,
            ["bearer", variable] => {
                let value = std::env::var(variable).map_err(debug)?;
                self.header("authorization", &format!("Bearer {value}"))?;
            }
            ["send"] => self.send().await?,
            ["write", text] => self.write(text).await?,
            ["finish"] => self.finish().await,
            ["head"] => self.head().await?,
            ["show", name] => self.show(name),
            ["read"] => drop(self.read().await?),
            ["rest"] => while self.read().await? {},
            ["say", text] => say(text),
            #[expect(
                clippy::disallowed_methods,
                reason = "a bot that falls over is what is wanted"
            )]
            ["trap"] => std::process::abort(),
            _ => return Err("no such step".to_owned()),
        }
        Ok(())
    }
}

impl Default for Fields {
    fn default() -> Self {
        Self::new()
    }
}

impl Guest for Bot {
    async fn respond(query: Query) -> Result<(), Failure> {
        let text = query
            .messages
            .last()
            .map_or("[]", |message| &message.content);
        let steps: Vec<Vec<String>> = serde_json::from_str(text).unwrap_or_else(|error| {
            say(&format!("error: {error}\n"));
            Vec::new()
        });
        let mut exchange = Exchange::default();
        for step in &steps {
            let step: Vec<&str> = step.iter().map(String::as_str).collect();
            if let Err(error) = exchange.step(&step).await {
                say(&format!("error: {error}\n"));
            }
        }
        Ok(())
    }

    async fn settings() -> BotSettings {
        BotSettings {
            server_bot_dependencies: Vec::new(),
            allow_attachments: None,
            expand_text_attachments: None,
            enable_image_comprehension: None,
            introduction_message: None,
            enforce_author_role_alternation: None,
            enable_multi_entity_prompting: None,
            rate_card: None,
            cost_label: None,
            parameter_controls: None,
            extra: None,
        }
    }

    async fn on_feedback(_: Feedback) {}

    async fn on_reaction(_: Reaction) {}

    async fn on_error(_: ErrorReport) {}
}
