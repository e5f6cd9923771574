//! One run: a fresh store with the state of one call, its meters, and how it ended.
//!
//! A run is a future that owns everything it uses. Polling it lets the guest compute; dropping it,
//! wherever the guest is, frees the instance and everything it held open.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use wasmtime::{Store, UpdateDeadline, component::ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView};

use super::{
    Component, EngineKind, clocks,
    cpu_meter::{CpuBudget, CpuMeter, Verdict},
    meter::{MappingRoom, MemoryMeter},
    resources::Looks,
    run_error::{self, RunError},
    ticker::Ticker,
};
use crate::{
    compute,
    imports::{Call, http::Outbound, log::BotLog},
};
use ravenry_base::memory::{Booking, Holder, Holders, MemoryPool};

/// How long a poll may last where there are no compute threads: as at a serving thread.
const SLICE: Duration = Duration::from_nanos(compute::SERVING_SLICE);

/// Bytes that one call from the guest to the host may bring along.
///
/// As much as a question to another bot may have, the largest of all; far below what would hurt. Larger
/// files come in pieces.
const HOST_CALL_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Resources (streams, pollables, requests, …) that one instance may hold.
///
/// A bot with ten requests under way has about a hundred. What is large among them is booked: see
/// [`Looks`](super::resources::Looks).
const RESOURCES_MAX: usize = 512;

/// Random bytes that one call may ask for.
const RANDOM_BYTES_MAX: u64 = 1024 * 1024;

/// What one run may use.
#[derive(Clone, Debug)]
pub struct Allowance {
    /// Computing time.
    pub cpu: CpuBudget,
    /// All memories and tables together, in bytes.
    pub memory_bytes_max: u64,
    /// What the memory is booked on: bot, tenant, process.
    pub pools: [Arc<MemoryPool>; 3],
    /// The runs that it is among while it waits.
    pub holders: Arc<Holders>,
    /// The threads for what computes at a stretch; `None`: every run stays with the task that polls it.
    pub compute: Option<compute::Handle>,
    /// Step of the clocks that a guest reads. Fine clocks are what it would learn of others by.
    pub clock: Duration,
}

/// Whether what has computed for so long on this thread is to give way.
fn is_over(compute: Option<&compute::Handle>, poll: Duration) -> bool {
    match compute {
        Some(compute) if compute::here() => compute.is_over(poll),
        _ => poll >= SLICE && compute::really(poll) >= SLICE,
    }
}

/// What a run has cost so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// Computing time.
    pub cpu: Duration,
    /// Most memory in use at once, in bytes.
    pub peak_memory_bytes: u64,
}

/// What a run costs, wherever it is.
#[derive(Clone, Debug)]
pub struct Meter {
    cpu: Arc<CpuMeter>,
    memory: Arc<Holder>,
}

impl Meter {
    /// What it has cost so far.
    pub fn cost(&self) -> Cost {
        Cost {
            cpu: self.cpu.used(),
            peak_memory_bytes: self.memory.peak(),
        }
    }

    /// The memory that it holds.
    pub fn holder(&self) -> &Arc<Holder> {
        &self.memory
    }

    /// The longest that it has computed without waiting for the world.
    pub fn longest_stretch(&self) -> Duration {
        self.cpu.longest_stretch()
    }
}

/// A call under way.
pub struct Run<T> {
    future: Pin<Box<dyn Future<Output = wasmtime::Result<T>> + Send>>,
    cpu: Arc<CpuMeter>,
    memory: Arc<Holder>,
    ticker: Arc<Ticker>,
    log: BotLog,
    /// Whether an instance is larger than a few pages.
    large: bool,
}

/// A run whose memory is at least as large takes more than some microseconds to drop, in bytes.
const HEAVY_BYTES: u64 = 2 * 1024 * 1024;

impl<T> Run<T> {
    /// Whether dropping it may take long.
    pub fn is_heavy(&self) -> bool {
        self.large || self.memory.peak() >= HEAVY_BYTES
    }

    /// Whether its guest has more to compute and gave way.
    pub fn gave_way(&self) -> bool {
        self.cpu.gave_way()
    }

    /// How long the last poll has computed.
    pub fn last_poll(&self) -> Duration {
        self.cpu.last_poll()
    }

    /// What it costs, to be looked at when it is gone, too.
    pub fn meter(&self) -> Meter {
        Meter {
            cpu: Arc::clone(&self.cpu),
            memory: Arc::clone(&self.memory),
        }
    }

    fn explain(&self, error: &wasmtime::Error) -> RunError {
        if error.downcast_ref::<OutOfCpu>().is_some() {
            return RunError::OutOfCpu;
        }
        let words = run_error::words(error);
        let full = error.is::<wasmtime::PoolConcurrencyLimitError>()
            || error.is::<NoMappings>()
            || error.downcast_ref() == Some(&rustix::io::Errno::NOMEM);
        if full {
            RunError::NoRoom(words)
        } else if self.memory.refused() {
            RunError::OutOfMemory(words)
        } else {
            RunError::Trapped(words)
        }
    }
}

impl<T> Future for Run<T> {
    type Output = Result<T, RunError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.ticker.stir();
        self.cpu.begin();
        let polled = self.future.as_mut().poll(context);
        self.cpu.end();
        match polled {
            Poll::Pending => {
                if !self.gave_way() {
                    self.log.pause();
                }
                Poll::Pending
            }
            Poll::Ready(Ok(answer)) => Poll::Ready(Ok(answer)),
            Poll::Ready(Err(error)) => {
                let error = self.explain(&error);
                let trapped = matches!(error, RunError::Trapped(_) | RunError::OutOfMemory(_));
                self.log.finish(trapped);
                Poll::Ready(Err(error))
            }
        }
    }
}

impl<T> Drop for Run<T> {
    fn drop(&mut self) {
        self.log.finish(false);
    }
}

/// What the epoch callback raises.
#[derive(Debug, thiserror::Error)]
#[error("out of computing time")]
struct OutOfCpu;

/// Live instances have taken all memory mappings of the process.
#[derive(Debug, thiserror::Error)]
#[error("the memory mappings of the process are used up: raise `vm.max_map_count`")]
struct NoMappings;

/// The request is kept for the guest, and counts as its memory.
#[derive(Debug, thiserror::Error)]
#[error("the request does not fit into the memory of the bot")]
struct RequestTooLarge;

/// The state of one store.
pub(super) struct StoreData {
    pub(super) call: Call,
    /// What is packed behind the component's code.
    pub(super) bundle: Arc<[u8]>,
    /// Made when the guest first asks for it: a quick bot in Rust never does.
    wasi: Option<WasiCtx>,
    /// Step of its clocks.
    clock: Duration,
    http: WasiHttpCtx,
    /// At what its requests take.
    looks: Looks,
    /// Before the table, so that it is dropped before the requests in there are.
    outbound: Outbound,
    pub(super) table: ResourceTable,
    memory: MemoryMeter,
    /// Held as long as the instance lives.
    _room: Option<MappingRoom>,
}

impl StoreData {
    /// How large a block of headers may become that the guest makes now, or a path.
    pub(super) fn fields_bytes_max(&mut self) -> usize {
        self.looks.call(&mut self.table, &mut self.memory)
    }
}

/// Starts a run: `begin` gets the fresh store and calls what it wants to call. `ahead` is what was
/// booked for its memory when it was admitted. Without `room` the run ends before it begins.
pub(super) fn start<T, F>(
    component: &Component,
    allowance: &Allowance,
    call: Call,
    ahead: Booking,
    room: Option<MappingRoom>,
    begin: impl FnOnce(Store<StoreData>) -> F,
) -> Run<T>
where
    F: Future<Output = wasmtime::Result<T>> + Send + 'static,
{
    let memory = Holder::new(&allowance.holders);
    let cpu = CpuMeter::new(allowance.cpu);
    let mut table = ResourceTable::new();
    table.set_max_capacity(RESOURCES_MAX);
    let flat = component.facts.flat_bytes;
    let bounds = (allowance.memory_bytes_max, component.facts.engine);
    let mut meter = MemoryMeter::new(bounds, Arc::clone(&memory), ahead, flat);
    let has_room = room.is_some();
    let fits = meter.keep(call.received.raw().len());
    let state = StoreData {
        outbound: Outbound::new(
            Arc::clone(&call.http),
            call.log.clone(),
            call.circumstances.tape.clone(),
        ),
        call,
        bundle: Arc::clone(&component.bundle),
        wasi: None,
        clock: allowance.clock,
        http: WasiHttpCtx::new(),
        looks: Looks::default(),
        table,
        memory: meter,
        _room: room,
    };
    let log = state.call.log.clone();
    let mut store = Store::new(&component.engine, state);
    store.set_hostcall_fuel(HOST_CALL_BYTES_MAX);
    // Those of tasks, streams and futures are kept by the engine, beside the table.
    store.set_max_component_handles(RESOURCES_MAX);
    store.limiter(|state| &mut state.memory);
    bound_polls(&mut store, &cpu, allowance, &component.ticker);
    let call = begin(store);
    Run {
        future: Box::pin(async move {
            if !has_room {
                return Err(NoMappings.into());
            }
            if !fits {
                return Err(RequestTooLarge.into());
            }
            call.await
        }),
        cpu,
        memory,
        ticker: Arc::clone(&component.ticker),
        log,
        large: component.facts.engine != EngineKind::Small,
    }
}

/// Has a guest looked at while it computes: it is ended, gives way, or goes on.
///
/// The deadline is a moment, whatever the guest did until then: how long the poll under way has lasted,
/// the meter says.
fn bound_polls(
    store: &mut Store<StoreData>,
    cpu: &Arc<CpuMeter>,
    allowance: &Allowance,
    ticker: &Arc<Ticker>,
) {
    let (meter, ticker) = (Arc::clone(cpu), Arc::clone(ticker));
    let compute = allowance.compute.clone();
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |store| {
        ticker.stir();
        match meter.look(|poll| is_over(compute.as_ref(), poll)) {
            Verdict::Exhausted => Err(OutOfCpu.into()),
            Verdict::GiveWay => Ok(UpdateDeadline::Yield(1)),
            Verdict::GoOn => {
                if let Some(outbox) = &store.data().call.reply {
                    outbox.hand_over();
                }
                Ok(UpdateDeadline::Continue(1))
            }
        }
    });
}

/// What a guest finds around it: its log, a clock and chance. Nothing of the machine; its settings are in
/// `environment`.
fn surroundings(call: &Call, step: Duration) -> WasiCtx {
    let mut wasi = WasiCtx::builder();
    wasi.stdout(call.log.clone())
        .stderr(call.log.errors())
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .max_random_size(RANDOM_BYTES_MAX);
    match call.circumstances.rehearsal {
        Some(rehearsal) => clocks::rehearse(&mut wasi, rehearsal),
        None => clocks::coarsen(&mut wasi, step),
    }
    wasi.build()
}

impl WasiView for StoreData {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (call, step) = (&self.call, self.clock);
        WasiCtxView {
            ctx: self.wasi.get_or_insert_with(|| surroundings(call, step)),
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for StoreData {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let fields = self.fields_bytes_max();
        self.http.set_field_size_limit(fields);
        let hooks: &mut dyn WasiHttpHooks = &mut self.outbound;
        WasiHttpCtxView {
            hooks,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}
