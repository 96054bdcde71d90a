//! Keeps pulls away from addresses that lie inside: of this machine, of the network it is in, of
//! what a cloud has beside it.
//!
//! Names are resolved here and only what is public is handed on to be connected to, so that a
//! name that answers otherwise the second time gains nothing.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Whether an address belongs to the public network.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        // This network; shared by carriers; protocols; benchmarks; multicast and what is reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
        || a >= 224;
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let inner =
        |high: u16, low: u16| is_public_v4(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)));
    match address.segments() {
        // An older address in a newer one's clothes: mapped, translated, 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => inner(high, low),
        // Teredo, documentation.
        [0x2001, 0 | 0xdb8, ..] => false,
        // What is given out is 2000::/3; the rest is loopback, local, multicast or not in use.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// Resolves names to what may be connected to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard {
    /// Whether private addresses may be, too.
    pub(super) private: bool,
}

impl Guard {
    /// Whether a pull may connect to this address.
    pub(super) fn allows(self, address: IpAddr) -> bool {
        self.private || is_public(address)
    }

    /// Lets a host written in figures through only when it may be reached; names are looked at
    /// when they are resolved.
    pub(super) fn admits(self, host: Option<&str>) -> Result<(), String> {
        let host = host.unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) if !self.allows(address) => Err(format!(
                "{host} is a private address, which feedgate may not reach"
            )),
            _ => Ok(()),
        }
    }

    /// The addresses of a name that may be connected to.
    pub(super) async fn look_up(self, host: &str) -> std::io::Result<Vec<SocketAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.filter(|address| self.allows(address.ip())).collect())
    }
}

/// Why a name is refused.
pub(super) fn is_inside(host: &str) -> String {
    format!("{host} leads to a private address, which feedgate may not reach")
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = *self;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let kept = guard.look_up(&host).await?;
            if kept.is_empty() {
                return Err(is_inside(&host).into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_inside_is_not_public_however_it_is_written() {
        for inside in [
            "127.0.0.1",
            "127.8.9.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "203.0.113.7",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd12:3456::1",
            "fec0::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "::7f00:1",
        ] {
            assert!(!is_public(inside.parse().expect("an address")), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "93.184.216.34",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2002:101:101::",
        ] {
            assert!(is_public(outside.parse().expect("an address")), "{outside}");
        }
    }
}
