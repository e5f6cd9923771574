/** The collections that a test plays: in memory, within the limits of the gateway. */

import type { KnowledgeCollection } from "../backend.js";
import { DocumentInfo, type Document } from "../documents.js";
import { KnowledgeError } from "../failure.js";
import { Collection } from "../knowledge.js";
import { byBytes, byteCount } from "../text.js";
import { search, titleOf } from "./passages.js";

/** Bytes of an identifier, a title and a source, and of a text, as in the gateway. */
const NAME_BYTES_MAX = 1_024;
const TEXT_BYTES_MAX = 4 << 20;

/** Documents and bytes of one call. */
const BATCH_DOCUMENTS_MAX = 256;
const BATCH_BYTES_MAX = 8 << 20;

/** What all documents of a bot may have: what the gateway has for a bot's store, which its documents are part of. */
const BYTES_MAX = 64 << 20;
const DOCUMENTS_MAX = 100_000;

/** How much of a question counts. */
const QUESTION_CHARACTERS_MAX = 16 << 10;

/** Documents of one page. */
const PAGE_DOCUMENTS = 1_000;

/**
 * What a bot knows in a test: put in before with `new Scene({ knowledge })`, looked at after in
 * `transcript.knowledge`.
 *
 *     const knowledge = new Knowledge();
 *     knowledge.bot().put({ id: "hours.md", text: "# Hours\n\nFrom 9 to 17." });
 *     knowledge.user("anna").put({ id: "list.txt", text: "milk", format: "plain" });
 *
 * A query that is made of a text is asked by the person `user`, who is meant without a name. `refusal` is an error with
 * which the bot is refused what it asks for: of the kind `full` what it puts in, of any other everything. Here, `bot()`
 * and `user()` of the test are never refused.
 *
 * A search finds what has the words; the gateway's ranking is better. Here a passage scores by how many distinct words
 * of the question are in it, as they are written but for upper case. It begins with a heading, or where it would have
 * more than 180 words. What is in the `Store` takes no room from documents.
 */
export class Knowledge {
    /** With what the bot is refused; `null`: it is not. */
    refusal: KnowledgeError | null;
    readonly #collections = new Map<string, Map<string, Document>>();

    constructor(refusal: KnowledgeError | null = null) {
        this.refusal = refusal;
    }

    /** Another one with the same documents. */
    copy(): Knowledge {
        const other = new Knowledge(this.refusal);
        for (const [whose, documents] of this.#collections) other.#collections.set(whose, new Map(documents));
        return other;
    }

    /** What is known for all. */
    bot(): Collection {
        return new Collection(() => this.opened("bot", "", false));
    }

    /** What this person has handed over. */
    user(userId = "user"): Collection {
        return new Collection(() => this.opened("user", userId, false));
    }

    /** The document with this identifier, with its text: of this person, or the bot's. */
    document(id: string, userId: string | null = null): Document | null {
        return this.#entries(userId === null ? "bot" : "user", userId ?? "").get(id) ?? null;
    }

    #entries(name: string, owner: string): Map<string, Document> {
        const whose = `${name} ${owner}`;
        const entries = this.#collections.get(whose) ?? new Map<string, Document>();
        this.#collections.set(whose, entries);
        return entries;
    }

    /** A collection, as a bot has it, or a test. */
    opened(name: string, owner: string, mayRefuse: boolean): KnowledgeCollection {
        const documents = (puts = false): Map<string, Document> => {
            if (mayRefuse && this.refusal !== null && (puts || this.refusal.kind !== "full")) throw this.refusal;
            return this.#entries(name, owner);
        };
        const inOrder = (): Document[] => [...documents().values()].sort((one, other) => byBytes(one.id, other.id));
        return {
            search: (question, limit) => search(inOrder(), question.slice(0, QUESTION_CHARACTERS_MAX)).slice(0, limit),
            put: (given) => {
                checkAll(given);
                this.#write(documents(true), given);
            },
            remove: (ids) => {
                checkCount(ids);
                const entries = documents();
                return ids.filter((id) => entries.delete(id)).length;
            },
            clear: () => {
                const entries = documents();
                const count = entries.size;
                entries.clear();
                return count;
            },
            documents: (after) => pageOf(inOrder(), after),
        };
    }

    /** Puts documents in, all or none. */
    #write(entries: Map<string, Document>, given: Document[]): void {
        const all = [...this.#collections.values()].flatMap((documents) => [...documents.values()]);
        const replaced = given.flatMap(({ id }) => entries.get(id) ?? []);
        if (all.length + given.length - replaced.length > DOCUMENTS_MAX) {
            throw new KnowledgeError("full", `no more than ${DOCUMENTS_MAX} documents of the bot are kept`);
        }
        if (sizeOf(all) + sizeOf(given) - sizeOf(replaced) > Math.max(sizeOf(all), BYTES_MAX)) {
            throw new KnowledgeError("full", `no more than ${BYTES_MAX} bytes of the bot are kept`);
        }
        for (const document of given) entries.set(document.id, document);
    }
}

function sizeOf(documents: Document[]): number {
    const texts = documents.flatMap(({ id, title, source, text }) => [id, title, source, text]);
    return texts.reduce((sum, text) => sum + byteCount(text), 0);
}

function pageOf(all: Document[], after: string | null): { documents: DocumentInfo[]; next: string | null } {
    const behind = all.filter(({ id }) => after === null || byBytes(id, after) > 0);
    const documents = behind.slice(0, PAGE_DOCUMENTS).map((one) => {
        const { id, source, text } = one;
        return new DocumentInfo({ id, title: titleOf(one), source: source || id, bytes: byteCount(text) });
    });
    return { documents, next: behind.length > documents.length ? documents.at(-1)!.id : null };
}

function checkCount(several: readonly unknown[]): void {
    if (several.length > BATCH_DOCUMENTS_MAX) {
        throw new KnowledgeError("invalid", `at most ${BATCH_DOCUMENTS_MAX} documents are taken at once`);
    }
}

function checkAll(documents: Document[]): void {
    checkCount(documents);
    for (const { id, title, source, text } of documents) {
        if (id === "") throw new KnowledgeError("invalid", "a document has an identifier");
        checkSize("an identifier", id, NAME_BYTES_MAX);
        checkSize("a title", title, NAME_BYTES_MAX);
        checkSize("a source", source, NAME_BYTES_MAX);
        checkSize("a text", text, TEXT_BYTES_MAX);
    }
    if (sizeOf(documents) > BATCH_BYTES_MAX) {
        throw new KnowledgeError("invalid", `the documents of one call have at most ${BATCH_BYTES_MAX} bytes together`);
    }
}

function checkSize(what: string, text: string, most: number): void {
    if (byteCount(text) > most) throw new KnowledgeError("invalid", `${what} has at most ${most} bytes`);
}
