//! The request as it was received, for what the types of this crate leave out.
//!
//! The platform adds fields every few months. They are in [`raw`] from the first day, whichever
//! version of this crate a bot was built against. In native tests these functions answer what the
//! test set; see `testing::Scene`.

use crate::backend;

/// The body of the request: the text of a JSON object, as it was sent.
///
/// Where the body was not strict JSON (trailing commas, comments, half a surrogate pair), this is the
/// repaired text. Where access keys appear in it, they are empty strings. Up to 16 MiB, copied on each
/// call.
pub fn raw() -> String {
    backend::request::raw()
}

/// The value of a header of the HTTP request, or `None` where it was not sent.
///
/// Names are compared without regard to case. Several headers of one name come as one value, joined
/// with a comma and a space. `Authorization`, `Cookie` and `Proxy-Authorization` are always `None`.
/// Bytes that are not UTF-8 are replaced by U+FFFD.
pub fn header(name: &str) -> Option<String> {
    backend::request::header(name)
}

/// All headers, in lower case and in the order received, without the three named at [`header`].
pub fn headers() -> Vec<(String, String)> {
    backend::request::headers()
}

/// The reference of this request: the short number that the gateway's log, and the error that a
/// person may read, have for it. Worth quoting in a bot's own log.
pub fn reference() -> String {
    backend::request::reference()
}
