//! The way out: HTTP requests that bots ask for, as far as addresses, TLS and connections go.
//!
//! A request goes in with its bounds, a response that is still being read comes out. What an
//! operator calls private is connected to; of everything else only public addresses are. No
//! redirect is followed, no cookie kept, no proxy of the environment used, and nothing is
//! decompressed. This module does not know what a bot is, nor which hosts it may reach.

mod address;
mod body;
pub mod cassette;
mod client;
mod connection;
pub mod embeddings;
mod error;
mod name_servers;
pub mod poe;
mod policy;
mod resolver;
mod shares;

use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt;

pub use self::body::Gone;
pub use self::body::Incoming;
pub use self::client::BETWEEN_BYTES_MAX;
pub use self::client::CONNECT_MAX;
pub use self::client::Client;
pub use self::client::FIRST_BYTE_MAX;
pub use self::client::OutboundRequest;
pub use self::client::RequestPermit;
pub use self::client::Timeouts;
pub use self::error::SendError;
pub use self::error::coded;
pub use self::resolver::Found;
pub use self::resolver::Lookup;
use self::{
    name_servers::{LOOKUP_DESCRIPTORS, NameServers},
    shares::{Budget, Share},
};
use ravenry_base::hosts::PrivateHost;

/// Descriptors for connections of a process that is no server, as a talk with one bot.
const OWN_DESCRIPTORS: u32 = 256;

/// What all ways out of the process share. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Egress(Arc<Shared>);

/// The inside of [`Egress`], which every client holds too.
struct Shared {
    /// Read from the system at the first use: many gateways never send anything.
    tls: OnceLock<Result<ClientConfig, String>>,
    /// Makes requests for all, and sends none.
    requests: OnceLock<Result<reqwest::Client, SendError>>,
    private: Vec<PrivateHost>,
    lookup: Arc<dyn Lookup>,
    /// Descriptors of connections.
    connections: Budget,
    /// Lookups of names.
    lookups: Budget,
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("private", &self.private)
            .field("lookup", &self.lookup)
            .finish_non_exhaustive()
    }
}

impl Egress {
    /// For a process that is no server. `private` are the hosts that may be connected to although
    /// their addresses are not public.
    pub fn new(private: Vec<PrivateHost>) -> Self {
        Self::within(OWN_DESCRIPTORS, private, Vec::new())
    }

    /// With so many descriptors, a fourth of them for lookups. Names are asked of these servers; of
    /// those of the system, where there are none.
    pub fn within(
        descriptors: u32,
        private: Vec<PrivateHost>,
        name_servers: Vec<SocketAddr>,
    ) -> Self {
        let lookups = (descriptors / 4 / LOOKUP_DESCRIPTORS).max(2);
        let connections = descriptors.saturating_sub(lookups.saturating_mul(LOOKUP_DESCRIPTORS));
        Self(Arc::new(Shared {
            tls: OnceLock::new(),
            requests: OnceLock::new(),
            private,
            lookup: Arc::new(NameServers::new(name_servers)),
            connections: Budget::new(connections),
            lookups: Budget::new(lookups),
        }))
    }

    /// The part of a new holder, such as a tenant.
    pub fn part(&self) -> OutboundShare {
        OutboundShare {
            connections: self.0.connections.share(),
            lookups: self.0.lookups.share(),
        }
    }

    /// A way out with connections of its own, which it makes when they are needed: one per bot, so
    /// that no bot meets what another has left on a connection.
    pub fn client(&self, part: &OutboundShare) -> Client {
        Client::new(Arc::clone(&self.0), part.clone())
    }
}

/// What a holder may have of connections and lookups while others want them too. Clones are the same.
#[derive(Clone, Debug)]
pub struct OutboundShare {
    connections: Share,
    lookups: Share,
}

impl Shared {
    /// The settings of TLS; why there are none, if the machine's cannot be used.
    fn tls(&self) -> Result<ClientConfig, SendError> {
        self.tls
            .get_or_init(tls)
            .clone()
            .map_err(SendError::Unavailable)
    }

    /// What makes requests; why there is nothing, if the machine's settings cannot be used.
    fn requests(&self) -> Result<reqwest::Client, SendError> {
        let build = || {
            let builder = reqwest::Client::builder().tls_backend_preconfigured(self.tls()?);
            let built = builder.no_proxy().build();
            built.map_err(|error| SendError::Unavailable(error.to_string()))
        };
        self.requests.get_or_init(build).clone()
    }
}

/// TLS 1.2 and 1.3 by ring, trusting whom the system trusts.
///
/// Without any certificate of the system (a bare container) no server is trusted: plain HTTP works,
/// and what needs TLS fails with an error about the certificate.
fn tls() -> Result<ClientConfig, String> {
    let builder = || {
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())
    };
    match builder()?.with_platform_verifier() {
        Ok(builder) => Ok(builder.with_no_client_auth()),
        Err(error) => {
            tracing::warn!(
                %error,
                "no certificate authorities are installed: no bot can send requests over TLS"
            );
            Ok(builder()?
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth())
        }
    }
}
