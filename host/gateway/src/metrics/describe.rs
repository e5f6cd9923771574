//! What each metric means, as whoever scrapes them reads it.

use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

use super::{
    CALLS, CLOSED_CONNECTIONS, COMPUTING, CONNECTIONS, CPU, DROPPED_LOG_LINES, DURATION, EVENTS,
    FIRST_EVENT, MEMORY, MEMORY_MAX, OVERRUNS, PEAK_MEMORY, POE_CALLS, REFUSED_BOTS,
    REFUSED_FOR_MEMORY, REJECTED, REPLIES, RUNNING_REPLIES, SENT_BYTES, STORE_OPERATIONS, SYNCED,
    TURN_WAITS, TURNS, UNAUTHORIZED, UNCAPTURED, UNKNOWN_CHARGES, WAITING_QUERIES,
};

/// Gives the recorder the meaning of every metric. To be called once, after it is installed.
pub(crate) fn describe() {
    describe_gauge!(
        RUNNING_REPLIES,
        Unit::Count,
        "Replies that run at this moment."
    );
    describe_gauge!(
        WAITING_QUERIES,
        Unit::Count,
        "Queries that wait for a place."
    );
    describe_counter!(REPLIES, Unit::Count, "Replies that have ended, by outcome.");
    describe_counter!(
        CALLS,
        Unit::Count,
        "Requests that are not queries, by type and outcome."
    );
    describe_counter!(
        POE_CALLS,
        Unit::Count,
        "What bots have asked of the platform, by kind and outcome."
    );
    describe_counter!(
        STORE_OPERATIONS,
        Unit::Count,
        "Operations of bots on their store, by kind and outcome."
    );
    describe_counter!(
        UNCAPTURED,
        Unit::Count,
        "Thousandths of a US cent that were authorized and not captured when their reply ended."
    );
    describe_counter!(
        UNKNOWN_CHARGES,
        Unit::Count,
        "Thousandths of a US cent that were asked for, by step, and of which only the platform knows what came of it."
    );
    describe_requests();
    describe_process();
}

/// What comes from clients, and what they get.
fn describe_requests() {
    describe_gauge!(
        SYNCED,
        Unit::Count,
        "Whether the platform has the settings of a bot."
    );
    describe_gauge!(
        REFUSED_BOTS,
        Unit::Count,
        "Bots, or files of bots, that cannot be mounted as they are."
    );
    let wrong = "Requests without a key, or with a wrong one.";
    describe_counter!(UNAUTHORIZED, Unit::Count, wrong);
    describe_counter!(EVENTS, Unit::Count, "Events that bots have said.");
    describe_counter!(
        SENT_BYTES,
        Unit::Bytes,
        "Bytes of event stream handed to the network."
    );
    describe_histogram!(
        FIRST_EVENT,
        Unit::Seconds,
        "From the arrival of a query to its first event."
    );
    describe_histogram!(
        DURATION,
        Unit::Seconds,
        "From the arrival of a query to the end of its reply."
    );
    describe_histogram!(CPU, Unit::Seconds, "Computing time of a reply.");
    describe_histogram!(
        PEAK_MEMORY,
        Unit::Bytes,
        "Most memory of a reply's instance."
    );
}

/// What is of no bot.
fn describe_process() {
    describe_counter!(
        COMPUTING,
        "Nanoseconds that the bots of a tenant have computed, by place."
    );
    describe_counter!(
        OVERRUNS,
        Unit::Count,
        "Polls of guests that held a serving thread for more than a millisecond."
    );
    describe_counter!(TURNS, Unit::Count, "Turns at the compute threads.");
    describe_counter!(
        TURN_WAITS,
        "Nanoseconds that turns at the compute threads were waited for."
    );
    describe_counter!(
        REJECTED,
        Unit::Count,
        "HTTP requests turned away before they reached a bot, by status."
    );
    describe_gauge!(MEMORY, Unit::Bytes, "Memory in use.");
    describe_gauge!(MEMORY_MAX, Unit::Bytes, "Memory that may be used.");
    describe_counter!(
        REFUSED_FOR_MEMORY,
        Unit::Count,
        "Queries and other requests that were refused because memory was short."
    );
    describe_gauge!(CONNECTIONS, Unit::Count, "Connections that are open.");
    let closed = "Connections that were closed because there are too few, by reason.";
    describe_counter!(CLOSED_CONNECTIONS, Unit::Count, closed);
    describe_counter!(
        DROPPED_LOG_LINES,
        Unit::Count,
        "Lines of the log that were dropped."
    );
}
