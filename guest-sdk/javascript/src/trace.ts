/**
 * Traces of errors, with the author's files and lines.
 *
 * A component is one module, made of the author's files and packages. The build puts a table beside it that says
 * where its lines are from; natively there is none, and traces stay as the engine writes them.
 */

/** The table: of `segments`, every four numbers are a line and a column of the module, an index into `files`, and a
 * line there. The index is -1 for what is ours. */
interface Lines {
    files: string[];
    segments: number[];
}

/** A place in a file of the author, or of a package. */
interface Place {
    file: string;
    line: number;
}

/** Most lines of a trace that are shown. */
const FRAMES_MAX = 32;

/** Most characters that are shown of what an error says. */
const MESSAGE_MAX = 2_000;

/** A line of a trace: `    at respond (module.js:12:7)`, or `respond@module.js:12:7` on StarlingMonkey. */
const FRAME = /^(?:\s*at (?:(.*?) \()?|([^\s@]*)@)([^()@]*?):(\d+)(?::(\d+))?\)?$/;

function lines(): Lines | undefined {
    return (globalThis as Record<symbol, unknown>)[Symbol.for("ravenry.lines")] as Lines | undefined;
}

/** What an error says in one line, and below it where it came from. */
export function traceOf(error: unknown): string {
    const said = saidBy(error);
    const frames = framesOf(error);
    return frames.length === 0 ? said : `${said}\n${frames.join("\n")}`;
}

/** The author's line that an error came from, as in `bot.js:7`; empty where there is none. */
export function placeOf(error: unknown): string {
    const frame = framesOf(error).find((one) => !one.includes("node_modules")) ?? "";
    return /([^\s()]+:\d+)\)?$/.exec(frame)?.[1] ?? "";
}

/**
 * An error of ours that came about while the author's code waited: with the trace of where that began, in place of one
 * that is all ours.
 */
export function begunAt<E>(error: E, beginning: Error): E {
    if (error instanceof Error && lines() !== undefined && framesOf(error).length === 0) {
        Object.defineProperty(error, "stack", { value: beginning.stack, configurable: true, writable: true });
    }
    return error;
}

/** An error that names no line of the author: with that of a function of theirs, where the engine tells it. */
export function cameFrom<E>(error: E, called: unknown): E {
    const { name, fileName, lineNumber, columnNumber } = (called ?? {}) as Record<string, unknown>;
    if (error instanceof Error && fileName !== undefined && framesOf(error).length === 0) {
        const stack = `    at ${String(name)} (${String(fileName)}:${String(lineNumber)}:${String(columnNumber)})`;
        Object.defineProperty(error, "stack", { value: stack, configurable: true, writable: true });
    }
    return error;
}

function saidBy(error: unknown): string {
    let said: string;
    try {
        said = error instanceof Error ? String(error) : `thrown: ${JSON.stringify(error) ?? String(error)}`;
    } catch {
        said = "an error whose text cannot be had";
    }
    return said.slice(0, MESSAGE_MAX).replaceAll("\r", "\\r").replaceAll("\n", "\\n");
}

/** The lines of a trace that are the author's or a package's. */
function framesOf(error: unknown): string[] {
    const stack = error instanceof Error ? (error.stack ?? "") : "";
    const table = lines();
    const frames = stack.split("\n").filter((line) => FRAME.test(line));
    if (table === undefined) return frames.slice(0, FRAMES_MAX);
    return frames.flatMap((frame) => translated(frame, table)).slice(0, FRAMES_MAX);
}

function translated(frame: string, table: Lines): string[] {
    const [, atName, plainName, , line, column] = FRAME.exec(frame) ?? [];
    const name = atName ?? plainName;
    const place = line === undefined ? undefined : lookedUp(table, Number(line), Number(column ?? 1));
    if (place === undefined) return [];
    const where = `${place.file}:${place.line}`;
    return [
        name === undefined || name === "" || name === "<anonymous>" ? `    at ${where}` : `    at ${name} (${where})`,
    ];
}

/** The place in the table: of the last segment that begins at this line and column, or before. */
function lookedUp({ files, segments }: Lines, line: number, column: number): Place | undefined {
    let [low, high] = [0, segments.length / 4];
    while (low < high) {
        const middle = (low + high) >> 1;
        const [its, from] = [segments[middle * 4]!, segments[middle * 4 + 1]!];
        if (its < line || (its === line && from <= column)) low = middle + 1;
        else high = middle;
    }
    // An engine may not know the column, and say the first one.
    if (segments[low * 4 - 4] !== line && segments[low * 4] === line) low += 1;
    if (low === 0) return undefined;
    const [file, original] = [segments[low * 4 - 2]!, segments[low * 4 - 1]!];
    return file < 0 ? undefined : { file: files[file]!, line: original };
}
