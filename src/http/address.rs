//! Tells which IP addresses belong to the public internet, and which are never connected to.
//!
//! Ranges are those of IANA's registries of special-purpose addresses (RFC 6890), read from two
//! tables. An IPv6 address that carries an IPv4 one is judged by both.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How far an address may be trusted, the least trusted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// There are no pictures, but perhaps a cloud's credentials, or everybody at once.
    Forbidden,
    /// Of this machine, a local network, or no network at all.
    Private,
    /// Of the public internet.
    Public,
}

use Reach::{Forbidden, Private, Public};

/// IPv4 ranges as (first address, length of the prefix in bits); the first that holds counts, and
/// what is in none is public.
const V4: [([u8; 4], u32, Reach); 21] = [
    // Metadata and credentials: Oracle, Alibaba, Azure; AWS and others are link-local.
    ([192, 0, 0, 192], 32, Forbidden),
    ([100, 100, 100, 200], 32, Forbidden),
    ([168, 63, 129, 16], 32, Forbidden),
    ([169, 254, 0, 0], 16, Forbidden),
    // Multicast, reserved, broadcast.
    ([224, 0, 0, 0], 4, Forbidden),
    ([240, 0, 0, 0], 4, Forbidden),
    // This host.
    ([0, 0, 0, 0], 8, Private),
    ([127, 0, 0, 0], 8, Private),
    // Local networks, and those of carriers (CGNAT).
    ([10, 0, 0, 0], 8, Private),
    ([172, 16, 0, 0], 12, Private),
    ([192, 168, 0, 0], 16, Private),
    ([100, 64, 0, 0], 10, Private),
    // Protocols, relays, AS112, benchmarks, documentation.
    ([192, 0, 0, 0], 24, Private),
    ([192, 31, 196, 0], 24, Private),
    ([192, 52, 193, 0], 24, Private),
    ([192, 88, 99, 0], 24, Private),
    ([192, 175, 48, 0], 24, Private),
    ([198, 18, 0, 0], 15, Private),
    ([192, 0, 2, 0], 24, Private),
    ([198, 51, 100, 0], 24, Private),
    ([203, 0, 113, 0], 24, Private),
];

/// IPv6 ranges, as [`V4`]; what is in none is private, since only `2000::/3` is given out.
const V6: [([u16; 8], u32, Reach); 12] = [
    // Metadata of AWS and of Google.
    ([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32, Forbidden),
    ([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128, Forbidden),
    // Link-local, multicast.
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Forbidden),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Forbidden),
    // Protocols (Teredo among them), documentation.
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Private),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Private),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Private),
    ([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48, Private),
    // These carry an IPv4 address that alone decides: mapped, NAT64, NAT64 of a local network.
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, Public),
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, Public),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 96, Public),
    ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3, Public),
];

/// Whether the program must never connect to `address`, whoever names it.
#[must_use]
pub fn is_forbidden(address: IpAddr) -> bool {
    reach(address) == Forbidden
}

/// Whether `address` belongs to the public internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    reach(address) == Public
}

fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(v4) => reach_v4(v4),
        IpAddr::V6(v6) => {
            let bits = v6.to_bits();
            let holds = |(first, length, _): &&([u16; 8], u32, Reach)| {
                same_prefix(Ipv6Addr::from(*first).to_bits(), bits, 128 - length)
            };
            let own = V6.iter().find(holds).map_or(Private, |found| found.2);
            carried(v6)
                .into_iter()
                .flatten()
                .map(reach_v4)
                .fold(own, Reach::min)
        }
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    let bits = u128::from(address.to_bits());
    let holds = |(first, length, _): &&([u8; 4], u32, Reach)| {
        let first = Ipv4Addr::from(*first).to_bits();
        same_prefix(u128::from(first), bits, 32 - length)
    };
    V4.iter().find(holds).map_or(Public, |found| found.2)
}

/// Whether two addresses differ in their last `free` bits at most.
fn same_prefix(one: u128, other: u128, free: u32) -> bool {
    (one ^ other).checked_shr(free).unwrap_or(0) == 0
}

/// The IPv4 addresses that an IPv6 address can stand for.
fn carried(address: Ipv6Addr) -> [Option<Ipv4Addr>; 4] {
    let at = |high: u16, low: u16| {
        let bits = u32::from(high) << 16 | u32::from(low);
        Some(Ipv4Addr::from_bits(bits))
    };
    let split = |first: u32| {
        // RFC 6052 §2.2: behind a prefix of 48, 56 or 64 bits, with the bits 64 to 71 left out.
        let octets = address.octets();
        let mut wanted = (first as usize / 8..16).filter(|index| *index != 8);
        let mut next = || wanted.next().map(|index| octets[index]);
        Some(Ipv4Addr::new(next()?, next()?, next()?, next()?))
    };
    match address.segments() {
        // This host itself.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => [None; 4],
        // Compatible, mapped, translated (SIIT), NAT64.
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0 | 1, 0, 0, 0, high, low] => [at(high, low), None, None, None],
        [0x64, 0xff9b, 1, _, _, _, high, low] => [at(high, low), split(48), split(56), split(64)],
        // 6to4.
        [0x2002, high, low, ..] => [at(high, low), None, None, None],
        // Teredo: its server, and the inverted address of the client.
        [0x2001, 0, high, low, _, _, third, fourth] => {
            [at(high, low), at(!third, !fourth), None, None]
        }
        // ISATAP.
        [.., 0 | 0x200, 0x5efe, high, low] => [at(high, low), None, None, None],
        _ => [None; 4],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_all(expected: Reach, addresses: &str) {
        for address in addresses.split_whitespace() {
            let ip = address.parse().expect("an address");
            assert_eq!(reach(ip), expected, "{address}");
            assert_eq!(is_forbidden(ip), expected == Forbidden, "{address}");
            assert_eq!(is_public(ip), expected == Public, "{address}");
        }
    }

    #[test]
    fn public_addresses_are_known() {
        assert_all(
            Public,
            "93.184.216.34 8.8.8.8 1.1.1.1 126.255.255.255 128.0.0.1 9.255.255.255 11.0.0.0
             172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0 100.63.255.255 100.128.0.0
             169.253.255.255 169.255.0.0 192.0.1.0 192.0.3.0 198.17.255.255 198.20.0.0
             198.51.99.255 203.0.112.255 203.0.114.0 223.255.255.255 168.63.129.17
             2606:2800:220:1::1 2a00:1450::1 2001:4860:4860::8888 2001:200::1 3ffe::1
             ::ffff:8.8.8.8 64:ff9b::808:808 64:ff9b:1::808:808 2002:808:808::1
             2a00::5efe:808:808",
        );
    }

    #[test]
    fn addresses_of_this_machine_and_of_local_networks_are_private() {
        assert_all(
            Private,
            "127.0.0.1 127.255.255.254 0.0.0.0 0.1.2.3 10.1.2.3 172.16.0.1 172.31.255.255
             192.168.1.1 100.64.0.1 100.127.255.255 192.0.0.1 192.0.0.170 192.31.196.1
             192.52.193.1 192.88.99.1 192.175.48.1 198.18.0.1 198.19.255.255 192.0.2.1
             198.51.100.1 203.0.113.255
             :: ::1 fd12::1 fc00::1 fec0::1 feff::1 2001:db8::1 3fff::1 3fff:fff::1 5f00::1
             100::1 100:0:0:1::1 4000::1 2001:2::1 2001:10::1 2001:20::1 2001:1ff::1 2620:4f:8000::1
             ::ffff:192.168.1.1 ::ffff:127.0.0.1 ::ffff:0.0.0.0 ::ffff:192.0.2.1 ::ffff:198.18.0.1
             ::7f00:1 ::c0a8:101 ::808:808 ::ffff:0:c0a8:101 ::ffff:0:808:808
             64:ff9b::7f00:1 64:ff9b::c0a8:101 64:ff9b:1::a00:1 64:ff9b:1:808:8:800:: 64:ff9b:2::1
             2002:7f00:1::1 2002:a00:1:: 2002:c0a8:101::1 2001:0:808:808::f7f7:f7f7
             2a00::5efe:c0a8:101 2a00::200:5efe:7f00:1",
        );
    }

    #[test]
    fn metadata_link_local_and_multicast_are_never_connected_to() {
        assert_all(
            Forbidden,
            "169.254.169.254 169.254.170.2 169.254.0.1 192.0.0.192 100.100.100.200 168.63.129.16
             224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
             fe80::1 febf::1 ff02::1 ff0e::1 fd00:ec2::254 fd00:ec2::23 fd20:ce::254
             ::ffff:169.254.169.254 ::ffff:192.0.0.192 ::a9fe:a9fe ::ffff:0:a9fe:a9fe
             64:ff9b::a9fe:a9fe 64:ff9b:1::a9fe:a9fe 64:ff9b:1:a9fe:a9:fe00::
             64:ff9b:1:a9:fe:a9fe:: 64:ff9b:1:0:a9:fea9:fe00:0 2002:a9fe:a9fe::
             2001:0:a9fe:a9fe:: 2001:0:808:808::5601:5601 2a00::5efe:a9fe:a9fe",
        );
    }
}
