//! A bot behind TLS, as almost all of them are: a terminator before a gateway, with a certificate of its own.

use std::{net::SocketAddr, sync::Arc};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};
use tokio_rustls::TlsAcceptor;

use super::said;
use crate::harness::{Folder, Server};

/// Speaks TLS for `localhost`, and passes on to a server what it hears.
struct Terminator {
    url: String,
    /// Whom to trust to trust it, as PEM.
    certificate: String,
    _runtime: Runtime,
}

impl Terminator {
    fn before(server: SocketAddr) -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        runtime.spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Who does not trust the certificate hangs up; so does the server when it is done.
                    let mut inside = acceptor.accept(client).await?;
                    let mut server = TcpStream::connect(server).await?;
                    copy_bidirectional(&mut inside, &mut server).await
                });
            }
        });
        Self {
            url: format!("https://localhost:{port}"),
            certificate: cert.pem(),
            _runtime: runtime,
        }
    }

    fn check(&self, trusted: &str) -> std::process::Output {
        let folder = Folder::empty().file("trusted.pem", trusted);
        let trusted = folder.path().join("trusted.pem");
        let url = format!("{}/echo", self.url);
        folder
            .env("SSL_CERT_FILE", trusted.to_str().unwrap())
            .output(&["check", &url])
    }
}

#[test]
fn a_bot_behind_tls_is_checked_like_any_other() {
    let server = Server::with_bots(&["echo"]);
    let terminator = Terminator::before(server.address);
    let output = terminator.check(&terminator.certificate);
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
    let output = terminator.check(&stranger.cert.pem());
    insta::assert_snapshot!(said(&output, &terminator.url), @r"
    2
    error: SERVER/echo does not answer
      caused by: its certificate is not trusted: invalid peer certificate: BadSignature
    hint: the platform would not trust it either; an authority of your own is named in SSL_CERT_FILE
    ");
}
