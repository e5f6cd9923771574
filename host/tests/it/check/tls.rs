//! A bot behind TLS, as almost all of them are: a terminator before a gateway, with a certificate of its own.

use rcgen::generate_simple_self_signed;

use super::said;
use crate::harness::{Folder, Server, Terminator};

fn check(terminator: &Terminator, trusted: &str) -> std::process::Output {
    let folder = Folder::empty().file("trusted.pem", trusted);
    let trusted = folder.path().join("trusted.pem");
    let url = format!("{}/echo", terminator.url);
    folder
        .env("SSL_CERT_FILE", trusted.to_str().unwrap())
        .output(&["check", &url])
}

#[test]
fn a_bot_behind_tls_is_checked_like_any_other() {
    let server = Server::with_bots(&["echo"]);
    let terminator = Terminator::before(server.address);
    let output = check(&terminator, &terminator.certificate);
    let text = said(&output, &terminator.url);
    assert!(text.starts_with("0\nSERVER/echo:"), "{text}");
    // Without a key, the six rules about keys do not apply.
    assert!(
        text.contains("67 passed, 0 failed (✗), 6 not applicable"),
        "{text}"
    );
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_one_sentence() {
    let server = Server::with_bots(&["echo"]);
    let terminator = Terminator::before(server.address);
    let stranger = generate_simple_self_signed(["elsewhere".to_owned()]).unwrap();
    let output = check(&terminator, &stranger.cert.pem());
    insta::assert_snapshot!(said(&output, &terminator.url), @r"
    2
    error: SERVER/echo does not answer
      caused by: its certificate is not trusted: invalid peer certificate: BadSignature
    hint: the platform would not trust it either; an authority of your own is named in SSL_CERT_FILE
    ");
}
