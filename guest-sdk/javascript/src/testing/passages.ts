/** Splits documents into passages, and texts into words, as simply as will do for a test. */

import { Passage, type Document } from "../documents.js";

/** Most words of a passage, as in the gateway. */
const PASSAGE_WORDS_MAX = 180;

/** A heading of a document: its level, and what it says. */
interface Heading {
    level: number;
    words: string;
}

interface Line {
    number: number;
    text: string;
}

/** The distinct words of a text, in lower case. */
function wordsOf(text: string): Set<string> {
    return new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);
}

/** The passages that have words of a question, those with most of them first. */
export function search(documents: readonly Document[], question: string): Passage[] {
    const wanted = wordsOf(question);
    const found = documents.flatMap(passagesOf);
    for (const passage of found) passage.score = [...wordsOf(passage.text)].filter((word) => wanted.has(word)).length;
    // Stable: of equals, the earlier one stays before the later.
    return found.filter(({ score }) => score > 0).sort((one, other) => other.score - one.score);
}

/** What a reader knows a document by. */
export function titleOf(document: Document): string {
    const { id, title, format, text } = document;
    if (title !== "") return title;
    if (format !== "markdown") return id;
    const front = /^---\n(?:(?!---\n).*\n)*?title:[ \t]*(\S.*)\n/.exec(text);
    if (front !== null) return front[1]!.trim().replace(/^"(.*)"$/, "$1");
    return linesOf(document).find(({ heading }) => heading !== null)?.heading?.words ?? id;
}

function linesOf({ text, format }: Document): { line: Line; heading: Heading | null }[] {
    let isInCode = false;
    return text.split("\n").map((words, at) => {
        if (words.trimStart().startsWith("```")) isInCode = !isInCode;
        const [, marks, said] = /^(#{1,6}) +(\S.*)$/.exec(words.trimEnd()) ?? [];
        const isHeading = said !== undefined && !isInCode && format === "markdown";
        return {
            line: { number: at + 1, text: words },
            heading: isHeading ? { level: marks!.length, words: said } : null,
        };
    });
}

/** The passages of a document, in the order of its text. */
function passagesOf(document: Document): Passage[] {
    const found: Passage[] = [];
    let headings: Heading[] = [];
    let lines: Line[] = [];
    let count = 0;
    const end = (): void => {
        while (lines.length > 0 && lines.at(-1)!.text.trim() === "") lines.pop();
        if (lines.length > 0) found.push(passageOf(document, headings, lines));
        [lines, count] = [[], 0];
    };
    for (const { line, heading } of linesOf(document)) {
        if (heading !== null) {
            end();
            headings = [...headings.filter(({ level }) => level < heading.level), heading];
        }
        for (const piece of piecesOf(line.text)) {
            const words = piece.split(/\s+/).filter(Boolean).length;
            if (count + words > PASSAGE_WORDS_MAX) end();
            if (lines.length > 0 || words > 0) lines.push({ number: line.number, text: piece });
            count += words;
        }
    }
    end();
    return found;
}

/** A line; one with more words than a passage may have is cut between them. */
function piecesOf(text: string): string[] {
    const words = text.split(/\s+/).filter(Boolean);
    if (words.length <= PASSAGE_WORDS_MAX) return [text];
    const count = Math.ceil(words.length / PASSAGE_WORDS_MAX);
    return Array.from({ length: count }, (_, at) =>
        words.slice(at * PASSAGE_WORDS_MAX, (at + 1) * PASSAGE_WORDS_MAX).join(" "),
    );
}

function passageOf(document: Document, headings: Heading[], lines: Line[]): Passage {
    return new Passage({
        document: document.id,
        title: titleOf(document),
        source: document.source || document.id,
        headings: headings.map(({ words }) => words),
        firstLine: lines[0]!.number,
        lastLine: lines.at(-1)!.number,
        text: lines
            .map(({ text }) => text)
            .join("\n")
            .trimEnd(),
    });
}
