//! What the rules of the house are about: who knows whom, whose library is whose, how long is long.

/// Modules of a crate and their levels: an edge goes to a lower level only. That crates know each other in one
/// direction is held by cargo; this is for those that have more rooms than one.
pub(super) const LEVELS: &[(&str, &[(&str, u8)])] = &[
    (
        "gateway",
        &[
            ("server", 4),
            ("bots", 3),
            ("packer", 3),
            ("sandbox", 2),
            ("imports", 2),
            ("compute", 1),
            ("guard", 1),
            ("telemetry", 1),
            ("charges", 1),
            ("walls", 1),
            ("secrets", 1),
            ("store", 1),
            ("embedding", 1),
            ("control_group", 0),
            ("metrics", 0),
        ],
    ),
    (
        "desk",
        &[
            ("chat", 3),
            ("simulator", 2),
            ("check", 2),
            ("replay", 1),
            ("client", 0),
        ],
    ),
];

/// Modules that are many files, as `Source::place` begins there, and the levels of these: what is shared by all
/// routes of the simulator puts its parts together, and none of them knows it.
pub(super) const PARTS: &[(&str, &[(&str, u8)])] = &[(
    "desk/simulator",
    &[
        ("api", 10),
        ("serve", 9),
        ("ask", 8),
        ("attachments", 7),
        ("costs", 7),
        ("proxy", 7),
        ("sync", 7),
        ("upload", 7),
        ("web", 7),
        ("platform", 6),
        ("script_file", 6),
        ("downloads", 5),
        ("mock_bot", 5),
        ("files", 4),
        ("script_body", 4),
        ("hooks", 3),
        ("registry", 3),
        ("script", 2),
        ("apply_settings", 1),
        ("call_limits", 1),
        ("ledger", 1),
        ("records", 1),
        ("request_body", 1),
        ("sessions", 1),
        ("sse_encoding", 1),
        ("text", 1),
        ("bot_settings", 0),
        ("exchange", 0),
        ("file_store", 0),
        ("json_answer", 0),
        ("query_runner", 0),
        ("recent", 0),
        ("step", 0),
    ],
)];

/// Edges within a level that are allowed besides, as crate, from, to.
pub(super) const SIDEWAYS: &[(&str, &str, &str)] = &[("gateway", "sandbox", "imports")];

/// Where the verbs of the command line are, a file each.
pub(super) const VERBS: &str = "cli/verbs";

/// Libraries, and the only files of their crates that may name them, as beginnings of paths (see
/// `Source::place`). Which crates have them at all is in the manifests.
pub(super) const BORDERS: &[(&[&str], &[&str])] = &[
    (&["axum"], &["gateway/server", "desk/simulator"]),
    (
        &["hyper_util", "hyper"],
        &["gateway/server", "desk/simulator", "outbound"],
    ),
    (&["reqwest", "rustls"], &["outbound", "desk/client"]),
    (
        &["sse_stream"],
        &["outbound", "desk/simulator", "desk/client", "desk/replay"],
    ),
    (&["sqlx"], &["store"]),
    (&["quick_xml"], &["desk/check/junit"]),
    (
        &["wasmtime"],
        &["gateway/sandbox", "cli/python/merge/tests"],
    ),
    // Code of components: before it is compiled, and where the interpreter of Python is made.
    (
        &["wasmparser", "wasm_encoder"],
        &["gateway/sandbox", "cli/python/merge"],
    ),
    // Threads of the compiler.
    (&["rayon"], &["gateway/sandbox/compiler"]),
    (
        &["wasmtime_wasi", "wasmtime_wasi_http"],
        &[
            "gateway/sandbox",
            "gateway/imports/log",
            "gateway/imports/http",
        ],
    ),
    // Conversations are files that people write, too.
    (&["toml_span"], &["config", "desk/replay"]),
    (&["similar", "toml_parser"], &["desk/replay"]),
    // Bytes in a text: recorded ones, and cursors of lists.
    (
        &["base64"],
        &["desk/replay", "store/cursor", "cli/verbs/store"],
    ),
    // What a bot writes becomes a tree of ours in one place.
    (
        &["pulldown_cmark"],
        &[
            "desk/simulator/web/markdown",
            "desk/chat/markdown",
            "knowledge/passages",
        ],
    ),
    (&["hl_lite"], &["desk/simulator/web/markdown"]),
    (&["html5ever", "pdf_extract"], &["documents"]),
    (&["tantivy"], &["knowledge/index", "knowledge/language"]),
    (&["whatlang"], &["knowledge/language"]),
    (&["ndarray", "safetensors"], &["knowledge/encoder"]),
    (
        &["metrics_exporter_prometheus", "tracing_subscriber"],
        &["gateway/telemetry"],
    ),
    (&["include_dir"], &["cli/python", "cli/verbs/new"]),
    // A talk shows tables too.
    (&["comfy_table"], &["cli", "desk/chat"]),
    (&["anstyle", "rustyline", "unicode_width"], &["desk/chat"]),
    (&["landlock", "seccompiler", "libc"], &["gateway/walls"]),
    (&["mimalloc"], &["main"]),
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

/// What must not stand in our own crates but in the command line, and what to do instead.
pub(super) const BANNED_BELOW_CLI: &[(&str, &str)] = &[(
    "env::var",
    "the environment is read in `cli`, and handed down as a value",
)];

/// Files that may ask what time it is, as beginnings of paths: what they do with it is shown or
/// written to people, handed to a guest, or noted at a file. Somebody may set that clock at any moment, so nothing
/// is waited for by it: what lasts is measured with `Instant`.
pub(super) const WALL_CLOCK: &[&str] = &[
    // Of its tests: how old a file is.
    "cli/artifact",
    "desk/client/conversation",
    // A date in `Retry-After`; what comes of it is a bounded wait.
    "outbound/poe/stream",
    "desk/replay/transcript",
    "gateway/sandbox/cache/room",
    "gateway/sandbox/clocks",
    "gateway/server/record",
    // When something expires, over restarts.
    "store/settings",
];

/// What must not stand anywhere, also in comments.
pub(super) const BANNED_WORDS: &[&str] = &[
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("TO", "DO:"),
];
