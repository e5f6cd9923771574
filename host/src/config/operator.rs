//! The operator's file, as it was typed: where to listen, ceilings for every limit, tenants.
//!
//! Goes in: text. Comes out: what it says, and every mistake with its place. What tenants' files
//! say is read elsewhere.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use toml_span::value::ValueInner;
use toml_span::{Span, Value};

use super::asked::{Asked, asked, limit};
use super::limits::{self, Kind};
use super::manifest::plain;
use super::table::{Keys, kind};
use super::text::{TextFile, excerpt, nameable};
use super::units;
use crate::ids::{Route, TenantName};
use crate::report::{Place, Problem};

/// Manifests that one tenant may have.
const MANIFESTS_MAX: usize = 1024;

/// Host names that one tenant may have.
const HOSTS_MAX: usize = 256;

/// The whole file.
#[derive(Default)]
pub(super) struct Operator {
    pub(super) listen: Option<String>,
    pub(super) metrics_listen: Option<String>,
    /// Relative to the file.
    pub(super) state_dir: Option<String>,
    /// Relative to the file.
    pub(super) cache_dir: Option<String>,
    pub(super) connections: Option<u32>,
    pub(super) drain: Option<Duration>,
    /// Ceilings of limits.
    pub(super) limits: Vec<Asked>,
    pub(super) tenants: Vec<TenantEntry>,
}

/// A tenant as declared.
pub(super) struct TenantEntry {
    pub(super) name: TenantName,
    pub(super) place: Place,
    pub(super) prefix: Option<(Route, Place)>,
    /// In small letters.
    pub(super) hosts: Vec<(String, Place)>,
    /// Files or directories, relative to the operator's file.
    pub(super) manifests: Vec<(String, Place)>,
    pub(super) running: Option<u32>,
    pub(super) queue: Option<u32>,
    pub(super) memory: Option<u64>,
}

/// Reads the file; mistakes are noted in it.
pub(super) fn read(file: &mut TextFile) -> Operator {
    let mut operator = Operator::default();
    let Some(mut keys) = file
        .parse()
        .and_then(|value| Keys::open(value, String::new(), file))
    else {
        return operator;
    };
    let start = keys.span;
    if let Some(keys) = keys.table("server", file) {
        server(keys, &mut operator, file);
    }
    operator.limits = keys
        .table("limits", file)
        .map(|keys| asked(keys, file))
        .unwrap_or_default();
    let entries = keys.table("tenant", file).map(Keys::entries);
    keys.finish(file);
    match entries {
        Some(entries) if !entries.is_empty() => {
            operator.tenants = entries
                .into_iter()
                .filter_map(|(key, value)| tenant(&key.name, key.span, value, file))
                .collect();
            separate(&operator.tenants, file);
        }
        _ => {
            let hint =
                "declare one: `[tenant.acme]`, and below it `manifests = [\"acme/ravenry.toml\"]`";
            file.wrong_but(start, "the file declares no tenant", hint);
        }
    }
    operator
}

fn server(mut keys: Keys, operator: &mut Operator, file: &mut TextFile) {
    operator.listen = address(&mut keys, "listen", file);
    operator.metrics_listen = address(&mut keys, "metrics_listen", file);
    operator.state_dir = path(&mut keys, "state_dir", file);
    operator.cache_dir = path(&mut keys, "cache_dir", file);
    operator.connections = count(&mut keys, "connections", Zero::Refused, file);
    operator.drain =
        keys.string("drain", file)
            .and_then(|(text, span)| match Kind::Duration.parse(&text) {
                Ok(units::Value::Duration(drain)) => Some(drain),
                Ok(_) => None,
                Err(error) => {
                    file.wrong(span, format!("`drain` {} {error}", keys.within()));
                    None
                }
            });
    keys.finish(file);
}

/// An address to listen on: `IP:PORT`, or a host name in place of the IP.
fn address(keys: &mut Keys, key: &'static str, file: &mut TextFile) -> Option<String> {
    let (text, span) = keys.string(key, file)?;
    let named = || {
        text.rsplit_once(':')
            .is_some_and(|(host, port)| host_name(host).is_some() && port.parse::<u16>().is_ok())
    };
    if text.parse::<SocketAddr>().is_ok() || named() {
        return Some(text);
    }
    let message = format!("`{key}` {} must be an address with a port", keys.within());
    file.wrong_but(
        span,
        message,
        format!("write `{key} = \"127.0.0.1:8080\"`; port 0 takes a free one"),
    );
    None
}

fn path(keys: &mut Keys, key: &'static str, file: &mut TextFile) -> Option<String> {
    let (text, span) = keys.string(key, file)?;
    plain(&text, span, &format!("`{key}` {}", keys.within()), file).then_some(text)
}

/// What a count of 0 means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Zero {
    /// None at all.
    Allowed,
    /// Nonsense.
    Refused,
}

fn count(keys: &mut Keys, key: &'static str, zero: Zero, file: &mut TextFile) -> Option<u32> {
    let value = keys.take(key)?;
    let within = keys.within();
    let least = u32::from(zero == Zero::Refused);
    let number = value
        .as_integer()
        .and_then(|number| u32::try_from(number).ok());
    let good = number.filter(|number| *number >= least && u64::from(*number) <= units::COUNT_MAX);
    if good.is_none() {
        file.wrong(
            value.span,
            format!(
                "`{key}` {within} must be a whole number from {least} to {}",
                units::COUNT_MAX
            ),
        );
    }
    good
}

fn tenant<'t>(
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
    let mut totals = keys.table("limits", file);
    let running = totals
        .as_mut()
        .and_then(|keys| count(keys, "running", Zero::Refused, file));
    let queue = totals
        .as_mut()
        .and_then(|keys| count(keys, "queue", Zero::Allowed, file));
    let memory = totals.as_mut().and_then(|keys| memory(keys, file));
    if let Some(totals) = totals {
        totals.finish(file);
    }
    keys.finish(file);
    Some(TenantEntry {
        name: parsed.ok()?,
        place,
        prefix,
        hosts,
        manifests,
        running,
        queue,
        memory,
    })
}

/// Bytes of all instances of a tenant; read as the limit of the same name is.
fn memory(keys: &mut Keys, file: &mut TextFile) -> Option<u64> {
    let value = keys.take("memory")?;
    let row = limits::row("memory")?;
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

/// A host name in small letters, or an IP address, as a `Host` header has it without its port.
fn host_name(text: &str) -> Option<String> {
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
    let address = bracketed.is_some_and(|text| {
        text.parse::<IpAddr>()
            .is_ok_and(|address| address.is_ipv6())
    });
    let name = text.len() <= 253 && text.split('.').all(label);
    (address || name).then(|| text.to_ascii_lowercase())
}

/// Tenants may share nothing: neither a host name nor, among those without one, a path.
fn separate(tenants: &[TenantEntry], file: &mut TextFile) {
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

/// In the order of their routes, whoever covers another stands before it; only neighbours in the
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
