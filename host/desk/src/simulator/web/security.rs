//! What the page may be used for, and by whom: the token, and the headers that bind the browser.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::simulator::{json_answer::refuse, platform::Platform};

/// Where the page says its token.
const TOKEN: HeaderName = HeaderName::from_static("x-page-token");

/// What the browser may do for the page: scripts, styles and connections of ours alone, no script from
/// text at all, images from us and from the web over TLS, frames with files that are put up here, which
/// are no origin of ours ([`FILE_POLICY`]). Without `form-action` nothing can be lured out of it either.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' https:; media-src 'self' https:; frame-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// What the browser may do for an untrusted file that was put up: show it. It is no origin of ours.
const FILE_POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'";

/// Lets in requests that have the token of the page.
pub(super) async fn with_token(
    State(platform): State<Arc<Platform>>,
    request: Request,
    next: Next,
) -> Response {
    let token = request.headers().get(TOKEN).map(HeaderValue::as_bytes);
    if token.is_some_and(|token| platform.page.token.matches(token)) {
        return next.run(request).await;
    }
    let detail = "this page is from before the simulator was started: load it again";
    refuse(StatusCode::FORBIDDEN, detail).into_response()
}

/// Binds the browser.
pub(super) async fn strictly(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Takes from an untrusted file what it could do under our origin.
pub(in crate::simulator) async fn harmless(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let policy = HeaderValue::from_static(FILE_POLICY);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
