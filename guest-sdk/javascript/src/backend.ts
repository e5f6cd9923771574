/**
 * What is around a bot: the gateway in a component, a played scene in a test.
 *
 * Everything that a bot can say or ask goes through the backend at hand. What waits for others (answers, the web,
 * time) gives promises; what the gateway answers at once, or makes everything of this query wait for, does not.
 */

import type { Document, DocumentInfo, Passage } from "./documents.js";
import type { Event, FileEvent } from "./events.js";

/** One event of another bot's answer, with the members of `said-event` in `poe.wit`. */
export interface SaidEvent {
    name: string;
    text: string;
    index: number | null;
    data: string;
}

/** What another bot says, on the other side. */
export interface AnswerSource {
    /** Resolves when `read` would not wait. */
    ready(): Promise<void>;
    /** Whether `read` would not wait. */
    isReady(): boolean;
    /** The events that have arrived; none after the last. `PoeError` where the answer ends with an error. */
    read(): SaidEvent[];
    /** Hands all that is still to come to the reader. */
    relay(): Promise<void>;
    /** The same, with nothing but texts and replacements. */
    relayText(): Promise<void>;
    /** Hangs up. May be called twice. */
    close(): void;
}

/** A position of a bill: thousandths of a US cent, and what it is for. */
export interface BillItem {
    amount: number;
    description: string | null;
}

/** A bucket that is open. Everything throws `StoreError`. */
export interface StoreBucket {
    get(key: string): Uint8Array | null;
    set(key: string, value: Uint8Array): void;
    delete(key: string): void;
    exists(key: string): boolean;
    /** Some of the keys, in the order of their bytes, and where to go on; `null` at the end. */
    listKeys(cursor: string | null): { keys: string[]; cursor: string | null };
    increment(key: string, delta: number): number;
    look(key: string): StoreCas;
    getMany(keys: string[]): [string, Uint8Array | null][];
    setMany(values: [string, Uint8Array][]): void;
    deleteMany(keys: string[]): void;
}

/** A value that is to be swapped, if it is still what it was when it was looked at. */
export interface StoreCas {
    /** What it is now. */
    current(): Uint8Array | null;
    /** Sets the value; where another was faster, gives what there is now, and otherwise `null`. */
    swap(value: Uint8Array): StoreCas | null;
}

/** A collection of documents. Everything throws `KnowledgeError`. */
export interface KnowledgeCollection {
    search(question: string, limit: number): Passage[];
    put(documents: Document[]): void;
    remove(ids: string[]): number;
    clear(): number;
    /** Some of the documents, in the order of their identifiers' bytes, and where to go on. */
    documents(after: string | null): { documents: DocumentInfo[]; next: string | null };
}

/** What is around a bot. */
export interface Backend {
    /** Sends one event to the reader. Throws `Stopped`, or `TypeError` where it makes no sense. */
    say(event: Event): void;

    /** The body of the request. */
    raw(): string;
    /** One header. */
    header(name: string): string | null;
    /** All headers that a bot may see. */
    headers(): [string, string][];
    /** The reference of the request. */
    reference(): string;
    /** The bot's config. */
    environment(): Record<string, string | undefined>;

    /** Asks another bot. This and what follows throws `PoeError`. */
    ask(bot: string, body: string): AnswerSource;
    /** Uploads a file and attaches it. */
    attach(name: string, contentType: string | null, content: Uint8Array, inline: boolean): FileEvent;
    /** Has the platform fetch a file, and attaches it. */
    attachUrl(url: string, name: string | null, inline: boolean): FileEvent;
    /** The bytes of an attachment of the query. */
    readAttachment(url: string, bytesMax: number): Uint8Array;
    /** Reserves an amount. */
    authorize(items: BillItem[]): void;
    /** Charges an amount. */
    capture(items: BillItem[]): void;

    /** Opens a bucket. Throws `StoreError`. */
    openBucket(name: string): StoreBucket;
    /** Waits, and everything of this query waits with it. */
    pause(milliseconds: number): void;

    /** A collection. Throws `KnowledgeError`. */
    openCollection(name: string): KnowledgeCollection;
}

let current: Backend | null = null;

/** The backend at hand. */
export function backend(): Backend {
    if (current === null) {
        throw new Error("there is no gateway here: ask the bot with `ask` or `Scene` of `ravenry/testing`");
    }
    return current;
}

/** Puts another backend in its place, and returns what was there. */
export function useBackend(next: Backend | null): Backend | null {
    const before = current;
    current = next;
    return before;
}

/** Whether anything is around the bot at this moment. */
export function hasBackend(): boolean {
    return current !== null;
}
