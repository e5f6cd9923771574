// A request that is given up at every step that it takes: no handle of the gateway is given back before another that
// came from it, none twice, and none is left. In a component, each of these would be a trap that nothing catches.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const SOURCES = fileURLToPath(new URL("../../src", import.meta.url));
const FAKE = fileURLToPath(new URL("./fake_wasi.js", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "ravenry-cancel-"));
after(() => rmSync(directory, { recursive: true }));

/** What the bundle of the component's own code gives. */
interface Component {
    left(): string[];
    /** Asks a host that answers in these chunks; gives up after so many waits, and so many ticks. */
    asked(chunks: string[], body: string | null, waits: number, ticks: number): string;
}

/** The part of a component that waits and reaches the web, with a gateway that is played. */
async function component(): Promise<Component> {
    const entry = `
        import { run } from ${JSON.stringify(join(SOURCES, "web/loop.ts"))};
        import { EnginePromise } from ${JSON.stringify(join(SOURCES, "web/promise.ts"))};
        import { fetch } from ${JSON.stringify(join(SOURCES, "web/fetch.ts"))};
        import { AbortController } from ${JSON.stringify(join(SOURCES, "web/abort.ts"))};
        import * as http from ${JSON.stringify(join(SOURCES, "http.ts"))};
        import { begin } from ${JSON.stringify(FAKE)};
        export { left } from ${JSON.stringify(FAKE)};
        async function read(url, body, signal) {
            const method = body === null ? "GET" : "POST";
            const response = await fetch(url, { method, body: body ?? undefined, signal });
            let said = "";
            for await (const { data } of http.events(response)) said += data;
            return said;
        }
        async function abortAfter(controller, ticks) {
            for (let tick = 0; tick < ticks; tick++) await null;
            controller.abort();
        }
        export function asked(chunks, body, waits, ticks) {
            const before = globalThis.Promise;
            globalThis.Promise = EnginePromise;
            try {
                const controller = new AbortController();
                begin(chunks, (count) => count === waits && abortAfter(controller, ticks));
                const said = read("https://api.test/x", body, controller.signal).catch((error) => error.name);
                if (waits === 0) abortAfter(controller, ticks);
                return run(said);
            } finally {
                globalThis.Promise = before;
            }
        }`;
    const outfile = join(directory, "component.mjs");
    await build({
        stdin: { contents: entry, resolveDir: SOURCES },
        bundle: true,
        format: "esm",
        platform: "node",
        outfile,
        supported: { "async-await": false, "async-generator": false, "for-await": false },
        alias: {
            "ravenry/wait": join(SOURCES, "component/wait_quickjs.ts"),
            "xasi:io/poll@0.2.11": FAKE,
            "xasi:clocks/monotonic-clock@0.2.11": FAKE,
            "xasi:http/types@0.2.11": FAKE,
            "xasi:http/outgoing-handler@0.2.11": FAKE,
        },
        logLevel: "silent",
    });
    return (await import(pathToFileURL(outfile).href)) as Component;
}

test("a request can be given up at every await", async () => {
    writeFileSync(join(directory, "package.json"), '{"type":"module"}');
    const { left, asked } = await component();
    const chunks = ["data: a\n\n", "data: b\n\nda", "ta: c\n\n"];
    for (const body of [null, "x".repeat(10_000)]) {
        const outcomes = new Set<string>();
        for (let waits = 0; waits < 25; waits++) {
            for (let ticks = 0; ticks < 30; ticks++) {
                outcomes.add(asked(chunks, body, waits, ticks));
                assert.deepEqual(left(), [], `after ${waits} waits and ${ticks} ticks`);
            }
        }
        // From the first step to the last.
        assert.deepEqual([...outcomes].sort(), ["AbortError", "abc"]);
    }
});
