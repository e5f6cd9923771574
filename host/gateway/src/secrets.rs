//! Secrets that a bot uses without having them.
//!
//! In the bot's environment stands a placeholder. In the one header, and for the hosts, that the
//! secret is granted for, the gateway puts the secret in its place as the request leaves; everywhere
//! else the placeholder goes out as it is, and is worth nothing.
//!
//! So a bot that is talked into telling its secrets has none to tell. What comes back is another
//! matter: a host that echoes headers tells the bot the secret. A mask takes it out of
//! what the bot prints and says, as a net against accidents: a bot that cuts it in pieces, encodes
//! it, or sends it on to another host that it may reach, is not stopped. Grant a secret only for
//! hosts that are trusted with it.

use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

use ravenry_base::{
    hosts::HostPattern,
    secret::{Mask, Secret},
};
use ravenry_config::resolve::SecretGrant;

/// How every placeholder begins, so that people who meet one know what it is.
pub(crate) const PLACEHOLDER: &str = "ravenry-secret-";

/// Shorter keys, which no platform gives out, are found in harmless words, and stay there when a bot says
/// them. In logs, they are masked too.
const MASKED_BYTES_MIN: usize = 8;

/// The secrets of one bot, and what it holds in their place.
///
/// Made once for a mounted bot, and the same for all its queries.
#[derive(Debug)]
pub struct Secrets {
    grants: Vec<Grant>,
    mask: Mask,
    /// `None`: there is nothing to hide.
    reply_mask: Option<Mask>,
}

#[derive(Debug)]
struct Grant {
    name: String,
    placeholder: String,
    value: Secret,
    hosts: Vec<HostPattern>,
    header: HeaderName,
}

impl Secrets {
    /// Draws a placeholder for each grant; `keys` are the bot's access keys, which are masked as well.
    pub fn new(grants: &[SecretGrant], keys: &[Secret]) -> Self {
        let values = grants.iter().map(|grant| &grant.value);
        let all = || keys.iter().chain(values.clone());
        let mask = Mask::new(all());
        let sayable = |secret: &&Secret| secret.len() >= MASKED_BYTES_MIN;
        let reply_mask = if all().all(|secret| sayable(&secret)) {
            mask.clone()
        } else {
            Mask::new(all().filter(sayable))
        };
        let grants = grants
            .iter()
            .map(|grant| Grant {
                name: grant.name.clone(),
                placeholder: placeholder(),
                value: grant.value.clone(),
                hosts: grant.hosts.clone(),
                header: grant.header.clone(),
            })
            .collect();
        Self {
            grants,
            mask,
            reply_mask: (!reply_mask.is_empty()).then_some(reply_mask),
        }
    }

    /// What the bot finds in its environment: names of secrets with their placeholders.
    pub fn environment(&self) -> impl Iterator<Item = (String, String)> {
        self.grants
            .iter()
            .map(|grant| (grant.name.clone(), grant.placeholder.clone()))
    }

    /// Puts secrets in place of their placeholders in the headers of a request to `url`.
    ///
    /// Only where header and host are those of the grant; a placeholder may be the whole value or a
    /// part of it, as in `Bearer PLACEHOLDER`. Such a value is marked as sensitive, so that no log of
    /// a library shows it. To be called for each request anew, also for each hop of a redirection,
    /// with the headers as the bot gave them.
    pub fn swap(&self, url: &Url, headers: &mut HeaderMap) {
        for grant in &self.grants {
            if !grant.hosts.iter().any(|host| host.matches(url)) {
                continue;
            }
            for (name, value) in headers.iter_mut() {
                if *name == grant.header {
                    grant.swap(value);
                }
            }
        }
    }

    /// What is masked in the bot's log: access keys and secrets.
    pub fn log_mask(&self) -> &Mask {
        &self.mask
    }

    /// What is masked in what the bot says; `None` where it has neither secrets nor keys, and so nothing
    /// is to pay.
    pub fn reply_mask(&self) -> Option<&Mask> {
        self.reply_mask.as_ref()
    }
}

impl Grant {
    /// A value that cannot be made stays as it is: without the secret, and refused by its host.
    fn swap(&self, value: &mut HeaderValue) {
        let Ok(text) = value.to_str() else { return };
        if !text.contains(&self.placeholder) {
            return;
        }
        let swapped = self
            .value
            .reveal(|secret| HeaderValue::try_from(text.replace(&self.placeholder, secret)));
        if let Ok(mut swapped) = swapped {
            swapped.set_sensitive(true);
            *value = swapped;
        }
    }
}

/// A text that stands for a secret: 128 random bits, so that it occurs nowhere else.
///
/// To guess it grants nothing. Where the system gives no random bytes (never seen after
/// boot), a count takes their place.
fn placeholder() -> String {
    static FALLBACK: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 16];
    let bits = match getrandom::fill(&mut bytes) {
        Ok(()) => u128::from_le_bytes(bytes),
        Err(_) => FALLBACK.fetch_add(1, Ordering::Relaxed).into(),
    };
    format!("{PLACEHOLDER}{bits:032x}")
}

#[cfg(test)]
mod tests;
