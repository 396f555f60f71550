//! Asks the kernel for one TCP socket (`sock_diag(7)`).

use std::net::{IpAddr, SocketAddr};

use rustix::io;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recv, send, socket_with,
};

/// Of `struct nlmsghdr`: length, type, flags, number and sender.
const HEADER: usize = 16;
/// And `struct inet_diag_req_v2`: family and protocol, states, identity.
const QUESTION: u32 = 72;
const _: () = assert!(QUESTION as usize == HEADER + 8 + IDENTITY);
/// Of `struct inet_diag_sockid`: both ports, both addresses, interface and cookie.
const IDENTITY: usize = 48;
/// Without interface and cookie.
const ENDS: usize = 36;
/// Of `struct inet_diag_msg`: where the identity lies, the user, and the inode.
const ANSWERED: usize = HEADER + 4;
const USER: usize = ANSWERED + IDENTITY + 12;
const INODE: usize = USER + 4;
/// Message types, and the flag of a question.
const BY_FAMILY: u16 = 20;
const REQUEST: u16 = 1;
/// Address families and the protocol, as numbers.
const INET: u8 = 2;
const INET6: u8 = 10;
const TCP: u8 = 6;

/// The user of the socket at `theirs` that is connected with `ours`. None if no program has it open, and if the
/// kernel does not tell: it lacks the module, or forbids this program to ask.
pub(super) fn user(theirs: SocketAddr, ours: SocketAddr) -> Option<u32> {
    let identity = identity(theirs, ours)?;
    let answer = answer(&question(theirs, &identity)).ok()?;
    user_in(&answer, &identity)
}

/// Ports and addresses of the socket, which is meant whatever its interface and cookie are.
fn identity(theirs: SocketAddr, ours: SocketAddr) -> Option<[u8; IDENTITY]> {
    let mut identity = [0; IDENTITY];
    identity[..2].copy_from_slice(&theirs.port().to_be_bytes());
    identity[2..4].copy_from_slice(&ours.port().to_be_bytes());
    match (theirs.ip(), ours.ip()) {
        (IpAddr::V4(theirs), IpAddr::V4(ours)) => {
            identity[4..8].copy_from_slice(&theirs.octets());
            identity[20..24].copy_from_slice(&ours.octets());
        }
        (IpAddr::V6(theirs), IpAddr::V6(ours)) => {
            identity[4..20].copy_from_slice(&theirs.octets());
            identity[20..36].copy_from_slice(&ours.octets());
        }
        _ => return None,
    }
    // After the interface, the cookie that stands for any.
    identity[ENDS + 4..].fill(0xff);
    Some(identity)
}

fn question(theirs: SocketAddr, identity: &[u8; IDENTITY]) -> Vec<u8> {
    let mut question = Vec::with_capacity(QUESTION as usize);
    question.extend(QUESTION.to_ne_bytes());
    question.extend(BY_FAMILY.to_ne_bytes());
    question.extend(REQUEST.to_ne_bytes());
    question.extend([0; 8]);
    let family = if theirs.is_ipv4() { INET } else { INET6 };
    question.extend([family, TCP, 0, 0]);
    // Of every state.
    question.extend([0xff; 4]);
    question.extend(identity);
    question
}

fn answer(question: &[u8]) -> io::Result<Vec<u8>> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        Some(netlink::SOCK_DIAG),
    )?;
    send(&socket, question, SendFlags::empty())?;
    let mut answer = vec![0; 4096];
    // It was answered before the question's call returned.
    let (length, _) = recv(&socket, &mut answer[..], RecvFlags::DONTWAIT)?;
    answer.truncate(length);
    Ok(answer)
}

/// The user in an answer, if that is about the socket of this identity and a program has it open.
fn user_in(answer: &[u8], identity: &[u8; IDENTITY]) -> Option<u32> {
    let kind = answer.get(4..6)?;
    // An error has another type; a socket that listens at the same port has no other end.
    let is_it = kind == BY_FAMILY.to_ne_bytes()
        && answer.get(ANSWERED..ANSWERED + ENDS)? == &identity[..ENDS];
    let number = |at: usize| {
        let bytes = answer.get(at..at + 4)?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    };
    // A socket that no program has any more has no inode, and is said to be root's.
    (is_it && number(INODE)? != 0).then(|| number(USER))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_is_told_only_of_an_open_socket_between_these_ends() {
        for ends in [
            ["127.0.0.1:40000", "127.0.0.1:8080"],
            ["[::1]:40000", "[::1]:8080"],
        ] {
            let [theirs, ours] = ends.map(|end| end.parse().expect("an address"));
            let identity = identity(theirs, ours).expect("of one family");
            let answer = |kind: u16, identity: &[u8], inode: u32| {
                let mut answer = vec![0; ANSWERED];
                answer[4..6].copy_from_slice(&kind.to_ne_bytes());
                answer.extend(identity);
                answer.extend([0; 12]);
                answer.extend(1000_u32.to_ne_bytes());
                answer.extend(inode.to_ne_bytes());
                answer
            };
            let whole = answer(BY_FAMILY, &identity, 7312);
            assert_eq!(user_in(&whole, &identity), Some(1000));
            for length in 0..whole.len() {
                assert_eq!(user_in(&whole[..length], &identity), None, "{length}");
            }
            let closed = answer(BY_FAMILY, &identity, 0);
            assert_eq!(user_in(&closed, &identity), None);
            let error = answer(2, &identity, 7312);
            assert_eq!(user_in(&error, &identity), None);
            let mut listening = identity;
            listening[2..4].fill(0);
            let listening = answer(BY_FAMILY, &listening, 7312);
            assert_eq!(user_in(&listening, &identity), None);
        }
    }
}
