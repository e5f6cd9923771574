//! A person talks to a bot: what was said goes out as a query, and the answer comes back to the page
//! as it arrives.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::{StatusCode, header::CONTENT_TYPE};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::{sleep, timeout};

use super::{
    curl,
    stream::{Item, millis},
    view::View,
};
use crate::{
    client::{Attachment, Part, Say, Target},
    simulator::{
        json_answer::{Refusal, refuse},
        platform::{Platform, Shared},
        query_runner::{Drive, Driven},
        sessions::RunningAnswer,
    },
};
use ravenry_protocol::answer::ParsedEvent;

/// How long events are gathered before the page is told of them: a picture of its screen.
const GATHERED: Duration = Duration::from_millis(16);

/// How many events the page is told of at once. It shows them in one picture.
const GATHERED_MAX: usize = 200;

/// How long a bot may take to hear a report.
const REPORT_TIME_MAX: Duration = Duration::from_secs(10);

/// What a person says.
#[derive(Deserialize)]
pub(super) struct PersonMessage {
    tab: String,
    person: usize,
    text: String,
    files: Vec<Attachment>,
    parameters: Map<String, Value>,
}

/// The route of what a person says.
pub(super) async fn say(
    State(platform): Shared,
    Json(said): Json<PersonMessage>,
) -> Result<Response, Refusal> {
    let tab = platform.page.tab(&said.tab)?;
    let say = Say {
        text: said.text,
        attachments: said.files,
        parameters: said.parameters,
    };
    Ok(answer(platform, tab.say(said.person, say)))
}

/// Which question is asked once more.
#[derive(Deserialize)]
pub(super) struct Again {
    tab: String,
}

/// The route that asks once more.
pub(super) async fn again(
    State(platform): Shared,
    Json(again): Json<Again>,
) -> Result<Response, Refusal> {
    let turn = platform.page.tab(&again.tab)?.again();
    let turn = turn.ok_or_else(|| refuse(StatusCode::CONFLICT, "nothing was said yet"))?;
    Ok(answer(platform, turn))
}

/// Lines as they come. Dropped, it hangs up on the bot.
fn answer(platform: Arc<Platform>, turn: RunningAnswer) -> Response {
    let talking = Talking {
        platform,
        turn,
        view: View::default(),
        state: Step::Ask,
        drawing_took: Duration::ZERO,
    };
    let lines = stream::unfold(talking, Talking::line);
    (
        [(CONTENT_TYPE, "application/x-ndjson")],
        Body::from_stream(lines),
    )
        .into_response()
}

/// An answer on its way to the page.
struct Talking {
    platform: Arc<Platform>,
    turn: RunningAnswer,
    view: View,
    state: Step,
    /// How long it took to see what the page has to change.
    drawing_took: Duration,
}

/// How far it is.
enum Step {
    Ask,
    Send(Target),
    Read(Box<Drive>),
    Over,
}

impl Talking {
    async fn line(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        let state = std::mem::replace(&mut self.state, Step::Over);
        self.state = match state {
            Step::Ask => self.ask().await,
            Step::Send(target) => self.send(&target).await,
            Step::Read(drive) => self.read(drive).await,
            Step::Over => return None,
        };
        let started = Instant::now();
        let is_over = matches!(self.state, Step::Over);
        if is_over && let Some(text) = self.turn.said(|shown| shown.text()) {
            self.view.tell(Item::Whole { text });
        }
        let line = self.view.line(is_over);
        self.drawing_took = started.elapsed();
        Some((Ok(Bytes::from(line)), self))
    }

    /// Makes the query fit the bot, and tells the page what is sent.
    async fn ask(&mut self) -> Step {
        let name = self.turn.tab.bot.clone();
        let Some((target, notes)) = self.platform.address(&name, &mut self.turn.query).await else {
            return self.trouble("no bot has this name any more".to_owned());
        };
        let query = &self.turn.query;
        self.view.tell(Item::Asked {
            url: target.url.to_string(),
            curl: curl::command(&target.url, query),
            message_id: query.get("message_id").cloned().unwrap_or_default(),
            body: query.clone(),
            notes,
        });
        self.turn.asks();
        Step::Send(target)
    }

    async fn send(&mut self, target: &Target) -> Step {
        let driver = self.platform.registry.driver.clone();
        let query = self.turn.query.clone();
        let asked = tokio::select! {
            asked = driver.query_showing_store(target, &query) => asked,
            () = self.turn.is_over() => return Step::Over,
        };
        match asked {
            Ok(drive) => {
                self.view.tell(Item::Head {
                    at: millis(drive.elapsed()),
                    status: drive.status(),
                });
                Step::Read(Box::new(drive))
            }
            Err(unreachable) => self.trouble(unreachable.to_string()),
        }
    }

    /// Reads what has come, and what comes within the time of a picture. What takes long to draw is
    /// drawn less often.
    async fn read(&mut self, mut drive: Box<Drive>) -> Step {
        let gathering = GATHERED.max(self.drawing_took.saturating_mul(2));
        let mut until = None;
        for _ in 0..GATHERED_MAX {
            let next = tokio::select! {
                biased;
                next = drive.next() => next,
                () = pause(until) => return Step::Read(drive),
                () = self.turn.is_over() => return Step::Over,
            };
            until = until.or_else(|| Instant::now().checked_add(gathering));
            match next {
                None => return Step::Over,
                Some(Driven::Part(part)) => self.take(drive.elapsed(), &part),
                Some(Driven::Cut(cut)) => {
                    self.view.tell(Item::End {
                        at: millis(drive.elapsed()),
                        trouble: Some(format!("the platform ends it here: {cut}")),
                    });
                    return Step::Over;
                }
            }
        }
        Step::Read(drive)
    }

    fn take(&mut self, at: Duration, part: &Part) {
        self.turn.hears(part);
        let view = &mut self.view;
        self.turn.said(|shown| {
            let failed = shown.failure.is_some();
            if let Part::Event {
                meaning: Ok(ParsedEvent::Event(event)),
                ..
            } = part
            {
                shown.hear(event.clone());
            }
            view.take(at, part, shown, failed);
        });
    }

    fn trouble(&mut self, words: String) -> Step {
        let trouble = Some(words);
        self.view.tell(Item::End { at: 0.0, trouble });
        Step::Over
    }
}

/// Waits until then; for ever where there is no such time.
async fn pause(until: Option<Instant>) {
    match until {
        Some(until) => sleep(until.saturating_duration_since(Instant::now())).await,
        None => std::future::pending().await,
    }
}

/// What a person does with a message of the bot.
#[derive(Deserialize)]
pub(super) struct Report {
    tab: String,
    person: usize,
    message: String,
    /// `like`, `dislike`, or the name of a reaction.
    kind: String,
    /// Whether it is a reaction.
    reaction: bool,
}

/// The route of feedback and reactions: the bot is told at once, and finds them in later queries.
pub(super) async fn report(
    State(platform): Shared,
    Json(report): Json<Report>,
) -> Result<Json<Value>, Refusal> {
    let tab = platform.page.tab(&report.tab)?;
    let Report {
        person,
        message,
        kind,
        ..
    } = &report;
    let body = tab.with(|talk| {
        let by = talk.people().get(*person).map(|person| person.id.clone());
        let of = |said: &&mut crate::client::Message| said.message_id == *message;
        if let Some(said) = talk.messages_mut().iter_mut().find(of) {
            if report.reaction {
                said.reactions
                    .push(json!({"user_id": by, "reaction": kind}));
            } else {
                said.feedback = vec![json!({"type": kind, "reason": null})];
            }
        }
        if report.reaction {
            talk.reaction(*person, message, kind)
        } else {
            talk.feedback(message, kind)
        }
    });
    let Some((target, _)) = platform.address(&tab.bot, &mut Value::Null).await else {
        return Err(refuse(
            StatusCode::NOT_FOUND,
            "no bot has this name any more",
        ));
    };
    let telling = platform.registry.driver.client().call(&target, &body);
    let told = timeout(REPORT_TIME_MAX, telling).await;
    let status = match told {
        Ok(Ok(told)) => json!(told.status),
        Ok(Err(unreachable)) => json!(unreachable.to_string()),
        Err(_) => json!("the bot does not answer"),
    };
    Ok(Json(json!({"status": status, "body": body})))
}
