//! What the head of a request says before a bot is looked for: which host it is for, and how its body is
//! coded (RFC 9112, sections 3.2 and 6.1; RFC 9110, section 8.4).

pub(super) mod visitor;

use std::{borrow::Cow, net::Ipv6Addr};

use http::{HeaderMap, HeaderName, Uri, Version, header};

use super::reject::Reject;

/// The host that a request is for: in small letters, without a port and without a dot at its end. Empty
/// where an old client names none.
///
/// What stands in the target counts, not `Host`: a proxy in front may have looked at the target alone.
/// `Host` must be right all the same.
pub(super) fn read<'r>(
    version: Version,
    target: &'r Uri,
    headers: &'r HeaderMap,
) -> Result<Cow<'r, str>, Reject> {
    codings(headers)?;
    let mut lines = headers.get_all(header::HOST).iter();
    let named = match (lines.next(), lines.next()) {
        (Some(_), Some(_)) => return Err(Reject::Host("there is more than one `Host` line")),
        (Some(value), None) => {
            let named = value.to_str().ok().and_then(name);
            Some(named.ok_or(Reject::Host("`Host` is not a host name or an address"))?)
        }
        (None, _) if version < Version::HTTP_11 => None,
        (None, _) => return Err(Reject::Host("there is no `Host` line")),
    };
    let Some(authority) = target.authority() else {
        return Ok(named.unwrap_or_default());
    };
    // A target without a scheme is that of CONNECT, which is not answered here.
    if !matches!(target.scheme_str(), Some("http" | "https") | None) {
        return Err(Reject::Host("the target is a URL of another protocol"));
    }
    name(authority.as_str()).ok_or(Reject::Host("the host in the target is not one"))
}

/// What a browser calls its own site when it asks here: the host with its port, as it was sent.
pub(super) fn authority<'r>(target: &'r Uri, headers: &'r HeaderMap) -> &'r str {
    let host = headers.get(header::HOST);
    let named = host.and_then(|value| value.to_str().ok());
    let target = target.authority().map(http::uri::Authority::as_str);
    target.or(named).unwrap_or_default()
}

/// The name in `host [ ":" port ]` of RFC 3986, as it is compared.
fn name(text: &str) -> Option<Cow<'_, str>> {
    if let Some(inner) = text.strip_prefix('[') {
        let (address, rest) = inner.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        let port = rest.strip_prefix(':').unwrap_or_default();
        let good = is_port(port) && (rest.is_empty() || rest.starts_with(':'));
        return good.then(|| format!("[{address}]").into());
    }
    let (name, port) = text.split_once(':').unwrap_or((text, ""));
    let name = name.strip_suffix('.').unwrap_or(name);
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(&byte);
    if name.is_empty() || !is_port(port) || !name.bytes().all(good) {
        return None;
    }
    let is_small = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    Some(if is_small {
        name.into()
    } else {
        name.to_ascii_lowercase().into()
    })
}

/// Whether this can stand behind the colon; nothing can.
fn is_port(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && (text.is_empty() || text.parse::<u16>().is_ok())
}

/// Refuses what the body is wrapped in for its way, but for chunks.
fn codings(headers: &HeaderMap) -> Result<(), Reject> {
    let mut chunks = 0_u32;
    for coding in list(headers, &header::TRANSFER_ENCODING) {
        if !coding.eq_ignore_ascii_case("chunked") {
            return Err(Reject::TransferCoding);
        }
        chunks = chunks.saturating_add(1);
    }
    if chunks > 1 {
        return Err(Reject::Broken("the body is in chunks of chunks"));
    }
    Ok(())
}

/// Refuses bodies that are compressed: what they come to is known to their sender alone.
pub(super) fn plain(headers: &HeaderMap) -> Result<(), Reject> {
    let mut all = list(headers, &header::CONTENT_ENCODING);
    let is_plain = all.all(|coding| coding.eq_ignore_ascii_case("identity"));
    is_plain.then_some(()).ok_or(Reject::Compressed)
}

/// The members of a list, over all lines of this name.
fn list<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'h str> {
    let lines = headers.get_all(name).iter();
    // What is no text is no coding that is known.
    let members = lines.flat_map(|line| line.to_str().unwrap_or("?").split(','));
    members.map(str::trim).filter(|member| !member.is_empty())
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn a_host_is_compared_in_one_form() {
        for (host, expected) in [
            ("a.example", Some("a.example")),
            ("A.Example.:8080", Some("a.example")),
            ("a.example:", Some("a.example")),
            ("127.0.0.1:80", Some("127.0.0.1")),
            ("[::1]", Some("[::1]")),
            ("[0:0::0001]:80", Some("[::1]")),
            ("xn--bcher-kva.example", Some("xn--bcher-kva.example")),
            ("", None),
            (".", None),
            (":80", None),
            ("a.example:port", None),
            ("a.example:65536", None),
            ("a.example:80:80", None),
            ("user@a.example", None),
            ("a.example/x", None),
            ("a example", None),
            ("a.example, b.example", None),
            ("::1", None),
            ("[::1", None),
            ("[::1]80", None),
            ("[a.example]", None),
        ] {
            assert_eq!(name(host).as_deref(), expected, "{host:?}");
        }
    }
}
