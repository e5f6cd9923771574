//! The operator's file, as it was typed: where to listen, ceilings for every limit, tenants.
//!
//! Goes in: text. Comes out: what it says, and every mistake with its place. What tenants' files
//! say is read elsewhere.

use std::{net::SocketAddr, path::Path, time::Duration};

use toml_span::Span;
use url::Url;

use super::{
    database::{self, DatabaseEntry},
    embeddings::{self, EmbeddingsEntry},
    engines::{Engines, engines},
    limits::UnitKind,
    limits_table::{Asked, asked},
    outbound::{self, Hosts},
    platform::{self, PoeUrlError},
    resolve::{GUEST_CLOCK_EXACT, GUEST_CLOCK_MAX},
    source_file::{self, FILE_BYTES_MAX, TextFile, unreadable},
    store::{self, TtlAsked},
    tenant::{TenantEntry, host_name, separate, tenant},
    toml_table::{Keys, Zero, count, plain},
    units,
};
use crate::ids::TenantName;
use ravenry_base::{
    hosts::PrivateHost,
    report::{Place, Problem},
};

/// What stands in the place of an address where no listener is wanted.
const OFF: &str = "off";

/// Private hosts that an operator may name.
const PRIVATE_HOSTS_MAX: usize = 256;

/// The whole file.
#[derive(Default)]
pub(super) struct Operator {
    pub(super) listen: Option<String>,
    pub(super) metrics_listen: Option<String>,
    /// Relative to the file.
    pub(super) state_dir: Option<String>,
    pub(super) database: Option<DatabaseEntry>,
    pub(super) embeddings: Option<EmbeddingsEntry>,
    /// Relative to the file.
    pub(super) cache_dir: Option<String>,
    pub(super) connections: Option<u32>,
    pub(super) drain: Option<Duration>,
    pub(super) guest_clock: Option<Duration>,
    pub(super) engines: Option<Engines>,
    /// Ceilings of limits.
    pub(super) limits: Vec<Asked>,
    /// How long what bots keep may stay.
    pub(super) store: Vec<TtlAsked>,
    pub(super) poe_api: Option<Url>,
    pub(super) poe_upload: Option<Url>,
    pub(super) private_hosts: Vec<PrivateHost>,
    /// The ceiling of hosts that bots may name; `None`: they may name all.
    pub(super) allowed: Option<Hosts>,
    /// Directory of secrets, relative to the file.
    pub(super) secrets_dir: Option<String>,
    pub(super) tenants: Vec<TenantEntry>,
}

/// Reads an operator's file.
pub(super) fn load(path: &Path) -> (Operator, Vec<Problem>) {
    let text = match source_file::read(path, FILE_BYTES_MAX) {
        Ok(text) => text,
        Err(error) => return (Operator::default(), vec![unreadable(path, &error, None)]),
    };
    let mut file = TextFile::new(path, &text);
    let operator = read(&mut file);
    (operator, file.problems)
}

/// Leaves one of the tenants that `file` declares; the problem, if it is not among them.
pub(super) fn retain(
    tenants: &mut Vec<TenantEntry>,
    only: &TenantName,
    file: &Path,
) -> Option<Problem> {
    let names: Vec<_> = tenants
        .iter()
        .map(|tenant| format!("`{}`", tenant.name))
        .collect();
    tenants.retain(|tenant| tenant.name == *only);
    // Where none is declared, that has been said.
    let is_unknown = tenants.is_empty() && !names.is_empty();
    is_unknown.then(|| Problem {
        message: format!("there is no tenant `{only}` to be served alone"),
        place: Some(Place::whole(file.display().to_string())),
        hint: Some(format!("the file declares {}", names.join(", "))),
        ..Problem::default()
    })
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
    operator.store = store::asked(&mut keys, file);
    operator.embeddings = embeddings::entry(&mut keys, file);
    if let Some(keys) = keys.table("poe", file) {
        poe(keys, &mut operator, file);
    }
    if let Some(keys) = keys.table("egress", file) {
        egress(keys, &mut operator, file);
    }
    if let Some(mut keys) = keys.table("secrets", file) {
        operator.secrets_dir = path(&mut keys, "dir", file);
        keys.finish(file);
    }
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
    operator.listen = keys
        .string("listen", file)
        .and_then(|(text, span)| address(text, span, "listen", &keys, file));
    operator.metrics_listen = match keys.string("metrics_listen", file) {
        Some((text, _)) if text == OFF => Some(text),
        Some((text, span)) => address(text, span, "metrics_listen", &keys, file),
        None => None,
    };
    operator.state_dir = path(&mut keys, "state_dir", file);
    operator.database = database::entry(&mut keys, file);
    operator.cache_dir = path(&mut keys, "cache_dir", file);
    operator.connections = count(&mut keys, "connections", Zero::Refused, file);
    operator.drain = duration(&mut keys, "drain", file).map(|(drain, _)| drain);
    operator.guest_clock = guest_clock(&mut keys, file);
    operator.engines = engines(&mut keys, file);
    keys.finish(file);
}

fn duration(keys: &mut Keys, key: &'static str, file: &mut TextFile) -> Option<(Duration, Span)> {
    let (text, span) = keys.string(key, file)?;
    match UnitKind::Duration.parse(&text) {
        Ok(units::Value::Duration(duration)) => Some((duration, span)),
        Ok(_) => None,
        Err(error) => {
            file.wrong(span, format!("`{key}` {} {error}", keys.within()));
            None
        }
    }
}

/// How fine the clocks are that guests read.
fn guest_clock(keys: &mut Keys, file: &mut TextFile) -> Option<Duration> {
    let (step, span) = duration(keys, "guest_clock", file)?;
    if (GUEST_CLOCK_EXACT..=GUEST_CLOCK_MAX).contains(&step) {
        return Some(step);
    }
    let (least, most) = (
        units::Value::Duration(GUEST_CLOCK_EXACT),
        units::Value::Duration(GUEST_CLOCK_MAX),
    );
    let message = format!("`guest_clock` {} must be {least} to {most}", keys.within());
    let hint = "write \"1ms\", or \"1ns\" for exact clocks";
    file.wrong_but(span, message, hint);
    None
}

fn poe(mut keys: Keys, operator: &mut Operator, file: &mut TextFile) {
    operator.poe_api = poe_url(&mut keys, "api", platform::api, file);
    operator.poe_upload = poe_url(&mut keys, "upload", platform::upload, file);
    keys.finish(file);
}

fn poe_url(
    keys: &mut Keys,
    key: &'static str,
    parse: fn(&str) -> Result<Url, PoeUrlError>,
    file: &mut TextFile,
) -> Option<Url> {
    let (text, span) = keys.string(key, file)?;
    parse(&text)
        .map_err(|error| {
            let message = format!("`{key}` {} {error}", keys.within());
            file.wrong_but(span, message, error.hint());
        })
        .ok()
}

fn egress(mut keys: Keys, operator: &mut Operator, file: &mut TextFile) {
    let key = "allow_private_hosts";
    let texts = keys.strings(key, PRIVATE_HOSTS_MAX, file);
    for (text, span) in texts.unwrap_or_default() {
        match PrivateHost::parse(&text) {
            Ok(host) => operator.private_hosts.push(host),
            Err(error) => {
                let message = format!("an entry of `{key}` {} {error}", keys.within());
                file.wrong_but(span, message, error.hint());
            }
        }
    }
    operator.allowed = outbound::allowed(&mut keys, file);
    keys.finish(file);
}

/// An address to listen on: `IP:PORT`, or a host name in place of the IP.
fn address(
    text: String,
    span: Span,
    key: &'static str,
    keys: &Keys,
    file: &mut TextFile,
) -> Option<String> {
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
