//! Tells which IP addresses the program may connect to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether the program must never connect to `address`: there are no pictures, but perhaps a
/// cloud's credentials.
#[must_use]
pub fn is_forbidden(address: IpAddr) -> bool {
    const FORBIDDEN_V4: [Ipv4Addr; 2] = [
        Ipv4Addr::new(100, 100, 100, 200),
        Ipv4Addr::new(168, 63, 129, 16),
    ];
    const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    match plain(address) {
        IpAddr::V4(v4) => {
            v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || v4.is_broadcast()
                || FORBIDDEN_V4.contains(&v4)
        }
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6 == METADATA_V6
        }
    }
}

/// Whether `address` belongs to the public internet.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    if is_forbidden(address) {
        return false;
    }
    match plain(address) {
        IpAddr::V4(v4) => {
            let octets = v4.octets();
            let shared = octets[0] == 100 && octets[1] & 0xc0 == 64;
            let reserved = octets[0] == 0 || octets[0] >= 240;
            !(v4.is_private() || v4.is_loopback() || shared || reserved)
        }
        IpAddr::V6(v6) => !(v6.is_loopback() || v6.is_unique_local()),
    }
}

/// The IPv4 address that an IPv6 one stands for (mapped, or by NAT64 or 6to4), else the same.
fn plain(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            embedded(high, low)
        }
        [0x2002, high, low, ..] => embedded(high, low),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_sorted_into_public_private_and_forbidden() {
        let table = [
            ("93.184.216.34", "public"),
            ("2606:2800:220:1::1", "public"),
            ("127.0.0.1", "private"),
            ("10.1.2.3", "private"),
            ("172.16.0.1", "private"),
            ("192.168.1.1", "private"),
            ("100.64.0.1", "private"),
            ("::1", "private"),
            ("fd12::1", "private"),
            ("::ffff:192.168.1.1", "private"),
            ("169.254.169.254", "forbidden"),
            ("169.254.170.2", "forbidden"),
            ("fe80::1", "forbidden"),
            ("fd00:ec2::254", "forbidden"),
            ("::ffff:169.254.169.254", "forbidden"),
            ("64:ff9b::a9fe:a9fe", "forbidden"),
            ("2002:a9fe:a9fe::", "forbidden"),
            ("100.100.100.200", "forbidden"),
            ("0.0.0.0", "forbidden"),
            ("::", "forbidden"),
            ("255.255.255.255", "forbidden"),
        ];
        for (address, expected) in table {
            let ip = address.parse().expect("an address");
            let sorted = match (is_forbidden(ip), is_public(ip)) {
                (true, false) => "forbidden",
                (false, true) => "public",
                (false, false) => "private",
                (true, true) => "both",
            };
            assert_eq!(sorted, expected, "{address}");
        }
    }
}
