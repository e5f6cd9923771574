//! Who listens: how many connections there may be, and how they come to an end.

use std::{convert::Infallible, future::Future, io, net::IpAddr, sync::Arc, time::Duration};

use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
    time::sleep,
};

use super::{
    body::Answer,
    connection::{Connection, Seat},
    stream::Stream,
};
use crate::{
    bots::Stop,
    compute::{self, Owner},
};

/// Bytes of headers, and of answer that wait in hyper's own buffer. hyper wants 8 KiB at least.
const BUFFER_BYTES_MAX: usize = 32 * 1024;

/// Headers of one request. Poe sends about ten.
const HEADERS_MAX: usize = 64;

/// Pause after a connection could not be taken: mostly there are no more descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// A listener that serves.
pub(super) struct Front {
    /// Ends with the last connection.
    task: JoinHandle<()>,
    leave: Stop,
}

/// What serves the connections of one listener.
struct House<A> {
    /// Answers a request.
    answer: A,
    http: http1::Builder,
    places: Arc<Semaphore>,
    leave: Stop,
    crowd: Option<Crowd>,
}

/// Where connections go that are too many for the serving threads.
#[derive(Clone)]
pub(super) struct Crowd {
    pub(super) compute: compute::Handle,
    /// Whose they are as long as nobody knows.
    pub(super) nobody: Owner,
}

impl Crowd {
    /// There.
    pub(super) fn at(compute: compute::Handle) -> Self {
        let nobody = Owner::nobody();
        Self { compute, nobody }
    }
}

impl Front {
    /// Serves on a bound listener, so many connections at once at most.
    pub(super) fn start<A, F>(
        listener: TcpListener,
        connections: u32,
        crowd: Option<Crowd>,
        answer: A,
    ) -> Self
    where
        A: Fn(Request<Incoming>, Arc<Seat>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response<Answer>, Infallible>> + Send + 'static,
    {
        let mut http = http1::Builder::new();
        // The time for headers is counted by the connection itself.
        http.header_read_timeout(None)
            .max_headers(HEADERS_MAX)
            .max_buf_size(BUFFER_BYTES_MAX);
        let connections = usize::try_from(connections).unwrap_or(usize::MAX);
        let leave = Stop::default();
        let house = House {
            answer,
            http,
            places: Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))),
            leave: leave.clone(),
            crowd,
        };
        let task = tokio::spawn(house.serve(listener));
        Self { task, leave }
    }

    /// Takes no more connections, and waits until the last request is answered.
    pub(super) async fn drained(&mut self) {
        self.leave.now();
        if !self.task.is_finished() {
            // One that panicked has said so.
            let _ = (&mut self.task).await;
        }
    }

    /// Cuts every connection.
    pub(super) fn cut(&self) {
        self.task.abort();
    }
}

impl<A, F> House<A>
where
    A: Fn(Request<Incoming>, Arc<Seat>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<Answer>, Infallible>> + Send + 'static,
{
    /// Accepts until it is time to leave; then waits for the last connection. Dropping this cuts all.
    async fn serve(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        let mut left = std::pin::pin!(self.leave.wait());
        let mut full = Episode::default();
        let mut deaf = Episode::default();
        loop {
            tokio::select! {
                biased;
                () = &mut left => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((socket, peer)) => {
                        deaf.is_over();
                        self.take((socket, peer.ip()), &mut connections, &mut full);
                    }
                    Err(error) if is_of_one(&error) => {}
                    Err(error) => {
                        deaf.tell(|| tracing::error!(
                            %error,
                            hint = "where too many files are open, raise `ulimit -n` (`LimitNOFILE` of a unit)",
                            "connections cannot be accepted; it is tried again 10 times a second"
                        ));
                        sleep(BREATH).await;
                    }
                },
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    }

    fn take(
        &self,
        (socket, peer): (TcpStream, IpAddr),
        connections: &mut JoinSet<()>,
        full: &mut Episode,
    ) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            return full
                .tell(|| tracing::warn!("too many connections: new ones are closed at once"));
        };
        full.is_over();
        let nobody = self.crowd.as_ref().map(|crowd| {
            crowd.compute.asked(&crowd.nobody);
            crowd.nobody.clone()
        });
        let seat = Arc::new(Seat::new(peer, nobody));
        let (answer, at) = (self.answer.clone(), Arc::clone(&seat));
        let service = service_fn(move |request| {
            at.begin();
            answer(request, Arc::clone(&at))
        });
        let io = TokioIo::new(Stream::new(socket, place, Arc::clone(&seat)));
        let http = Box::pin(self.http.serve_connection(io, service));
        let compute = self.crowd.as_ref().map(|crowd| crowd.compute.clone());
        connections.spawn(Connection::new(http, seat, &self.leave, compute));
    }
}

/// Whether this is the fault of one connection, which is gone, and says nothing of the next.
fn is_of_one(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

/// Something that goes on for a while, and is said once.
#[derive(Default)]
struct Episode {
    told: bool,
}

impl Episode {
    fn tell(&mut self, tell: impl FnOnce()) {
        if !std::mem::replace(&mut self.told, true) {
            tell();
        }
    }

    fn is_over(&mut self) {
        self.told = false;
    }
}
