/** Documents that a bot knows, and passages of them. */

/** How the text of a document is written: as Markdown, or as text without marks. */
export type Format = "markdown" | "plain";

/** A document, as it is put into a collection. */
export interface Document {
    /**
     * What it is known by in its collection, as a path or a URL: 1 to 1,024 bytes. A document that is put in takes
     * the place of the one that has its identifier.
     */
    id: string;
    /** What is in it: at most 4 MiB. */
    text: string;
    /**
     * What a reader knows it by. Empty: what the text calls itself, by its front matter or its first heading; or
     * else the identifier. At most 1,024 bytes.
     */
    title: string;
    /**
     * Where it is from, as a reader may look it up: a URL, the name of a file. Empty: the identifier. At most 1,024
     * bytes.
     */
    source: string;
    /** How the text is written. */
    format: Format;
}

/** A document as a bot gives it: title, source and format may be left out; it is Markdown then. */
export type GivenDocument = Pick<Document, "id" | "text"> & Partial<Document>;

/** What is known of a document without its text. */
export class DocumentInfo {
    /** What it is known by in its collection. */
    id: string;
    /** Its title; never empty. */
    title: string;
    /** Where it is from; never empty. */
    source: string;
    /** How long its text is, in bytes. */
    bytes: number;

    constructor({ id, title, source, bytes }: { id: string; title: string; source: string; bytes: number }) {
        this.id = id;
        this.title = title;
        this.source = source;
        this.bytes = bytes;
    }
}

/** How a passage is made. */
export type PassageMembers = Pick<Passage, "document" | "title" | "source"> &
    Partial<Omit<Passage, "path" | "lines" | "citation">>;

/** A stretch of a document that was found. */
export class Passage {
    /** The identifier of its document. */
    document: string;
    /** The title of its document; never empty. */
    title: string;
    /** Where its document is from; never empty. */
    source: string;
    /** The titles in the document under which it stands, from the top. */
    headings: string[];
    /** The line of the document on which it begins, from 1. */
    firstLine: number;
    /** The line on which it ends, itself among them. */
    lastLine: number;
    /** The passage, as it is written in the document: at most 180 words. */
    text: string;
    /** How well it fits: more is better. Only scores of the same search can be compared. */
    score: number;

    constructor(members: PassageMembers) {
        this.document = members.document;
        this.title = members.title;
        this.source = members.source;
        this.headings = members.headings ?? [];
        this.firstLine = members.firstLine ?? 1;
        this.lastLine = members.lastLine ?? 1;
        this.text = members.text ?? "";
        this.score = members.score ?? 0;
    }

    /**
     * The title and the headings under which it stands: `Manual › Opening hours`.
     *
     * A document that takes its title from its first heading has it in both; here it stands once.
     */
    get path(): string {
        const names = [this.title, ...this.headings.filter((heading) => heading !== "")];
        return names.filter((name, at) => name !== names[at - 1]).join(" › ");
    }

    /** Where it is in its document: `line 3`, or `lines 3–9`. */
    get lines(): string {
        return this.firstLine >= this.lastLine ? `line ${this.firstLine}` : `lines ${this.firstLine}–${this.lastLine}`;
    }

    /**
     * The line by which a reader finds it: `[1] Manual › Opening hours (manual.md)`.
     *
     * A source that is the title is left out.
     */
    citation(number: number | string): string {
        return `[${number}] ${this.path}${this.source === this.title ? "" : ` (${this.source})`}`;
    }
}
