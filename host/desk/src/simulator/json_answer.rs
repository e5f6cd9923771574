//! Short answers in JSON: that there is nothing to say, or why something is not done.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::json;

/// `{}`: what the platform and its bots answer where nothing is to be said.
pub(super) fn nothing() -> Response {
    let mut response = Response::new(Body::from("{}"));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// Why something is not done, as a JSON object with `detail`. The platform's own words are not known.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    detail: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let json = [(CONTENT_TYPE, "application/json")];
        let body = json!({"detail": self.detail}).to_string();
        (self.status, json, body).into_response()
    }
}

/// Says why something is not done.
pub(super) fn refuse(status: StatusCode, detail: impl Into<String>) -> Refusal {
    let detail = detail.into();
    Refusal { status, detail }
}
