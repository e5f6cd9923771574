//! Tenants of an operator's file, as they were typed: where their bots answer, what all of them may
//! use together. Two of them share nothing.

use std::{
    net::Ipv6Addr,
    path::{Path, PathBuf},
};

use toml_span::{Span, Value, value::ValueInner};

use super::{
    limits,
    limits_table::limit,
    outbound::{self, Hosts},
    resolve::{
        TENANT_MEMORY, TENANT_QUEUE, TENANT_RUNNING, TENANT_STORE, TENANT_STORE_KEYS,
        TENANT_WEIGHT_MAX,
    },
    source_file::{TextFile, excerpt, nameable},
    toml_table::{Keys, Zero, count, kind, plain, whole},
    units,
};
use crate::ids::{Route, TenantName};
use ravenry_base::report::{Place, Problem};

/// Manifests that one tenant may have.
const MANIFESTS_MAX: usize = 1024;

/// Host names that one tenant may have.
const HOSTS_MAX: usize = 256;

/// A tenant as declared.
pub(super) struct TenantEntry {
    pub(super) name: TenantName,
    pub(super) place: Place,
    pub(super) prefix: Option<(Route, Place)>,
    /// In small letters.
    pub(super) hosts: Vec<(String, Place)>,
    /// Files or directories, relative to the operator's file.
    pub(super) manifests: Vec<(String, Place)>,
    pub(super) totals: Totals,
    pub(super) weight: Option<u32>,
    /// The ceiling of hosts that its bots may name.
    pub(super) allowed: Option<Hosts>,
}

/// What all bots of a tenant may use together.
#[derive(Clone, Copy)]
pub(super) struct Totals {
    /// Replies at once.
    pub(super) running: u32,
    /// Queries that wait for a place.
    pub(super) queue: u32,
    /// Bytes of all instances.
    pub(super) memory: u64,
    /// Bytes of all keys and values that are kept.
    pub(super) store: u64,
    /// Keys that are kept.
    pub(super) store_keys: u32,
}

impl Default for Totals {
    /// Where the operator says nothing.
    fn default() -> Self {
        Self {
            running: TENANT_RUNNING,
            queue: TENANT_QUEUE,
            memory: TENANT_MEMORY,
            store: TENANT_STORE,
            store_keys: TENANT_STORE_KEYS,
        }
    }
}

/// Where the manifests of these tenants are; `dir` is the directory of the operator's file.
pub(super) fn directories(tenants: &[TenantEntry], dir: &Path) -> Vec<PathBuf> {
    let manifests = tenants.iter().flat_map(|tenant| &tenant.manifests);
    let directory = |(manifest, _): &(String, Place)| {
        let path = dir.join(manifest);
        if path.is_dir() {
            return Some(path);
        }
        path.parent().map(Path::to_owned)
    };
    manifests.filter_map(directory).collect()
}

/// Reads the table of a tenant.
pub(super) fn tenant<'t>(
    name: &str,
    span: Span,
    value: Value<'t>,
    file: &mut TextFile<'t>,
) -> Option<TenantEntry> {
    let parsed = TenantName::parse(name).map_err(|error| match nameable(name) {
        Some(name) => file.wrong(
            span,
            format!("`{}` cannot name a tenant: {error}", excerpt(name)),
        ),
        None => file.wrong(span, format!("a tenant cannot have this name: {error}")),
    });
    let shown = nameable(name).map_or_else(|| "…".to_owned(), excerpt);
    let mut keys = Keys::open(value, format!("tenant.{shown}"), file)?;
    let place = file.place(keys.span);
    let prefix = keys.string("path_prefix", file).and_then(|(text, span)| {
        let message = |error| format!("`path_prefix` in [tenant.{shown}]: {error}");
        let route = Route::parse(&text)
            .map_err(|error| file.wrong(span, message(error)))
            .ok()?;
        Some((route, file.place(span)))
    });
    let hosts = hosts(&mut keys, file);
    let allowed = outbound::allowed(&mut keys, file);
    let missing = keys.has_no("manifests");
    let manifests = keys
        .strings("manifests", MANIFESTS_MAX, file)
        .unwrap_or_default();
    if missing {
        let hint = "write `manifests = [\"acme/ravenry.toml\"]`; paths are relative to this file";
        file.wrong_but(
            keys.span,
            format!("`manifests` is missing {}", keys.within()),
            hint,
        );
    }
    let what = format!("an entry of `manifests` {}", keys.within());
    let manifests = manifests
        .into_iter()
        .filter(|(text, span)| plain(text, *span, &what, file))
        .collect::<Vec<_>>();
    let manifests = manifests
        .into_iter()
        .map(|(text, span)| (text, file.place(span)))
        .collect();
    let weight = whole(&mut keys, "weight", 1..=TENANT_WEIGHT_MAX, file);
    let totals = totals(&mut keys, file);
    keys.finish(file);
    Some(TenantEntry {
        name: parsed.ok()?,
        place,
        prefix,
        hosts,
        manifests,
        totals,
        weight,
        allowed,
    })
}

/// Reads what all bots of a tenant may use together.
fn totals(keys: &mut Keys, file: &mut TextFile) -> Totals {
    let none = Totals::default();
    let Some(mut keys) = keys.table("limits", file) else {
        return none;
    };
    let running = count(&mut keys, "running", Zero::Refused, file);
    let queue = count(&mut keys, "queue", Zero::Allowed, file);
    let memory = bytes(&mut keys, "memory", file);
    let store = bytes(&mut keys, "store", file);
    let store_keys = count(&mut keys, "store_keys", Zero::Allowed, file);
    keys.finish(file);
    Totals {
        running: running.unwrap_or(none.running),
        queue: queue.unwrap_or(none.queue),
        memory: memory.unwrap_or(none.memory),
        store: store.unwrap_or(none.store),
        store_keys: store_keys.unwrap_or(none.store_keys),
    }
}

/// Bytes of all bots of a tenant; read as the limit of the same name is.
fn bytes(keys: &mut Keys, name: &'static str, file: &mut TextFile) -> Option<u64> {
    let value = keys.take(name)?;
    let row = limits::row(name)?;
    match limit(row, value, &keys.within(), file)? {
        units::Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

fn hosts(keys: &mut Keys, file: &mut TextFile) -> Vec<(String, Place)> {
    let within = keys.within();
    let hosts = match keys.take("hosts") {
        None => return Vec::new(),
        Some(mut value) => match value.take() {
            // An empty list reads as "on no host" and would mean "on every host".
            ValueInner::Array(hosts) if hosts.is_empty() => {
                file.wrong_but(
                    value.span,
                    format!("`hosts` {within} is empty"),
                    "take it out to answer on every host name",
                );
                return Vec::new();
            }
            ValueInner::Array(hosts) if hosts.len() <= HOSTS_MAX => hosts,
            ValueInner::Array(_) => {
                file.wrong(
                    value.span,
                    format!("`hosts` {within} has more than {HOSTS_MAX} entries"),
                );
                return Vec::new();
            }
            other => {
                file.wrong(
                    value.span,
                    format!(
                        "`hosts` {within} must be a list of texts, not {}",
                        kind(&other)
                    ),
                );
                return Vec::new();
            }
        },
    };
    let mut named = Vec::with_capacity(hosts.len());
    for value in hosts {
        if let Some(host) = value.as_str().and_then(host_name) {
            named.push((host, file.place(value.span)));
        } else {
            let message = format!("an entry of `hosts` {within} is not a host name");
            file.wrong_but(
                value.span,
                message,
                "write \"bots.acme.example\", without scheme, port or path",
            );
        }
    }
    named
}

/// A host name in small letters, or an IP address in its one short form, as `Host` has it without its port.
pub(super) fn host_name(text: &str) -> Option<String> {
    let label = |label: &str| {
        let inner = label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        !label.is_empty()
            && label.len() <= 63
            && inner
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let bracketed = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    if let Some(address) = bracketed {
        let address: Ipv6Addr = address.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    let name = text.len() <= 253 && text.split('.').all(label);
    name.then(|| text.to_ascii_lowercase())
}

/// Tenants may share nothing: neither a host name nor, among those without one, a path.
pub(super) fn separate(tenants: &[TenantEntry], file: &mut TextFile) {
    file.problems.extend(shared_hosts(tenants));
    file.problems.extend(overlapping_prefixes(tenants));
    if tenants.len() > 1 {
        let everywhere = tenants
            .iter()
            .filter(|tenant| tenant.hosts.is_empty() && tenant.prefix.is_none());
        file.problems.extend(everywhere.map(|tenant| Problem {
            message: format!("tenant `{}` has neither `path_prefix` nor `hosts`", tenant.name),
            causes: vec!["several tenants share the server, and one without either would take every path".to_owned()],
            place: Some(tenant.place.clone()),
            hint: Some(format!("write `path_prefix = \"/{}\"`", tenant.name)),
        }));
    }
}

fn taken(place: &Place, message: String, cause: String) -> Problem {
    Problem {
        message,
        causes: vec![cause],
        place: Some(place.clone()),
        ..Problem::default()
    }
}

fn shared_hosts(tenants: &[TenantEntry]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut claimed = std::collections::HashMap::new();
    for tenant in tenants {
        for (host, place) in &tenant.hosts {
            if let Some((first, other)) = claimed.insert(host, (&tenant.name, place)) {
                let message = format!("host `{host}` of tenant `{}` is taken", tenant.name);
                problems.push(taken(
                    place,
                    message,
                    format!("tenant `{first}` has it, at {other}"),
                ));
            }
        }
    }
    problems
}

/// In the order of their routes, one that covers another stands before it; only neighbours in the
/// chain of those that cover each other need a look.
fn overlapping_prefixes(tenants: &[TenantEntry]) -> Vec<Problem> {
    let mut prefixes: Vec<_> = tenants
        .iter()
        .filter(|tenant| tenant.hosts.is_empty())
        .filter_map(|tenant| {
            tenant
                .prefix
                .as_ref()
                .map(|(route, place)| (route, place, tenant))
        })
        .collect();
    prefixes.sort_by_cached_key(|(route, place, _)| {
        let segments: Vec<String> = route.as_str().split('/').map(str::to_owned).collect();
        (segments, (*place).clone())
    });
    let mut problems = Vec::new();
    let mut outer: Option<(&Route, &Place, &TenantEntry)> = None;
    for (route, place, tenant) in prefixes {
        match outer {
            Some((first, other, owner)) if first.covers(route) => {
                let message = format!(
                    "prefix `{route}` of tenant `{}` overlaps another",
                    tenant.name
                );
                let cause = format!("tenant `{}` has `{first}`, at {other}", owner.name);
                problems.push(taken(place, message, cause));
            }
            _ => outer = Some((route, place, tenant)),
        }
    }
    problems
}
