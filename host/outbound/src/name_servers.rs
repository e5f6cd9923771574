//! Who is asked for the addresses of names: `/etc/hosts`, and name servers over the network.
//!
//! No lookup holds a thread, and one that is no longer waited for is over at once. What else
//! `nsswitch.conf` may name is not asked, and nothing is remembered: each new connection asks again, as
//! it does with the system's own resolver.

use std::{
    fmt, fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::{Duration, SystemTime},
};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig, ResolverOpts},
    net::{NetError, runtime::TokioRuntimeProvider},
    system_conf::read_system_conf,
};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::{Found, Lookup};

/// Longest wait for one name server before the next is asked, where there are several: two of them
/// within a lookup.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// Descriptors that one lookup holds at most: each of two questions (A and AAAA) is sent three times at
/// most while no server answers, each time from another port.
pub(super) const LOOKUP_DESCRIPTORS: u32 = 6;

/// How often the files of the system are looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What the system says of names.
const FILES: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];

/// Asks name servers: those of the system, or others.
pub(super) struct NameServers {
    others: Vec<SocketAddr>,
    current: Mutex<Option<Current>>,
}

/// What the files said when they were read last.
struct Current {
    looked: Instant,
    files: [Option<SystemTime>; 2],
    resolver: TokioResolver,
}

impl fmt::Debug for NameServers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("NameServers")
            .field("others", &self.others)
            .finish_non_exhaustive()
    }
}

impl NameServers {
    /// Asks these; with none, those of the system. Files are read at the first lookup.
    pub(super) fn new(others: Vec<SocketAddr>) -> Self {
        Self {
            others,
            current: Mutex::new(None),
        }
    }

    /// The resolver, after a look whether the files have changed: a machine moves between networks.
    fn resolver(&self) -> Result<TokioResolver, NetError> {
        let mut current = self.current.lock();
        let now = Instant::now();
        if let Some(current) = &*current
            && now.saturating_duration_since(current.looked) < LOOK_AGAIN
        {
            return Ok(current.resolver.clone());
        }
        let files = FILES.map(|file| fs::metadata(file).and_then(|found| found.modified()).ok());
        if let Some(current) = &mut *current
            && current.files == files
        {
            current.looked = now;
            return Ok(current.resolver.clone());
        }
        let resolver = build(&self.others)?;
        *current = Some(Current {
            looked: now,
            files,
            resolver: resolver.clone(),
        });
        Ok(resolver)
    }
}

impl Lookup for NameServers {
    fn lookup(&self, name: &str) -> Found {
        let resolver = self.resolver().map_err(io::Error::other);
        let name = name.to_owned();
        Box::pin(async move {
            let found = resolver?.lookup_ip(name).await;
            let found = found.map_err(|error| match error {
                NetError::Timeout => io::ErrorKind::TimedOut.into(),
                other => io::Error::other(other),
            });
            Ok(found?.into_iter().collect())
        })
    }
}

/// From the files of the system, with other name servers where there are any.
fn build(others: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    let (config, mut options) = read_system_conf().unwrap_or_else(|error| {
        // As the system's own resolver does (`resolv.conf(5)`).
        tracing::debug!(%error, "the name server of this machine is asked");
        let here = NameServerConfig::udp_and_tcp(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![here]);
        (config, ResolverOpts::default())
    });
    let config = if others.is_empty() {
        config
    } else {
        let (domain, search, _) = config.into_parts();
        ResolverConfig::from_parts(domain, search, others.iter().map(name_server).collect())
    };
    if config.name_servers().len() > 1 {
        options.timeout = options.timeout.min(ANSWER_MAX);
    }
    options.num_concurrent_reqs = 1;
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.cache_size = 0;
    let provider = TokioRuntimeProvider::default();
    let mut builder = TokioResolver::builder_with_config(config, provider);
    *builder.options_mut() = options;
    builder.build()
}

fn name_server(address: &SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.into())
}
