/** `console`, which is the bot's log. */

import * as stderr from "wasi:cli/stderr@0.2.12";
import * as stdout from "wasi:cli/stdout@0.2.12";
import { traceOf } from "../trace.js";
import { bytesOf } from "../utf8.js";

/** Bytes that WASI takes in one call. */
const PIECE_BYTES = 4_096;

function shown(value: unknown): string {
    if (typeof value === "string") return value;
    if (value instanceof Error) return traceOf(value);
    try {
        return (JSON.stringify(value, plain) as string | undefined) ?? String(value);
    } catch {
        return String(value);
    }
}

/** What JSON would pass over or refuse. */
function plain(_: string, value: unknown): unknown {
    if (typeof value === "bigint") return `${value}n`;
    if (value instanceof Map) return Object.fromEntries(value);
    if (value instanceof Set) return [...value];
    return value instanceof Error ? String(value) : value;
}

function printer(stream: typeof stdout.getStdout): (...values: unknown[]) => void {
    return (...values) => {
        const bytes = bytesOf(`${values.map(shown).join(" ")}\n`);
        const out = stream();
        for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
            out.blockingWriteAndFlush(bytes.subarray(at, at + PIECE_BYTES));
        }
        out[Symbol.dispose]();
    };
}

const [print, complain] = [printer(stdout.getStdout), printer(stderr.getStderr)];

export const console = {
    ...{ log: print, info: print, debug: print, dir: print },
    ...{ warn: complain, error: complain, trace: complain },
    assert: (isTrue: unknown, ...values: unknown[]): void => {
        if (!isTrue) complain("assertion failed:", ...values);
    },
};
