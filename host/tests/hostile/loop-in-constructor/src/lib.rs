//! Computes for ever while it is instantiated, before any function is called.

struct Bot;

impl raw::Odd for Bot {
    fn respond(_: raw::Query) -> Result<(), raw::Failure> {
        let _ = raw::reply::text("unreachable");
        Ok(())
    }
}

extern "C" fn constructor() {
    #[allow(clippy::empty_loop, reason = "that is the attack")]
    loop {}
}

#[used]
// SAFETY: the section holds function pointers of this very type; the linker calls each once.
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = constructor;

raw::export!(Bot);
