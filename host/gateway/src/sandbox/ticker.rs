//! The clock of all engines: it raises their epochs, at which a computing guest is looked at.
//!
//! A thread of its own: a task would wait for exactly the threads that guests keep busy. It goes slowly
//! while nothing is polled.

use std::{
    io,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, Thread},
    time::Duration,
};

use parking_lot::Mutex;
use wasmtime::{Engine, EngineWeak};

/// Length of an epoch: how often a computing guest is looked at.
///
/// As long as a guest may hold a serving thread. A look costs some 50 ns.
const TICK: Duration = Duration::from_millis(1);

/// Ticks without a poll after which the clock goes slowly.
const IDLE_TICKS: u32 = 100;

/// Length of an epoch then. It never stops: a guest says that it computes and is told afterwards in which epoch
/// to say so again. Where its thread loses the processor in between for as long as this clock waits for
/// others, the guest would not be looked at any more.
const IDLE_TICK: Duration = Duration::from_millis(100);

/// Raises the epochs of its engines as long as it is held.
#[derive(Default)]
pub(super) struct Ticker {
    engines: Mutex<Vec<EngineWeak>>,
    /// Whether something was polled since this was last looked at.
    stirred: AtomicBool,
    asleep: AtomicBool,
    thread: OnceLock<Thread>,
}

impl Ticker {
    /// A clock without engines.
    pub(super) fn start() -> io::Result<Arc<Self>> {
        let ticker = Arc::new(Self::default());
        let ticks = Arc::downgrade(&ticker);
        let thread = thread::Builder::new()
            .name("epoch".to_owned())
            .spawn(move || run(&ticks))?;
        // Set once, here.
        let _ = ticker.thread.set(thread.thread().clone());
        Ok(ticker)
    }

    /// Raises the epoch of one more engine.
    pub(super) fn add(&self, engine: &Engine) {
        let mut engines = self.engines.lock();
        engines.push(engine.weak());
    }

    /// A guest is polled, or computes on: the clock has to run.
    pub(super) fn stir(&self) {
        if self.stirred.load(Ordering::Relaxed) {
            return;
        }
        self.stirred.store(true, Ordering::SeqCst);
        if self.asleep.swap(false, Ordering::SeqCst) {
            self.unpark();
        }
    }

    fn unpark(&self) {
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    fn tick(&self) {
        let engines = self.engines.lock();
        for engine in engines.iter().filter_map(EngineWeak::upgrade) {
            engine.increment_epoch();
        }
    }
}

impl Drop for Ticker {
    /// The thread is to see that the clock is not held any more.
    fn drop(&mut self) {
        self.unpark();
    }
}

fn run(ticker: &Weak<Ticker>) {
    let mut idle = 0;
    while let Some(ticking) = ticker.upgrade() {
        ticking.tick();
        if idle >= IDLE_TICKS && !ticking.stirred.swap(false, Ordering::SeqCst) {
            ticking.asleep.store(true, Ordering::SeqCst);
            // What was stirred before that did not find it asleep.
            let stirred = ticking.stirred.load(Ordering::SeqCst);
            drop(ticking);
            if !stirred {
                thread::park_timeout(IDLE_TICK);
            }
            idle = 0;
        } else {
            drop(ticking);
            idle = if idle >= IDLE_TICKS { 0 } else { idle + 1 };
            thread::park_timeout(TICK);
        }
    }
}

#[cfg(test)]
mod tests {
    use wasmtime::{Config, Module, Store, Trap};

    use super::*;

    /// A guest that the clock was not told of: its thread was elsewhere when the clock went to sleep.
    #[test]
    fn a_guest_is_looked_at_while_the_clock_sleeps() {
        let ticker = Ticker::start().unwrap();
        let mut config = Config::new();
        config.epoch_interruption(true);
        let engine = Engine::new(&config).unwrap();
        ticker.add(&engine);
        let module = wat::parse_str("(module (func (export \"spin\") (loop br 0)))").unwrap();
        let module = Module::new(&engine, module).unwrap();
        let mut store = Store::new(&engine, ());
        while !ticker.asleep.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        store.set_epoch_deadline(1);
        let instance = wasmtime::Instance::new(&mut store, &module, &[]).unwrap();
        let spin = instance
            .get_typed_func::<(), ()>(&mut store, "spin")
            .unwrap();
        let ended = spin.call(&mut store, ()).unwrap_err();
        assert_eq!(ended.downcast_ref::<Trap>(), Some(&Trap::Interrupt));
    }
}
