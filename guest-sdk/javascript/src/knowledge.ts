/**
 * What a bot knows: documents, and the passages of them that answer a question.
 *
 *     knowledge.user().put({ id: "list.txt", text: "milk, eggs", format: "plain" });
 *     for (const [at, passage] of knowledge.bot().search("When do you open?", 3).entries()) {
 *         reply.text(`${passage.text}\n\n${passage.citation(at + 1)}\n\n`);
 *     }
 *
 * `bot()` is the bot's collection: its author fills it, by the manifest, at the command line or over HTTP, and it is
 * the same whoever asks. `user()` is that of the person of the query or report at hand, with this bot alone: what they
 * hand over stays theirs. In `settings` there is only `bot()`; where a query has no person, the error is a
 * `KnowledgeError` of the kind `no-such-collection`.
 *
 * **What is found.** A document is split into passages along its structure, of at most 180 words each. `search` finds
 * them by their words, in the forms that their language has, and by their meaning where the gateway's operator has
 * named a model for that. `Passage.citation` is the line by which a reader finds one again.
 *
 * **How safe, how much.** What was put or removed is kept, whatever happens to the machine afterwards, and is found
 * from then on. A document has 4 MiB of text at most, one call 256 documents and 8 MiB: what would be more is of the
 * kind `invalid`. Documents count as what the bot keeps, together with what is in its `store`, and what would be more
 * there is of the kind `full`. Either changes nothing.
 *
 * No function waits for others: everything of the query waits, which is some milliseconds, at no computing time.
 *
 * Native tests have collections in memory, which find what has the words of a question; see `Knowledge` of
 * `ravenry/testing`. The gateway's ranking is better.
 */

import { backend, type KnowledgeCollection } from "./backend.js";
import type { Document, DocumentInfo, GivenDocument, Passage } from "./documents.js";
import { shown, whole } from "./text.js";

export { DocumentInfo, Passage, type Document, type Format, type GivenDocument } from "./documents.js";
export { KnowledgeError, type KnowledgeErrorKind } from "./failure.js";

/** Passages that a search returns at most; more may be asked for. */
const LIMIT_MAX = 100;

/** What this bot knows for all who use it. */
export function bot(): Collection {
    return new Collection(() => backend().openCollection("bot"));
}

/** What the person of the query or report at hand has handed over to this bot. */
export function user(): Collection {
    return new Collection(() => backend().openCollection("user"));
}

/**
 * Documents that can be searched; see `bot` and `user`.
 *
 * Everything throws `KnowledgeError`: `no-such-collection` where the call does not have it, `unavailable` where the
 * database does not answer, and where something is put in, `invalid` and `full` too.
 */
export class Collection {
    readonly #open: () => KnowledgeCollection;

    constructor(open: () => KnowledgeCollection) {
        this.#open = open;
    }

    /**
     * The passages that answer a question best, best first: at most `limit`, and 100. Of equals, the earlier document
     * and the earlier passage. None: nothing in the documents fits.
     *
     * The question may be of any length; its first 16 KiB count.
     */
    search(question: string, limit = 5): Passage[] {
        if (!Number.isInteger(limit) || limit < 0) throw new RangeError(`\`limit\` is 0 or more, not ${shown(limit)}`);
        return this.#open().search(whole(question), Math.min(limit, LIMIT_MAX));
    }

    /** Puts documents in, each in the place of the one that has its identifier: all of them, or none. At most 256. */
    put(...documents: GivenDocument[]): void {
        this.#open().put(documents.map(wholeDocument));
    }

    /** Removes the documents with these identifiers, and says how many of them there were. */
    remove(...ids: string[]): number {
        return this.#open().remove(ids.map(whole));
    }

    /** Removes all documents, and says how many there were. */
    clear(): number {
        return this.#open().clear();
    }

    /**
     * All documents, in the order of their identifiers' bytes, asked for as they are taken: 1,000 at a time.
     *
     * One that is there all the while comes once; one that is put in or removed meanwhile comes or does not.
     */
    *documents(): Generator<DocumentInfo, undefined> {
        const collection = this.#open();
        let after: string | null = null;
        do {
            const page: { documents: DocumentInfo[]; next: string | null } = collection.documents(after);
            yield* page.documents;
            after = page.next;
        } while (after !== null);
        return undefined;
    }
}

function wholeDocument(given: GivenDocument): Document {
    if (typeof given !== "object" || given === null)
        throw new TypeError(`a document is an object, not ${shown(given)}`);
    const { id, text, title = "", source = "", format = "markdown" } = given;
    if (format !== "markdown" && format !== "plain") {
        throw new TypeError(`a format is \`markdown\` or \`plain\`, not ${shown(format)}`);
    }
    return { id: whole(id), text: whole(text), title: whole(title), source: whole(source), format };
}
