// Globals that other places have and an engine lacks: where a bot uses one, the build says so, with its line.
//
// While the bundle is made each has another name, so that only its uses are found and no text that reads the
// same. `typeof Intl` is a question, not a use.

const MISSING = {
    Intl: "neither engine has it; a package such as `date-fns` or a table of your own formats without it",
    Temporal: "neither engine has it; use `Date`, or the package `temporal-polyfill`",
    WebAssembly: "a component runs no other code",
    Buffer: "it is of Node; use `Uint8Array`, with `TextEncoder` and `TextDecoder`",
    process: "it is of Node; of it there is `process.env`, which is `env` of `ravenry`",
    __dirname: 'there are no files; import a text (`import prompt from "./prompt.txt"`)',
    __filename: 'there are no files; import a text (`import prompt from "./prompt.txt"`)',
    WebSocket: "a bot reaches the web with `fetch` alone",
    XMLHttpRequest: "use `fetch`",
    Worker: "a component has one thread",
    localStorage: "use `store` of `ravenry`",
    window: "there is no browser; what is global is in `globalThis`",
    document: "there is no browser",
};

/** Those that one engine has of its own. */
const ONLY_QUICKJS_LACKS = {
    FormData: "the engine `starlingmonkey` has it; QuickJS does not",
    Blob: "the engine `starlingmonkey` has it; QuickJS does not",
    Atomics: "a component has one thread",
};

const MARK = "__ravenry_missing_";

/** Finds uses of what an engine lacks. */
export function missingGlobals(engine) {
    const lacking = engine === "quickjs" ? { ...MISSING, ...ONLY_QUICKJS_LACKS } : MISSING;
    const names = Object.keys(lacking);
    return { define: Object.fromEntries(names.map((name) => [name, MARK + name])), find };

    /** The code with the names put back, and what is to be said of their uses. */
    function find(code, lines) {
        const errors = new Set();
        const warnings = new Set();
        const marked = new RegExp(`(typeof )?${MARK}(\\w+)`, "g");
        code.split("\n").forEach((text, index) => {
            for (const { index: column, 1: question, 2: name } of text.matchAll(marked)) {
                const place = lines.placeOf(index + 1, column + 1);
                if (question || place === undefined) continue;
                const said = `${place.file}:${place.line}: \`${name}\` is not there: ${lacking[name]}`;
                // A package may never come to where it uses it.
                (place.file.includes("node_modules") ? warnings : errors).add(said);
            }
        });
        return { code: code.replaceAll(MARK, ""), errors: [...errors], warnings: [...warnings] };
    }
}
