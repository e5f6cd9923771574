//! Sockets that listen: how many connections wait for the server, what each of them inherits, and how a
//! port goes from one process to the next.
//!
//! An operator's server shares its port: the next process may listen before the last one is gone. The kernel
//! then divides new connections between the two, and resets those that wait at a socket when that is closed. So
//! the process that goes first stops the first packet of new connections: the client sends it again after a
//! second, and by then there is only the other process. What had begun before is accepted meanwhile.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader},
    net::{SocketAddr, TcpListener, ToSocketAddrs},
    os::fd::AsFd,
    time::Duration,
};

use socket2::{Domain, Protocol, SockFilter, SockRef, Socket, Type};

/// Connections that the system takes before the server has accepted them.
///
/// The standard library asks for 128. A client that comes after them tries again after a second, so a
/// burst of a thousand queries would be late although the server has time. Where `net.core.somaxconn` is
/// less, that counts.
const BACKLOG: i32 = 1024;

/// What the system may keep of a connection on its way in, and as much on its way out, in bytes; it doubles
/// that for its own bookkeeping.
///
/// It is not in the gateway's books, and left alone it grows to 6 MiB in and 4 MiB out for each connection whose
/// reader does not read. This is enough for 20 megabits a second to the other side of the world, and four times
/// what a reply may have unread in this process.
const SOCKET_BYTES: usize = 256 * 1024;

/// How long a port that is given up still accepts what had begun to connect: longer than the way there and
/// back, shorter than the second after which a first packet is sent again (RFC 6298, 2.1).
pub(super) const SETTLES: Duration = Duration::from_millis(500);

/// What listens in this network namespace, before all else that is open there.
const LISTENING: [&str; 2] = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];

/// The state of a socket that listens, as these tables have it.
const LISTEN: &str = "0A";

/// Where a socket listens that this process may share with others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Port {
    /// What tells the socket apart.
    inode: u64,
}

impl Port {
    /// Where this one listens; `None` where no other may share it, or the system does not say.
    pub(super) fn of(listener: &impl AsFd) -> Option<Self> {
        let shared = SockRef::from(listener).reuse_port().ok()?;
        let inode = rustix::fs::fstat(listener).ok()?.st_ino;
        shared.then_some(Self { inode })
    }

    /// Whether another process listens at the same address. Where the system does not say, none does.
    pub(super) fn has_another(self) -> bool {
        LISTENING.iter().any(|table| {
            let listening = |line: &String| column(line, 3).is_none_or(|state| state == LISTEN);
            let lines = File::open(table).map(|file| BufReader::new(file).lines());
            // The first line names the columns.
            let lines = lines.into_iter().flatten().map_while(Result::ok).skip(1);
            self.is_shared(&lines.take_while(listening).collect::<Vec<_>>())
        })
    }

    fn is_shared(self, lines: &[String]) -> bool {
        let is_ours = |line: &&String| column(line, 9) == Some(self.inode.to_string().as_str());
        let ours = lines.iter().find(is_ours);
        let address = ours.and_then(|line| column(line, 1));
        let mut others = lines.iter().filter(|line| !is_ours(line));
        address.is_some() && others.any(|line| column(line, 1) == address)
    }
}

fn column(line: &str, at: usize) -> Option<&str> {
    line.split_whitespace().nth(at)
}

/// Lets no client begin to connect any more. One that has begun is still to be accepted.
pub(super) fn stop_new_connections(listener: &impl AsFd) -> io::Result<()> {
    // Byte 13 of a packet's header has its flags, and 2 is that of the first packet.
    let program = [
        SockFilter::new(0x30, 0, 0, 13),
        SockFilter::new(0x45, 0, 1, 2),
        SockFilter::new(0x06, 0, 0, 0),
        SockFilter::new(0x06, 0, 0, u32::MAX),
    ];
    SockRef::from(listener).attach_filter(&program)
}

/// An address that this process has.
pub(super) enum Entrance {
    /// It listens there.
    Open(TcpListener),
    /// Another process listens there. This one has only bound its socket, and no client is sent to it.
    Beside(Socket),
}

impl Entrance {
    /// Takes the first address of `HOST:PORT` that can be had; `shared`: also beside others of the same user
    /// that share it.
    pub(super) fn at(address: &str, shared: bool) -> io::Result<Self> {
        let mut failed = io::Error::new(io::ErrorKind::InvalidInput, "the name has no address");
        for address in address.to_socket_addrs()? {
            match Self::at_this(address, shared) {
                Ok(entrance) => return Ok(entrance),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    fn at_this(address: SocketAddr, shared: bool) -> io::Result<Self> {
        let socket = bind(address, false);
        match socket {
            Ok(socket) => {
                // Asked for afterwards, so that it is known whether another process was here before.
                socket.set_reuse_port(shared)?;
                listen(socket).map(Self::Open)
            }
            Err(error) if shared && error.kind() == io::ErrorKind::AddrInUse => {
                bind(address, true).map(Self::Beside)
            }
            Err(error) => Err(error),
        }
    }

    /// Where it is.
    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Open(listener) => listener.local_addr(),
            Self::Beside(socket) => {
                let address = socket.local_addr()?.as_socket();
                address.ok_or_else(|| io::ErrorKind::AddrNotAvailable.into())
            }
        }
    }

    /// From now on, clients that connect come here.
    pub(super) fn open(self) -> io::Result<TcpListener> {
        match self {
            Self::Open(listener) => Ok(listener),
            Self::Beside(socket) => listen(socket),
        }
    }
}

fn bind(address: SocketAddr, shared: bool) -> io::Result<Socket> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    // As the standard library does: connections of the process before this one do not keep it from binding.
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    // Small chunks must not wait for each other's acknowledgements. Every connection inherits it,
    // and so needs no call of its own.
    socket.set_tcp_nodelay(true)?;
    // These too, and the first only if it is set before a client connects.
    socket.set_recv_buffer_size(SOCKET_BYTES)?;
    socket.set_send_buffer_size(SOCKET_BYTES)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn listen(socket: Socket) -> io::Result<TcpListener> {
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn listen(address: &str, shared: bool) -> io::Result<TcpListener> {
        Entrance::at(address, shared)?.open()
    }

    /// Nothing sets any of it on a connection.
    #[test]
    fn connections_inherit_how_they_send_and_how_much_waits() {
        let listener = listen("127.0.0.1:0", false).unwrap();
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
        let listener = listen("localhost:0", false).unwrap();
        let address = listener.local_addr().unwrap();
        assert!(address.ip().is_loopback());
        for shared in [false, true] {
            let taken = listen(&address.to_string(), shared).unwrap_err();
            assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
        }
        assert!(listen("no port", false).is_err());
    }

    /// The second process is sent no client until it opens its entrance.
    #[test]
    fn a_shared_port_can_be_had_twice() {
        for free in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(first) = listen(free, true) else {
                continue;
            };
            let address = first.local_addr().unwrap();
            let port = Port::of(&first).unwrap();
            assert!(!port.has_another());
            let taken = listen(&address.to_string(), false);
            assert!(taken.is_err(), "taken without `shared`");
            let second = Entrance::at(&address.to_string(), true).unwrap();
            assert!(matches!(second, Entrance::Beside(_)));
            assert_eq!(second.address().unwrap(), address);
            assert!(!port.has_another());
            let second = second.open().unwrap();
            assert!(port.has_another() && Port::of(&second).unwrap().has_another());
            drop(second);
            assert!(!port.has_another());
        }
    }

    /// Clients that come from then on come to the other one, some of them a second late; those that had come
    /// before are accepted.
    #[test]
    fn a_port_that_is_given_up_refuses_no_client() {
        let first = listen("127.0.0.1:0", true).unwrap();
        let address = first.local_addr().unwrap();
        let connect = move || TcpStream::connect(address).unwrap();
        let _before: Vec<_> = (0..8).map(|_| connect()).collect();
        let second = listen(&address.to_string(), true).unwrap();
        stop_new_connections(&first).unwrap();
        // Each in a thread of its own: one that waits must not keep the next.
        let late: Vec<_> = (0..32).map(|_| std::thread::spawn(connect)).collect();
        std::thread::park_timeout(SETTLES);
        let accepted = |from: &TcpListener| std::iter::from_fn(|| from.accept().ok()).count();
        assert_eq!(accepted(&first), 8);
        drop(first);
        let _late: Vec<_> = late.into_iter().map(|it| it.join().unwrap()).collect();
        assert_eq!(accepted(&second), 32);
    }
}
