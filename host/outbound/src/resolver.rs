//! From a name to the addresses that are connected to: looked up once, filtered, handed on.
//!
//! What is checked is what is connected to, so an answer that changes between two lookups is of no
//! use to an attacker: there is no second lookup.

use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
    vec,
};

use hyper_util::client::legacy::connect::dns;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::{sync::Semaphore, time::timeout};
use tower_service::Service;

use super::{SendError, address, shares::Share};

/// Longest lookup.
///
/// Half of what a connection may take; the system's own resolver gives a server 5 s before it asks
/// the next (`resolv.conf(5)`).
const LOOKUP_MAX: Duration = Duration::from_secs(5);

/// Lookups of one client at once. One more waits, and so does one that passes its tenant's share.
///
/// As many as requests that a query has under way: a bot whose names get no answer keeps few of its
/// tenant's.
const LOOKUPS_MAX: usize = 8;

/// Addresses of one name that are tried. The rest is left out: an untrusted name server could
/// send thousands, each a connection attempt.
const ADDRESSES_MAX: usize = 16;

/// The answer to a lookup, when it comes.
pub type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Who knows the addresses of names.
pub trait Lookup: fmt::Debug + Send + Sync + 'static {
    /// All addresses of a name. Never called with an address in place of a name. Nothing goes on when
    /// the answer is dropped.
    fn lookup(&self, name: &str) -> Found;
}

/// Looks names up for one client.
#[derive(Clone, Debug)]
pub(super) struct Resolver {
    lookup: Arc<dyn Lookup>,
    share: Share,
    places: Arc<Semaphore>,
    filters: bool,
}

impl Resolver {
    /// One that gives out public addresses only.
    pub(super) fn public(lookup: Arc<dyn Lookup>, share: Share) -> Self {
        Self {
            lookup,
            share,
            places: Arc::new(Semaphore::new(LOOKUPS_MAX)),
            filters: true,
        }
    }

    /// One for names that the operator has allowed whatever their address.
    pub(super) fn private(lookup: Arc<dyn Lookup>, share: Share) -> Self {
        Self {
            filters: false,
            ..Self::public(lookup, share)
        }
    }

    /// The addresses of a name that may be connected to. Never an empty list.
    async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, SendError> {
        let looked = timeout(LOOKUP_MAX, async {
            let _place = self.places.acquire().await.map_err(io::Error::other)?;
            let _held = self.share.take(1).await;
            self.lookup.lookup(name).await
        });
        let found = match looked.await {
            Err(_) => return Err(SendError::NameTimeout),
            Ok(Err(error)) if error.kind() == io::ErrorKind::TimedOut => {
                return Err(SendError::NameTimeout);
            }
            Ok(Err(_)) => return Err(SendError::Name),
            Ok(Ok(found)) => found,
        };
        let mut refused = None;
        let mut passed = Vec::new();
        for address in found {
            match address::refusal(address).filter(|_| self.filters) {
                None => passed.push(address),
                Some(block) => refused = Some(SendError::Address { address, block }),
            }
        }
        passed.truncate(ADDRESSES_MAX);
        if passed.is_empty() {
            Err(refused.unwrap_or(SendError::Name))
        } else {
            Ok(passed)
        }
    }
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let resolver = self.clone();
        Box::pin(async move {
            let found = resolver.addresses(name.as_str()).await?;
            // Port 0: that of the URL.
            let found = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(Box::new(found) as Addrs)
        })
    }
}

/// For the connections of bots.
impl Service<dns::Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = SendError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, SendError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), SendError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: dns::Name) -> Self::Future {
        let resolver = self.clone();
        Box::pin(async move {
            let found = resolver.addresses(name.as_str()).await?;
            let with_port = |address| SocketAddr::new(address, 0);
            Ok(found
                .into_iter()
                .map(with_port)
                .collect::<Vec<_>>()
                .into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::{super::shares::Budget, *};

    fn share() -> Share {
        Budget::new(8).share()
    }

    /// Answers with the next of its answers, and with the last one for ever.
    #[derive(Debug)]
    struct Fickle(Mutex<Vec<Vec<&'static str>>>);

    impl Fickle {
        fn resolver(answers: &[&[&'static str]]) -> Resolver {
            let answers = answers.iter().rev().map(|answer| answer.to_vec());
            Resolver::public(Arc::new(Self(Mutex::new(answers.collect()))), share())
        }
    }

    impl Lookup for Fickle {
        fn lookup(&self, _: &str) -> Found {
            let mut answers = self.0.lock().unwrap();
            let answer = answers.last().unwrap().clone();
            if answers.len() > 1 {
                answers.pop();
            }
            let parsed = answer.iter().map(|text| text.parse().unwrap()).collect();
            Box::pin(async move { Ok(parsed) })
        }
    }

    async fn resolved(resolver: &Resolver) -> Result<Vec<String>, String> {
        let found = resolver.resolve("rebind.test".parse().unwrap()).await;
        let found = found.map_err(|error| error.to_string())?;
        Ok(found.map(|address| address.to_string()).collect())
    }

    /// The first answer is checked and handed on; the second is checked again when it comes.
    #[tokio::test]
    async fn a_resolver_that_changes_its_mind_is_checked_each_time() {
        let resolver = Fickle::resolver(&[&["8.8.8.8"], &["127.0.0.1"], &["8.8.4.4"]]);
        assert_eq!(resolved(&resolver).await, Ok(vec!["8.8.8.8:0".to_owned()]));
        let refused = resolved(&resolver).await.unwrap_err();
        assert_eq!(refused, "its address 127.0.0.1 is loopback");
        assert_eq!(resolved(&resolver).await, Ok(vec!["8.8.4.4:0".to_owned()]));
    }

    #[tokio::test]
    async fn of_a_mixed_answer_only_the_public_part_is_left() {
        let resolver = Fickle::resolver(&[&["10.0.0.1", "8.8.8.8", "::1", "169.254.169.254"]]);
        assert_eq!(resolved(&resolver).await, Ok(vec!["8.8.8.8:0".to_owned()]));
    }

    #[tokio::test]
    async fn an_empty_answer_is_no_answer() {
        let refused = resolved(&Fickle::resolver(&[&[]])).await.unwrap_err();
        assert_eq!(refused, "its name cannot be resolved");
    }

    #[tokio::test]
    async fn names_that_the_operator_has_allowed_are_not_filtered() {
        let lookup = Fickle(Mutex::new(vec![vec!["127.0.0.1"]]));
        let resolver = Resolver::private(Arc::new(lookup), share());
        assert_eq!(
            resolved(&resolver).await,
            Ok(vec!["127.0.0.1:0".to_owned()])
        );
    }

    /// A name server that never answers.
    #[derive(Debug)]
    struct Silent;

    impl Lookup for Silent {
        fn lookup(&self, _: &str) -> Found {
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lookup_ends_in_time() {
        let resolver = Resolver::public(Arc::new(Silent), share());
        let refused = resolved(&resolver).await.unwrap_err();
        assert_eq!(refused, "its name was not resolved in time");
    }
}
