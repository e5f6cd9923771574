//! The addresses that are listened on where no flag, variable or file names another: on this machine only.

/// Where bots are served.
pub(super) const BOTS: &str = "127.0.0.1:8080";

/// Where Poe is played, and where the chat page is: beside the bots.
pub(super) const SIMULATOR: &str = "127.0.0.1:8081";

/// Where metrics are served.
pub(super) const METRICS: &str = "127.0.0.1:9090";
