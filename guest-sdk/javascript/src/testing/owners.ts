/** Whose buckets and collections there are in a call: those of a person and a conversation where it names them. */

import type { KnowledgeCollection, StoreBucket } from "../backend.js";
import { KnowledgeError, StoreError } from "../failure.js";
import type { Knowledge } from "./knowledge.js";
import type { Store } from "./store.js";

/** Who is meant in a call. */
export interface Person {
    userId?: string;
    conversationId?: string;
}

/** What a call can reach. */
export class Owners {
    constructor(
        readonly store: Store,
        readonly knowledge: Knowledge,
        readonly person: Person = {},
    ) {}

    /** Opens a bucket; `StoreError` where the call does not have it. */
    bucket(name: string): StoreBucket {
        const { userId = "", conversationId = "" } = this.person;
        const owners: Record<string, string> = { user: userId, conversation: conversationId };
        const owner = name === "bot" ? "" : owners[name];
        if (owner === undefined || (owner === "" && name !== "bot")) throw StoreError.noSuchStore(name);
        return this.store.opened(name, owner);
    }

    /** A collection; `KnowledgeError` where the call does not have it. */
    collection(name: string): KnowledgeCollection {
        const { userId = "" } = this.person;
        if (name !== "bot" && !(name === "user" && userId !== "")) throw KnowledgeError.noSuchCollection(name);
        return this.knowledge.opened(name, name === "user" ? userId : "", true);
    }
}
