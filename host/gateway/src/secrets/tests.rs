//! Where a placeholder becomes a secret, and where it must not.

use super::*;

const VALUE: &str = "sk-planted-0123456789";

fn grant(name: &str, value: &str, host: &str, header: &'static str) -> SecretGrant {
    SecretGrant {
        name: name.to_owned(),
        value: Secret::new(value.to_owned()),
        hosts: vec![HostPattern::parse(host).unwrap()],
        header: HeaderName::from_static(header),
    }
}

/// One secret, for the header `authorization` and the host `api.example.com`.
fn one() -> (Secrets, String) {
    let grant = grant("API_KEY", VALUE, "https://api.example.com", "authorization");
    let secrets = Secrets::new(&[grant], &[]);
    let placeholder = secrets.environment().next().unwrap().1;
    (secrets, placeholder)
}

/// The headers that leave for `url` when the bot has written these.
fn leaving(secrets: &Secrets, url: &str, written: &[(&'static str, String)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in written {
        headers.append(*name, HeaderValue::try_from(value.as_str()).unwrap());
    }
    secrets.swap(&Url::parse(url).unwrap(), &mut headers);
    headers
}

#[test]
fn the_bot_has_a_placeholder_of_its_own() {
    let (secrets, placeholder) = one();
    let random = placeholder.strip_prefix("ravenry-secret-").unwrap();
    assert!(random.len() == 32 && random.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_ne!(placeholder, one().1);
    let names: Vec<_> = secrets.environment().map(|(name, _)| name).collect();
    assert_eq!(names, ["API_KEY"]);
}

#[test]
fn a_granted_header_to_a_granted_host_carries_the_secret() {
    let (secrets, placeholder) = one();
    for (url, written, sent) in [
        (
            "https://api.example.com/",
            placeholder.clone(),
            VALUE.to_owned(),
        ),
        (
            "https://API.example.com:443/v1?x#y",
            format!("Bearer {placeholder}"),
            format!("Bearer {VALUE}"),
        ),
        (
            "https://api.example.com/v1",
            format!("Key a={placeholder}, b=\"{placeholder}\""),
            format!("Key a={VALUE}, b=\"{VALUE}\""),
        ),
    ] {
        let headers = leaving(&secrets, url, &[("authorization", written)]);
        assert_eq!(headers["authorization"], sent);
        assert!(headers["authorization"].is_sensitive());
        assert!(!format!("{headers:?}").contains(VALUE));
    }
}

#[test]
fn every_value_of_a_repeated_header_is_looked_at() {
    let (secrets, placeholder) = one();
    let written = [
        ("authorization", "Bearer other".to_owned()),
        ("authorization", format!("Bearer {placeholder}")),
    ];
    let headers = leaving(&secrets, "https://api.example.com/", &written);
    let sent: Vec<_> = headers.get_all("authorization").iter().collect();
    assert_eq!(sent, ["Bearer other", &format!("Bearer {VALUE}")]);
    assert!(!sent[0].is_sensitive() && sent[1].is_sensitive());
}

/// Other hosts, other headers, and what only looks like a placeholder: all leaves as it was written.
#[test]
fn anywhere_else_the_placeholder_stays() {
    let (secrets, placeholder) = one();
    let bearer = format!("Bearer {placeholder}");
    for (url, header, written) in [
        ("http://api.example.com/", "authorization", bearer.clone()),
        (
            "https://api.example.com:8443/",
            "authorization",
            bearer.clone(),
        ),
        ("https://example.com/", "authorization", bearer.clone()),
        (
            "https://x.api.example.com/",
            "authorization",
            bearer.clone(),
        ),
        (
            "https://api.example.com.evil.example/",
            "authorization",
            bearer.clone(),
        ),
        (
            "https://api.example.com@evil.example/",
            "authorization",
            bearer.clone(),
        ),
        (
            "https://evil.example/api.example.com",
            "authorization",
            bearer.clone(),
        ),
        ("https://api.example.com/", "x-api-key", placeholder.clone()),
        (
            "https://api.example.com/",
            "proxy-authorization",
            bearer.clone(),
        ),
        (
            "https://api.example.com/",
            "cookie",
            format!("key={placeholder}"),
        ),
        (
            "https://api.example.com/",
            "authorization",
            "Bearer ravenry-secret-".to_owned(),
        ),
        (
            "https://api.example.com/",
            "authorization",
            placeholder.to_uppercase(),
        ),
        (
            "https://api.example.com/",
            "authorization",
            placeholder[..46].to_owned(),
        ),
        (
            "https://api.example.com/",
            "authorization",
            "API_KEY".to_owned(),
        ),
    ] {
        let headers = leaving(&secrets, url, &[(header, written.clone())]);
        assert_eq!(headers[header], written, "{url}");
        assert!(!headers[header].is_sensitive());
    }
}

/// Two secrets for one host, and one for two hosts: each goes where it belongs, none elsewhere.
#[test]
fn grants_do_not_mix() {
    let mut both = grant("B", "value-of-b", "https://b.example", "x-api-key");
    both.hosts
        .push(HostPattern::parse("https://*.b.example").unwrap());
    let grants = [
        grant("A", "value-of-a", "https://a.example", "authorization"),
        both,
    ];
    let secrets = Secrets::new(&grants, &[]);
    let held: Vec<String> = secrets.environment().map(|(_, value)| value).collect();
    let written = [
        ("authorization", format!("{} {}", held[0], held[1])),
        ("x-api-key", format!("{} {}", held[0], held[1])),
    ];
    for (url, authorization, key) in [
        (
            "https://a.example",
            format!("value-of-a {}", held[1]),
            format!("{} {}", held[0], held[1]),
        ),
        (
            "https://eu.b.example",
            format!("{} {}", held[0], held[1]),
            format!("{} value-of-b", held[0]),
        ),
        (
            "https://c.example",
            format!("{} {}", held[0], held[1]),
            format!("{} {}", held[0], held[1]),
        ),
    ] {
        let headers = leaving(&secrets, url, &written);
        assert_eq!(
            (&headers["authorization"], &headers["x-api-key"]),
            (
                &HeaderValue::try_from(authorization).unwrap(),
                &HeaderValue::try_from(key).unwrap()
            ),
            "{url}"
        );
    }
}

/// A header with bytes that are no text is let be, and does no harm.
#[test]
fn headers_that_are_no_text_leave_as_they_are() {
    let (secrets, placeholder) = one();
    let bytes = [placeholder.as_bytes(), b"\xff"].concat();
    let mut headers = HeaderMap::new();
    headers.insert("authorization", HeaderValue::from_bytes(&bytes).unwrap());
    secrets.swap(
        &Url::parse("https://api.example.com").unwrap(),
        &mut headers,
    );
    assert_eq!(headers["authorization"].as_bytes(), bytes);
}

#[test]
fn secrets_and_access_keys_are_masked_and_placeholders_are_not() {
    let keys = [Secret::new("planted-access-key".to_owned())];
    let grants = [grant(
        "API_KEY",
        VALUE,
        "https://api.example.com",
        "authorization",
    )];
    let secrets = Secrets::new(&grants, &keys);
    let placeholder = secrets.environment().next().unwrap().1;
    let said = format!("key {VALUE} or planted-access-key or {placeholder}");
    assert_eq!(
        secrets.log_mask().mask(&said),
        format!("key *** or *** or {placeholder}")
    );
    assert!(secrets.reply_mask().is_some());
    assert!(Secrets::new(&[], &keys).reply_mask().is_some());
    assert!(Secrets::new(&[], &[]).reply_mask().is_none());
    let short = [Secret::new("key".to_owned())];
    let secrets_with_short = Secrets::new(&[], &short);
    assert!(secrets_with_short.reply_mask().is_none());
    assert_eq!(secrets_with_short.log_mask().mask("a key"), "a ***");
    assert!(!format!("{secrets:?} {secrets:#?}").contains(VALUE));
}
