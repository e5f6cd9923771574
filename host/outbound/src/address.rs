//! Addresses that a bot may not be sent to: one table, each row with its source.
//!
//! An address is public, and may be connected to, when no row refuses it. Pure; knows neither names
//! nor sockets. The rows follow IANA's registries of special-purpose addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A block of addresses that is refused.
#[derive(Debug)]
pub struct Block {
    /// The first address of the block.
    network: IpAddr,
    /// How many of its leading bits all addresses of the block share.
    bits: u8,
    /// What lives there, as a person reads it after "is".
    pub what: &'static str,
    /// The document that says so.
    pub source: &'static str,
}

const fn v4(network: [u8; 4], bits: u8, what: &'static str, source: &'static str) -> Block {
    Block {
        network: IpAddr::V4(Ipv4Addr::from_octets(network)),
        bits,
        what,
        source,
    }
}

const fn v6(network: [u16; 8], bits: u8, what: &'static str, source: &'static str) -> Block {
    Block {
        network: IpAddr::V6(Ipv6Addr::from_segments(network)),
        bits,
        what,
        source,
    }
}

/// Everything that is refused. The first row that fits gives the reason, so narrow rows come first.
#[rustfmt::skip] // a table reads by its rows
static REFUSED: &[Block] = &[
    v4([169, 254, 169, 254], 32, "the metadata service of a cloud", "AWS, Google, Azure: instance metadata"),
    v4([168, 63, 129, 16], 32, "the metadata service of a cloud", "Azure: what is IP address 168.63.129.16"),
    v4([100, 100, 100, 200], 32, "the metadata service of a cloud", "Alibaba Cloud: instance metadata"),
    v4([0, 0, 0, 0], 8, "unspecified", "RFC 1122, 3.2.1.3"),
    v4([10, 0, 0, 0], 8, "private", "RFC 1918"),
    v4([100, 64, 0, 0], 10, "shared by customers of a carrier", "RFC 6598"),
    v4([127, 0, 0, 0], 8, "loopback", "RFC 1122, 3.2.1.3"),
    v4([169, 254, 0, 0], 16, "link-local", "RFC 3927"),
    v4([172, 16, 0, 0], 12, "private", "RFC 1918"),
    v4([192, 0, 0, 0], 24, "reserved for protocols", "RFC 6890"),
    v4([192, 0, 2, 0], 24, "documentation", "RFC 5737"),
    v4([192, 88, 99, 0], 24, "a relay of 6to4", "RFC 7526"),
    v4([192, 168, 0, 0], 16, "private", "RFC 1918"),
    v4([198, 18, 0, 0], 15, "benchmarking", "RFC 2544"),
    v4([198, 51, 100, 0], 24, "documentation", "RFC 5737"),
    v4([203, 0, 113, 0], 24, "documentation", "RFC 5737"),
    v4([224, 0, 0, 0], 4, "multicast", "RFC 5771"),
    v4([255, 255, 255, 255], 32, "broadcast", "RFC 919"),
    v4([240, 0, 0, 0], 4, "reserved", "RFC 1112, 4"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, "unspecified", "RFC 4291, 2.5.2"),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "loopback", "RFC 4291, 2.5.3"),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96, "IPv4 in a form that is no longer used", "RFC 4291, 2.5.5.1"),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, "IPv4 behind a translator of its own", "RFC 8215"),
    v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64, "thrown away", "RFC 6666"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, "a Teredo tunnel", "RFC 4380"),
    v6([0x2001, 2, 0, 0, 0, 0, 0, 0], 48, "benchmarking", "RFC 5180"),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, "reserved for protocols", "RFC 2928"),
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, "documentation", "RFC 3849"),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, "a 6to4 tunnel", "RFC 3056"),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, "documentation", "RFC 9637"),
    v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128, "the metadata service of a cloud", "AWS: instance metadata"),
    v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128, "the metadata service of a cloud", "Google: instance metadata"),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, "private", "RFC 4193"),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local", "RFC 4291, 2.5.6"),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, "site-local", "RFC 3879"),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast", "RFC 4291, 2.7"),
];

/// What is left of IPv6 when all rows are done: only this part is handed out to the world.
static GLOBAL_UNICAST: Block = v6(
    [0x2000, 0, 0, 0, 0, 0, 0, 0],
    3,
    "global unicast",
    "RFC 4291, 2.4",
);

/// The reason for the rest.
static NOT_GLOBAL: Block = v6([0; 8], 0, "not global unicast", "RFC 4291, 2.4");

/// IPv6 addresses that lead to IPv4 addresses when connected to: judged as such.
static EMBEDDED_IPV4: [Block; 2] = [
    v6(
        [0, 0, 0, 0, 0, 0xffff, 0, 0],
        96,
        "mapped IPv4",
        "RFC 4291, 2.5.5.2",
    ),
    v6(
        [0x64, 0xff9b, 0, 0, 0, 0, 0, 0],
        96,
        "translated IPv4",
        "RFC 6052",
    ),
];

impl Block {
    fn has(&self, address: IpAddr) -> bool {
        // The bits behind the network's are shifted out of both.
        match (self.network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let behind = 32_u32.saturating_sub(self.bits.into());
                (network.to_bits() ^ address.to_bits())
                    .checked_shr(behind)
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let behind = 128_u32.saturating_sub(self.bits.into());
                (network.to_bits() ^ address.to_bits())
                    .checked_shr(behind)
                    .unwrap_or(0)
                    == 0
            }
            _ => false,
        }
    }
}

/// The block for whose sake this address is refused; `None` for a public one.
pub(crate) fn refusal(address: IpAddr) -> Option<&'static Block> {
    let address = match address {
        IpAddr::V6(long) if EMBEDDED_IPV4.iter().any(|block| block.has(address)) => {
            let [.., a, b, c, d] = long.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        }
        other => other,
    };
    REFUSED
        .iter()
        .find(|block| block.has(address))
        .or_else(|| (address.is_ipv6() && !GLOBAL_UNICAST.has(address)).then_some(&NOT_GLOBAL))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses, and what is said of those that are refused.
    const ADDRESSES: &[(&str, Option<&str>)] = &[
        ("8.8.8.8", None),
        ("1.1.1.1", None),
        ("9.255.255.255", None),
        ("11.0.0.0", None),
        ("100.63.255.255", None),
        ("100.128.0.0", None),
        ("172.15.255.255", None),
        ("172.32.0.0", None),
        ("192.167.255.255", None),
        ("198.17.255.255", None),
        ("198.20.0.0", None),
        ("223.255.255.255", None),
        ("2606:4700:4700::1111", None),
        ("2a00:1450:4001:80b::200e", None),
        ("0.0.0.0", Some("unspecified")),
        ("0.1.2.3", Some("unspecified")),
        ("10.0.0.1", Some("private")),
        ("10.255.255.255", Some("private")),
        ("100.64.0.1", Some("shared by customers of a carrier")),
        ("100.127.255.255", Some("shared by customers of a carrier")),
        ("100.100.100.200", Some("the metadata service of a cloud")),
        ("127.0.0.1", Some("loopback")),
        ("127.255.255.254", Some("loopback")),
        ("168.63.129.16", Some("the metadata service of a cloud")),
        ("169.254.0.1", Some("link-local")),
        ("169.254.169.254", Some("the metadata service of a cloud")),
        ("172.16.0.0", Some("private")),
        ("172.31.255.255", Some("private")),
        ("192.0.0.8", Some("reserved for protocols")),
        ("192.0.2.1", Some("documentation")),
        ("192.88.99.1", Some("a relay of 6to4")),
        ("192.168.178.1", Some("private")),
        ("198.18.0.1", Some("benchmarking")),
        ("198.19.255.255", Some("benchmarking")),
        ("198.51.100.7", Some("documentation")),
        ("203.0.113.7", Some("documentation")),
        ("224.0.0.251", Some("multicast")),
        ("239.255.255.250", Some("multicast")),
        ("240.0.0.1", Some("reserved")),
        ("255.255.255.255", Some("broadcast")),
        ("::", Some("unspecified")),
        ("::1", Some("loopback")),
        ("::ffff:127.0.0.1", Some("loopback")),
        ("::ffff:10.1.2.3", Some("private")),
        (
            "::ffff:169.254.169.254",
            Some("the metadata service of a cloud"),
        ),
        ("::ffff:8.8.8.8", None),
        ("::127.0.0.1", Some("IPv4 in a form that is no longer used")),
        ("64:ff9b::127.0.0.1", Some("loopback")),
        ("64:ff9b::192.168.0.1", Some("private")),
        ("64:ff9b::8.8.8.8", None),
        (
            "64:ff9b:1::8.8.8.8",
            Some("IPv4 behind a translator of its own"),
        ),
        ("100::1", Some("thrown away")),
        (
            "2001::4136:e378:8000:63bf:3fff:fdd2",
            Some("a Teredo tunnel"),
        ),
        ("2001:2::1", Some("benchmarking")),
        ("2001:20::1", Some("reserved for protocols")),
        ("2001:db8::1", Some("documentation")),
        ("2002:7f00:1::1", Some("a 6to4 tunnel")),
        ("3fff:fff::1", Some("documentation")),
        ("5f00::1", Some("not global unicast")),
        ("fc00::1", Some("private")),
        ("fd12:3456:789a::1", Some("private")),
        ("fd00:ec2::254", Some("the metadata service of a cloud")),
        ("fd20:ce::254", Some("the metadata service of a cloud")),
        ("fe80::1", Some("link-local")),
        ("fec0::1", Some("site-local")),
        ("ff02::1", Some("multicast")),
        ("::ffff:0:127.0.0.1", Some("not global unicast")),
    ];

    #[test]
    fn only_public_addresses_pass() {
        for (address, expected) in ADDRESSES {
            let found = refusal(address.parse().unwrap()).map(|block| block.what);
            assert_eq!(found, *expected, "{address}");
        }
    }

    /// A block is a network: no bit is set behind its length, or it could never be met.
    #[test]
    fn every_row_is_met_by_its_own_first_address() {
        for block in REFUSED {
            let shifted = match block.network {
                IpAddr::V4(network) => u128::from(network.to_bits()) << 96,
                IpAddr::V6(network) => network.to_bits(),
            };
            let inside = shifted.checked_shl(block.bits.into()).unwrap_or(0);
            assert_eq!(inside, 0, "{block:?}");
            assert!(refusal(block.network).is_some(), "{block:?}");
        }
    }
}
