//! Sockets that listen: how many connections wait for the server, and what each of them inherits.

use std::{
    io,
    net::{SocketAddr, TcpListener, ToSocketAddrs},
};

use socket2::{Domain, Protocol, Socket, Type};

/// Connections that the system takes before the server has accepted them.
///
/// The standard library asks for 128. Whoever comes after them tries again after a second, so a burst
/// of a thousand queries would be late although the server has time. Where `net.core.somaxconn` is
/// less, that counts.
const BACKLOG: i32 = 1024;

/// What the system may keep of a connection on its way in, and as much on its way out, in bytes; it doubles
/// that for its own bookkeeping.
///
/// It is in nobody's books, and left alone it grows to 6 MiB in and 4 MiB out for each connection whose
/// reader does not read. This is enough for 20 megabits a second to the other side of the world, and four times
/// what a reply may have unread in this process.
const SOCKET_BYTES: usize = 256 * 1024;

/// Listens on the first address of `HOST:PORT` that can be had, without blocking.
pub(super) fn listen(address: &str) -> io::Result<TcpListener> {
    let mut failed = io::Error::new(io::ErrorKind::InvalidInput, "the name has no address");
    for address in address.to_socket_addrs()? {
        match listen_on(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    // As the standard library does: connections of the process before this one are in nobody's way.
    socket.set_reuse_address(true)?;
    // Small chunks must not wait for each other's acknowledgements. Every connection inherits it,
    // and so needs no call of its own.
    socket.set_tcp_nodelay(true)?;
    // These too, and the first only if it is set before anybody connects.
    socket.set_recv_buffer_size(SOCKET_BYTES)?;
    socket.set_send_buffer_size(SOCKET_BYTES)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    /// Nothing sets any of it on a connection.
    #[test]
    fn connections_inherit_how_they_send_and_how_much_waits() {
        let listener = listen("127.0.0.1:0").unwrap();
        listener.set_nonblocking(false).unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (accepted, _) = listener.accept().unwrap();
        assert!(accepted.nodelay().unwrap());
        let accepted = Socket::from(accepted);
        // Where `net.core.rmem_max` or `wmem_max` is less, that counts: 208 KiB as a rule.
        let sizes = [accepted.recv_buffer_size(), accepted.send_buffer_size()];
        for size in sizes.map(Result::unwrap) {
            assert!((64 * 1024..=2 * SOCKET_BYTES).contains(&size), "{size}");
        }
    }

    #[test]
    fn a_name_is_as_good_as_an_address() {
        let listener = listen("localhost:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert!(address.ip().is_loopback());
        let taken = listen(&address.to_string()).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
        assert!(listen("no port").is_err());
    }
}
