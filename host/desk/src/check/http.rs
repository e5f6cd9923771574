//! What HTTP leaves to a bot's server: the path, and headers that say nothing new. Each is a request
//! for settings that should be answered as the plain one was.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT_LANGUAGE, CONTENT_TYPE},
};
use serde_json::json;

use super::probe::{Prober, Silence};
use crate::client::{Post, Target, VERSION, WholeAnswer};
use ravenry_protocol::rules::{self, Rule};

/// Asks in each of these ways.
pub(super) async fn probe(prober: &Prober<'_>, settings: &Result<WholeAnswer, Silence>) {
    let Ok(settings) = settings else {
        for (subject, rule) in rules::all() {
            if subject.letter == 'H' {
                prober.not_applicable(rule, "a request for settings is not answered");
            }
        }
        return;
    };
    let parameter = HeaderValue::from_static("application/json; charset=utf-8");
    let charset = HeaderMap::from_iter([(CONTENT_TYPE, parameter)]);
    let unknown = HeaderMap::from_iter([
        (
            HeaderName::from_static("x-ravenry-check"),
            HeaderValue::from_static("1"),
        ),
        (
            HeaderName::from_static("traceparent"),
            HeaderValue::from_static("none"),
        ),
        (ACCEPT_LANGUAGE, HeaderValue::from_static("x-none")),
    ]);
    tokio::join!(
        slash(prober, settings.status),
        same(
            prober,
            &rules::CHARSET,
            "settings, as `application/json; charset=utf-8`",
            prober.target,
            charset,
            settings.status,
        ),
        same(
            prober,
            &rules::HEADERS,
            "settings, with the header `x-ravenry-check`",
            prober.target,
            unknown,
            settings.status,
        ),
    );
}

async fn slash(prober: &Prober<'_>, status: u16) {
    let mut target: Target = prober.target.clone();
    let path = target.url.path();
    let other = match path.strip_suffix('/') {
        Some("") => {
            return prober.not_applicable(&rules::SLASH, "its path is nothing but a slash");
        }
        Some(short) => short.to_owned(),
        None => format!("{path}/"),
    };
    target.url.set_path(&other);
    let asked = format!("settings, at {other}");
    same(
        prober,
        &rules::SLASH,
        &asked,
        &target,
        HeaderMap::new(),
        status,
    )
    .await;
}

/// Asks for settings in another way; the status should be the same.
async fn same(
    prober: &Prober<'_>,
    rule: &'static Rule,
    asked: &str,
    target: &Target,
    headers: HeaderMap,
    status: u16,
) {
    let body = json!({"version": VERSION, "type": "settings"});
    let post = Post {
        headers,
        ..Post::from(&body)
    };
    let expected = format!("status {status}, as without");
    match prober.call(target, post).await {
        Ok(told) => {
            let got = format!("status {}", told.status);
            let bytes = prober.excerpt(&told.body);
            prober.hold(rule, told.status == status, asked, &expected, &got, &bytes);
        }
        Err(Silence { why, .. }) => prober.failed(rule, asked, &expected, &why, ""),
    }
}
