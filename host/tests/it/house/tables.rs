//! What the rules of the house are about: who knows whom, whose library is whose, how long is long.

/// Modules of the gateway and their levels: an edge goes to a lower level only.
pub(super) const LEVELS: &[(&str, u8)] = &[
    ("main", 5),
    ("cli", 5),
    ("server", 4),
    ("simulator", 4),
    ("replay", 4),
    ("check", 4),
    ("chat", 4),
    ("bots", 3),
    ("sandbox", 2),
    ("imports", 2),
    ("client", 2),
    ("compute", 1),
    ("guard", 1),
    ("egress", 1),
    ("telemetry", 1),
    ("charges", 1),
    ("walls", 1),
    ("protocol", 0),
    ("config", 0),
    ("control_group", 0),
    ("directory", 0),
    ("metrics", 0),
    ("output", 0),
    ("worker", 0),
    ("ids", 0),
    ("secret", 0),
    ("memory", 0),
    ("report", 0),
];

/// Edges within a level that are allowed besides; `*` is every module of level 0.
pub(super) const SIDEWAYS: &[(&str, &str)] = &[
    ("main", "cli"),
    ("sandbox", "imports"),
    // Files that a person attaches lie in the storage that the simulator plays.
    ("chat", "simulator"),
    // What was said there can be kept as a file.
    ("chat", "replay"),
    ("simulator", "replay"),
    ("*", "ids"),
    ("*", "secret"),
    ("*", "report"),
];

/// Libraries, and the only files that may name them, as beginnings of paths below `host/src`.
pub(super) const BORDERS: &[(&[&str], &[&str])] = &[
    (&["axum", "tower"], &["server", "simulator"]),
    // The client's side: connections of bots, their names, and what goes wrong.
    (&["hyper_util", "hyper"], &["server", "simulator", "egress"]),
    (
        &["hyper_rustls", "hickory_resolver", "tower_service"],
        &["egress"],
    ),
    (
        &["reqwest", "rustls", "rustls_platform_verifier"],
        &["egress", "simulator", "client"],
    ),
    (
        &["sse_stream"],
        &["egress", "simulator", "client", "replay"],
    ),
    (&["quick_xml"], &["check/junit"]),
    (&["notify", "notify_debouncer_full"], &["cli"]),
    (&["wasmtime"], &["sandbox"]),
    (
        &["wasmtime_wasi", "wasmtime_wasi_http"],
        &["sandbox", "imports/log", "imports/http"],
    ),
    (&["wasmparser"], &["sandbox"]),
    // Conversations are files that people write, too.
    (&["toml_span"], &["config", "replay"]),
    (&["similar", "base64"], &["replay"]),
    // What a bot writes becomes a tree of ours in one place.
    (
        &["pulldown_cmark"],
        &["simulator/web/markdown", "chat/markdown"],
    ),
    (&["hl_lite"], &["simulator/web/markdown"]),
    // Documents at queries of the played platform.
    (&["html5ever", "pdf_extract"], &["simulator"]),
    (
        &["metrics_exporter_prometheus", "tracing_subscriber"],
        &["telemetry"],
    ),
    (&["clap", "clap_complete", "indicatif"], &["cli", "report"]),
    // A talk shows tables too.
    (&["comfy_table"], &["cli", "chat"]),
    (&["anstyle", "rustyline", "unicode_width"], &["chat"]),
    (&["landlock", "seccompiler", "libc"], &["walls"]),
    (&["anyhow"], &["cli", "main"]),
    (&["mimalloc"], &["main"]),
    (
        &["tokio"],
        &[
            "main",
            "cli",
            "server",
            "simulator",
            "bots",
            "sandbox",
            "imports",
            "compute",
            "guard",
            "egress",
            "client",
            "check",
            "chat",
            "telemetry",
            "charges",
        ],
    ),
];

/// Lines of a file; one that passes this becomes a folder of named concerns.
pub(super) const FILE_LINES_MAX: usize = 400;

/// Lines of a function outside tests, with its comments.
pub(super) const FUNCTION_LINES_MAX: usize = 70;

/// Names of files that say nothing about what is inside.
pub(super) const EMPTY_NAMES: &[&str] = &[
    "mod", "utils", "util", "common", "helpers", "helper", "misc", "manager", "service",
];

/// What must not stand in code, and what to do instead.
pub(super) const BANNED_CODE: &[(&str, &str)] = &[
    ("todo!(", "finish it, or leave it out"),
    ("unimplemented!(", "finish it, or leave it out"),
];

/// What must not stand in the gateway's own code but in `cli`, and what to do instead.
pub(super) const BANNED_BELOW_CLI: &[(&str, &str)] = &[(
    "env::var",
    "the environment is read in `cli`, and handed down as a value",
)];

/// Files that may ask what time it is, as beginnings of paths below `host/src`: what they do with it is shown or
/// written to people, handed to a guest, or noted at a file. Somebody may set that clock at any moment, so nothing
/// is waited for by it: what lasts is measured with `Instant`.
pub(super) const WALL_CLOCK: &[&str] = &[
    // Of its tests: how old a file is.
    "cli/artifact",
    "client/conversation",
    // A date in `Retry-After`; what comes of it is a bounded wait.
    "egress/poe/stream",
    "replay/kept",
    "sandbox/cache/room",
    "sandbox/clocks",
    "server/record",
];

/// What must not stand anywhere, also in comments.
pub(super) const BANNED_WORDS: &[&str] = &[
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("TO", "DO:"),
];
