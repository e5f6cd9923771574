//! The web as the scene has it.

use std::collections::VecDeque;

use super::{
    scene_state,
    upstream::{Step, Upstream},
};
use crate::{
    failure::HttpError,
    wait::{
        Mode,
        clock::{self, Moment},
    },
    web::{Head, Request, Target},
};

/// Sends a request to the scene, and waits for the head of the answer.
pub(crate) async fn exchange<M: Mode>(request: Request) -> Result<(Head, Incoming), HttpError> {
    let origin = Target::parse(&request.url)?.origin();
    let answer = scene_state::with(|state| {
        state.requests.push(request.clone());
        state.upstreams.find(&request.url)
    });
    let Some(answer) = answer.flatten() else {
        return Err(HttpError::denied(&origin));
    };
    // Outside the state, because the answer is made by a test's own function.
    let Upstream {
        status,
        headers,
        steps,
    } = answer(&request);
    let incoming = Incoming::new(steps);
    if let Some((at, step)) = incoming.steps.front() {
        let (at, unreachable) = (*at, status == 0);
        let step = step.clone();
        M::until(at).await;
        if let (true, Err(error)) = (unreachable, step) {
            return Err(error);
        }
    }
    Ok((Head { status, headers }, incoming))
}

/// The body of an answer: chunks, and when each arrives.
#[derive(Debug)]
pub(crate) struct Incoming {
    steps: VecDeque<(Moment, Result<Vec<u8>, HttpError>)>,
}

impl Incoming {
    fn new(steps: Vec<Step>) -> Self {
        let mut at = clock::now();
        let mut timed = VecDeque::new();
        for step in steps {
            match step {
                Step::Wait(duration) => at = at.saturating_add(duration),
                Step::Chunk(bytes) => timed.push_back((Moment(at), Ok(bytes))),
                Step::Break(error) => timed.push_back((Moment(at), Err(error))),
            }
        }
        Self { steps: timed }
    }

    /// What has arrived; `None` after the end.
    pub(crate) async fn chunk<M: Mode>(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        while let Some((at, step)) = self.steps.pop_front() {
            M::until(at).await;
            match step {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return Ok(Some(bytes)),
                Err(error) => {
                    self.steps.clear();
                    return Err(error);
                }
            }
        }
        Ok(None)
    }
}
