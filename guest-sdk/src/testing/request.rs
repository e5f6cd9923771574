//! What `request` answers in a test.

use super::{scene::Scene, stage};

fn scene<T>(read: impl Fn(&Scene) -> T) -> T {
    stage::with(|stage| read(&stage.scene)).unwrap_or_else(|| read(&Scene::default()))
}

pub(crate) fn raw() -> String {
    scene(|scene| scene.raw.clone())
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
    let headers = scene(|scene| scene.headers.clone());
    headers
        .into_iter()
        .filter(|(name, _)| !withheld(name))
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect()
}

pub(crate) fn reference() -> String {
    scene(|scene| scene.reference.clone())
}
