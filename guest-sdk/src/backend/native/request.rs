//! The request as the scene has it.

use super::scene_state::{self, Received};

fn received<T>(read: impl Fn(&Received) -> T) -> T {
    scene_state::with(|state| read(&state.received)).unwrap_or_else(|| read(&Received::default()))
}

pub(crate) fn raw() -> String {
    received(|request| request.raw.clone())
}

pub(crate) fn header(name: &str) -> Option<String> {
    let values: Vec<_> = headers()
        .into_iter()
        .filter_map(|(header, value)| header.eq_ignore_ascii_case(name).then_some(value))
        .collect();
    (!values.is_empty()).then(|| values.join(", "))
}

pub(crate) fn headers() -> Vec<(String, String)> {
    let withheld = |name: &str| {
        ["authorization", "cookie", "proxy-authorization"]
            .iter()
            .any(|withheld| name.eq_ignore_ascii_case(withheld))
    };
    let headers = received(|request| request.headers.clone());
    headers
        .into_iter()
        .filter(|(name, _)| !withheld(name))
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect()
}

pub(crate) fn reference() -> String {
    received(|request| request.reference.clone())
}
