//! The way out: requests that leave the gateway for bots.

pub mod poe;

/// Makes ring the cryptography of this process, unless something else was chosen before.
fn prepare_tls() {
    // An error says that there is one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
