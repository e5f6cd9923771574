//! Flags about the network: where the platform is, which private addresses bots may reach, which name servers.

use std::net::{AddrParseError, SocketAddr};

use clap::Args;
use url::Url;

use super::flag_values::Unrepeated;
use ravenry_base::hosts::PrivateHost;
use ravenry_config::{platform, resolve::ServerSpec};

/// Where name servers listen (RFC 1035, 4.2).
const NAME_SERVER_PORT: u16 = 53;

/// Where other servers are. A flag wins over its variable, both win over a file.
#[derive(Clone, Debug, Args)]
pub(crate) struct NetworkFlags {
    /// Where Poe takes questions to bots, settings and costs [default: Poe itself]
    #[arg(long, value_name = "URL", env = "RAVENRY_POE_API", value_parser = Unrepeated(poe_api))]
    pub poe_api: Option<Url>,
    /// Where Poe takes files [default: Poe itself]
    #[arg(long, value_name = "URL", env = "RAVENRY_POE_UPLOAD", value_parser = Unrepeated(poe_upload))]
    pub poe_upload: Option<Url>,
    /// A host that may have a private address, besides those of the operator's file; may be given
    /// several times
    ///
    /// A bot reaches it only where its manifest names it as well.
    #[arg(
        long = "allow-private-host",
        value_name = "HOST[:PORT]",
        env = "RAVENRY_ALLOW_PRIVATE_HOSTS",
        value_delimiter = ',',
        value_parser = Unrepeated(private_host)
    )]
    pub private_hosts: Vec<PrivateHost>,
    /// A name server to ask instead of the system's; may be given several times
    ///
    /// It is asked for the hosts that bots send requests to, and for Poe's. `/etc/hosts` still counts.
    #[arg(
        long = "name-server",
        value_name = "IP[:PORT]",
        env = "RAVENRY_NAME_SERVERS",
        value_delimiter = ',',
        value_parser = name_server
    )]
    pub name_servers: Vec<SocketAddr>,
}

impl NetworkFlags {
    /// Puts the flags in place of what the files say; private hosts are added.
    pub(super) fn apply(&self, spec: &mut ServerSpec) {
        if let Some(api) = &self.poe_api {
            spec.poe.api = api.clone();
        }
        if let Some(upload) = &self.poe_upload {
            spec.poe.upload = upload.clone();
        }
        spec.private_hosts
            .extend(self.private_hosts.iter().cloned());
        spec.name_servers.clone_from(&self.name_servers);
    }
}

fn poe_api(text: &str) -> Result<Url, String> {
    platform::api(text).map_err(|error| format!("it {error}: {}", error.hint()))
}

fn poe_upload(text: &str) -> Result<Url, String> {
    platform::upload(text).map_err(|error| format!("it {error}: {}", error.hint()))
}

fn private_host(text: &str) -> Result<PrivateHost, String> {
    PrivateHost::parse(text).map_err(|error| format!("it {error}: {}", error.hint()))
}

fn name_server(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse().map(|ip| SocketAddr::new(ip, NAME_SERVER_PORT));
    address
        .or_else(|_: AddrParseError| text.parse())
        .map_err(|_| "it is no address: write one such as 10.0.0.1 or [::1]:5353".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use clap::Parser;

    use super::*;
    use ravenry_config::engines::Engines;
    use ravenry_config::limits::Limits;
    use ravenry_config::platform::PoeUrls;

    #[derive(Parser)]
    struct Flags {
        #[command(flatten)]
        network: NetworkFlags,
    }

    /// The flags win over the files, but a private host that a file allows stays allowed.
    #[test]
    fn flags_win_over_files() {
        let arguments = [
            "test",
            "--poe-api=http://127.0.0.1:8081",
            "--allow-private-host=127.0.0.1:8081,[::1]",
            "--allow-private-host",
            "localhost",
            "--name-server=10.0.0.1,[::1]:5353",
        ];
        let flags = Flags::try_parse_from(arguments).unwrap();
        let mut spec = ServerSpec {
            listen: None,
            metrics_listen: None,
            state_dir: None,
            database: None,
            embeddings: None,
            cache_dir: None,
            connections: None,
            drain: Duration::ZERO,
            guest_clock: Duration::ZERO,
            engines: Engines::ALL,
            ceilings: Limits::default(),
            poe: PoeUrls::default(),
            private_hosts: vec![PrivateHost::parse("10.0.0.1").unwrap()],
            name_servers: Vec::new(),
            read: Vec::new(),
            tenants: Vec::new(),
            refused: Vec::new(),
            aside: Vec::new(),
        };
        flags.network.apply(&mut spec);
        assert_eq!(spec.poe.api.as_str(), "http://127.0.0.1:8081/");
        assert_eq!(spec.poe.upload, PoeUrls::default().upload);
        let hosts: Vec<_> = spec.private_hosts.iter().map(ToString::to_string).collect();
        assert_eq!(hosts, ["10.0.0.1", "127.0.0.1:8081", "[::1]", "localhost"]);
        let servers: Vec<_> = spec.name_servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["10.0.0.1:53", "[::1]:5353"]);
        for wrong in [
            "--poe-api=api.poe.com",
            "--poe-upload=https://api.poe.com?x",
            "--allow-private-host=http://localhost",
            "--name-server=dns.example",
        ] {
            assert!(Flags::try_parse_from(["test", wrong]).is_err(), "{wrong}");
        }
    }

    /// What is wrong with a URL is said without the password in it.
    #[test]
    fn values_that_are_refused_are_not_repeated() {
        for flags in [
            ["--poe-api", "http://me:planted@host"],
            ["--poe-api", "me:planted@host"],
            ["--poe-upload", "https://:planted@host/x"],
            ["--allow-private-host", "http://me:planted@host"],
        ] {
            let all = ["ravenry", flags[0], flags[1]];
            let Err(error) = Flags::try_parse_from(all) else {
                panic!("{flags:?} was taken")
            };
            let said = error.to_string();
            assert!(
                said.contains(flags[0]) && !said.contains("planted"),
                "{said}"
            );
        }
    }
}
