//! What listens: how many connections there may be, whose place a new one takes, and how they come to an end.

use std::{convert::Infallible, future::Future, io, net::IpAddr, sync::Arc, time::Duration};

use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep, timeout},
};

use super::{
    body::ResponseBody,
    connection::Connection,
    idle::OpenConnections,
    places::{Place, Places},
    seat::Seat,
    socket::{self, Entrance, Port, SETTLES},
    stream::Stream,
};
use crate::{
    bots::Stop,
    compute::{self, Owner},
    metrics,
};

/// Bytes of headers, and of answer that wait in hyper's own buffer. hyper wants 8 KiB at least.
const BUFFER_BYTES_MAX: usize = 32 * 1024;

/// Headers of one request. Poe sends about ten.
const HEADERS_MAX: usize = 64;

/// Pause after a connection could not be taken: mostly there are no more descriptors.
const BREATH: Duration = Duration::from_millis(100);

/// How long a connection without a request keeps its place at least: the first head comes right behind the connection,
/// and in a rush each would take the place of the one before it could be read.
const HEAD_TIME_MIN: Duration = Duration::from_millis(5);

/// How long a connection may take to go before another one is asked as well. It has to be polled for that, and may
/// wait for its turn.
const LEAVES: Duration = Duration::from_millis(50);

/// How long no other connection is accepted for the sake of one that waits for a place.
const ROOM_TIME_MAX: Duration = Duration::from_millis(500);

/// Time between two lines of the log that say the same.
const QUIET: Duration = Duration::from_secs(10);

/// How long clients that came too late may take to hear it.
const LAST_WORD: Duration = Duration::from_secs(1);

/// A listener that serves.
pub(super) struct HttpServer {
    /// Ends with the last connection.
    task: JoinHandle<()>,
    leave: Stop,
    door: Acceptor,
}

/// Where connections come in.
#[derive(Clone)]
pub(super) struct Acceptor {
    /// What listens there, if another process may do so, too.
    pub(super) port: Option<Port>,
    closed: Stop,
}

impl Acceptor {
    /// Leaves the port to another process. A client that has begun to connect is still let in.
    pub(super) fn close(&self) {
        self.closed.now();
    }
}

/// What serves the connections of one listener.
struct House<A> {
    /// Answers a request.
    answer: A,
    http: http1::Builder,
    places: Arc<Places>,
    /// The last request of each connection is under way.
    leave: Stop,
    /// The last of those is answered.
    over: Stop,
    door: Acceptor,
    crowd: Option<Crowd>,
}

/// Where connections go that are too many for the serving threads.
#[derive(Clone)]
pub(super) struct Crowd {
    pub(super) compute: compute::Handle,
    /// Whose they are as long as their bot is not known.
    pub(super) unattributed: Owner,
}

impl Crowd {
    /// There.
    pub(super) fn at(compute: compute::Handle) -> Self {
        Self {
            compute,
            unattributed: Owner::unattributed(),
        }
    }
}

impl HttpServer {
    /// Serves the clients that come in there, so many connections at once at most.
    pub(super) fn start<A, F>(
        entrance: Entrance,
        connections: u32,
        crowd: Option<Crowd>,
        answer: A,
    ) -> io::Result<Self>
    where
        A: Fn(Request<Incoming>, Arc<Seat>) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Result<Response<ResponseBody>, Infallible>> + Send + 'static,
    {
        let mut http = http1::Builder::new();
        // The time for headers is counted by the connection itself.
        http.header_read_timeout(None)
            .max_headers(HEADERS_MAX)
            .max_buf_size(BUFFER_BYTES_MAX);
        let listener = TcpListener::from_std(entrance.open()?)?;
        let leave = Stop::default();
        let door = Acceptor {
            port: Port::of(&listener),
            closed: Stop::default(),
        };
        let house = House {
            answer,
            http,
            places: Places::new(connections),
            leave: leave.clone(),
            over: Stop::default(),
            door: door.clone(),
            crowd,
        };
        let task = tokio::spawn(house.serve(listener));
        Ok(Self { task, leave, door })
    }

    /// Where connections come in.
    pub(super) fn door(&self) -> Acceptor {
        self.door.clone()
    }

    /// Has every connection end with the request that is under way, and waits until the last is answered.
    /// A client that connects meanwhile has one request, which is not waited for.
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
    F: Future<Output = Result<Response<ResponseBody>, Infallible>> + Send + 'static,
{
    /// Accepts until no connection is left. Dropping this cuts all.
    async fn serve(self, listener: TcpListener) {
        let (mut connections, mut late) = (JoinSet::new(), JoinSet::new());
        let mut overload = Overload::new();
        let leaving = self
            .accept(&listener, &mut connections, &mut late, &mut overload)
            .await;
        let among = self.among(leaving, &mut connections, &mut late);
        self.take_the_rest(listener, among, &mut overload);
        while connections.join_next().await.is_some() {}
        self.over.now();
        let heard = async { while late.join_next().await.is_some() {} };
        // A client that has not heard by then does not ask.
        let _ = timeout(LAST_WORD, heard).await;
    }

    /// Accepts until the door is closed, or all have left that came before it was time to leave. Says whether
    /// it is that time.
    async fn accept(
        &self,
        listener: &TcpListener,
        connections: &mut JoinSet<()>,
        late: &mut JoinSet<()>,
        overload: &mut Overload,
    ) -> bool {
        let mut left = std::pin::pin!(self.leave.wait());
        let mut closed = std::pin::pin!(self.closed(listener));
        let mut leaving = false;
        let mut deaf = Episode::default();
        while !(leaving && connections.is_empty()) {
            tokio::select! {
                biased;
                () = &mut left, if !leaving => leaving = true,
                () = &mut closed => break,
                Some(_) = connections.join_next() => overload.open.gone(),
                Some(_) = late.join_next() => overload.open.gone(),
                accepted = listener.accept() => match accepted {
                    Ok((socket, peer)) => {
                        deaf.is_over();
                        let place = match self.places.take() {
                            None => self.make_room(overload).await,
                            place => place,
                        };
                        let among = self.among(leaving, connections, late);
                        self.take((socket, peer.ip()), place, among, overload);
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
        leaving
    }

    /// Closes the door. On a busy machine a connection may have come that was not looked for yet: closing
    /// would cut it.
    fn take_the_rest(
        &self,
        listener: TcpListener,
        (all, until): (&mut JoinSet<()>, &Stop),
        overload: &mut Overload,
    ) {
        let Ok(listener) = listener.into_std() else {
            return;
        };
        while let Ok((socket, peer)) = listener.accept() {
            let socket = socket.set_nonblocking(true).map(|()| socket);
            if let Ok(socket) = socket.and_then(TcpStream::from_std) {
                let (place, among) = (self.places.take(), (&mut *all, until));
                self.take((socket, peer.ip()), place, among, overload);
            }
        }
    }

    /// The connections that a new one is among, and until when.
    fn among<'a>(
        &'a self,
        leaving: bool,
        connections: &'a mut JoinSet<()>,
        late: &'a mut JoinSet<()>,
    ) -> (&'a mut JoinSet<()>, &'a Stop) {
        if leaving {
            (late, &self.over)
        } else {
            (connections, &self.leave)
        }
    }

    /// Waits until the door is closed, and the clients that had begun to connect are in.
    async fn closed(&self, listener: &TcpListener) {
        self.door.closed.wait().await;
        if let Err(error) = socket::stop_new_connections(listener) {
            tracing::warn!(%error, "who connects just now may be refused");
        }
        sleep(SETTLES).await;
    }

    /// Has the connection go that has longest had no request under way, and takes its place, or whichever comes free
    /// meanwhile. `None`: each has a request under way, or those that have none did not go in time.
    ///
    /// No other connection is accepted meanwhile: there is no place for it either.
    async fn make_room(&self, overload: &mut Overload) -> Option<Place> {
        let until = Instant::now() + ROOM_TIME_MAX;
        while Instant::now() < until {
            let longest = overload.open.longest_idle().await?;
            let place = self.places.take_until(longest.since() + HEAD_TIME_MIN);
            if let Some(place) = place.await {
                return Some(place);
            }
            if longest.ask() {
                overload.evicting.tell(|| {
                    tracing::warn!("too many connections: idle ones are closed to make room");
                });
                let place = self.places.take_until(Instant::now() + LEAVES).await;
                if place.is_some() {
                    return place;
                }
            }
        }
        None
    }

    /// Serves a connection at this place, among `all`, until it is time to leave. Without a place it is closed.
    fn take(
        &self,
        (socket, peer): (TcpStream, IpAddr),
        place: Option<Place>,
        (all, until): (&mut JoinSet<()>, &Stop),
        overload: &mut Overload,
    ) {
        let Some(place) = place else {
            metrics::closed_connection("crowded");
            return overload
                .closing
                .tell(|| tracing::warn!("too many connections: new ones are closed at once"));
        };
        let owner = self.crowd.as_ref().map(|crowd| {
            crowd.compute.asked(&crowd.unattributed);
            crowd.unattributed.clone()
        });
        let seat = Arc::new(Seat::new(peer, owner, overload.open.come(), &self.places));
        let (answer, at) = (self.answer.clone(), Arc::clone(&seat));
        let service = service_fn(move |request| {
            at.begin();
            answer(request, Arc::clone(&at))
        });
        let io = TokioIo::new(Stream::new(socket, place, Arc::clone(&seat)));
        let http = Box::pin(self.http.serve_connection(io, service));
        let compute = self.crowd.as_ref().map(|crowd| crowd.compute.clone());
        all.spawn(Connection::new(http, seat, until, compute));
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

/// All that are open, and what was said of there being too many. The accept loop alone has it.
struct Overload {
    open: OpenConnections,
    evicting: Repeated,
    closing: Repeated,
}

impl Overload {
    fn new() -> Self {
        Self {
            open: OpenConnections::new(),
            evicting: Repeated::default(),
            closing: Repeated::default(),
        }
    }
}

/// Something that happens again and again, and is said from time to time.
#[derive(Default)]
struct Repeated {
    told: Option<Instant>,
}

impl Repeated {
    fn tell(&mut self, tell: impl FnOnce()) {
        if self.told.is_none_or(|told| told.elapsed() >= QUIET) {
            self.told = Some(Instant::now());
            tell();
        }
    }
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
