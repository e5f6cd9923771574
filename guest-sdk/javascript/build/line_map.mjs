// Where the lines of a bundle are from, as a component carries it: small, and looked up without parsing.

import { eachMapping, TraceMap } from "@jridgewell/trace-mapping";

/** What an engine writes in a trace: `(bundle.js:12:7)`, whatever it calls the file. */
const PLACE = /((?:componentize-qjs:)?[\w./-]*\.js):(\d+)(?::(\d+))?/g;

/**
 * The lines of a bundle by its source map.
 *
 * `files` are the author's files and those of packages; of `segments`, every four numbers are a line and a
 * column of the bundle, an index into `files` and a line there. What is ours is -1: traces leave it out.
 */
export function linesOf(map, isOurs) {
    const files = [];
    const segments = [];
    const numbers = new Map();
    let last;
    eachMapping(new TraceMap(map), ({ generatedLine, generatedColumn, source, originalLine }) => {
        const file = source === null || isOurs(source) || source === "entry.js" ? -1 : number(source);
        const original = file < 0 ? 0 : originalLine;
        // A segment reaches to the next one, also over the ends of lines.
        if (last && last[2] === file && last[3] === original) return;
        last = [generatedLine, generatedColumn + 1, file, original];
        segments.push(...last);
    });
    return withLookup({ files, segments });

    function number(source) {
        if (!numbers.has(source))
            numbers.set(source, files.push(source.replace(/^(\.\.\/)*.*node_modules\//, "node_modules/")) - 1);
        return numbers.get(source);
    }
}

/** The same with a function that is not part of its JSON. */
function withLookup(lines) {
    const { files, segments } = lines;
    const placeOf = (line, column) => {
        let found = -4;
        while (isAtOrBefore(found + 4, line, column)) found += 4;
        // An engine may not know the column, and say the first one.
        if (segments[found] !== line && segments[found + 4] === line) found += 4;
        const file = found < 0 ? -1 : segments[found + 2];
        return file < 0 ? undefined : { file: files[file], line: segments[found + 3] };
    };
    Object.defineProperty(lines, "placeOf", { value: placeOf, enumerable: false });
    return lines;

    function isAtOrBefore(at, line, column) {
        return segments[at] < line || (segments[at] === line && segments[at + 1] <= column);
    }
}

/** A text with the author's places in place of the bundle's; lines of a trace that are ours are left out. */
export function translated(text, lines) {
    const shown = [];
    for (const line of text.split("\n")) {
        let isOurs = false;
        const said = line.replace(PLACE, (all, file, number, column) => {
            const place = lines.placeOf(Number(number), Number(column ?? 1));
            isOurs ||= place === undefined;
            return place === undefined ? all : `${place.file}:${place.line}`;
        });
        if (!isOurs || !line.trimStart().startsWith("at ")) shown.push(said);
    }
    return shown.join("\n");
}
