// What a component imports, as the engines have it. `null` of QuickJS is `undefined` on StarlingMonkey, and a number
// of 64 bits a `bigint` there.

type Maybe<T> = T | null | undefined;

declare module "ravenry:bot/reply@0.1.0" {
    interface FileEvent {
        url: string;
        contentType: string;
        name: string;
        inlineRef?: Maybe<string>;
    }
    interface Failure {
        text?: Maybe<string>;
        allowRetry: boolean;
        errorType?: Maybe<string>;
    }
    interface Meta {
        contentType?: Maybe<string>;
        suggestedReplies?: Maybe<boolean>;
        linkify?: Maybe<boolean>;
        refetchSettings?: Maybe<boolean>;
    }
    export function text(text: string): void;
    export function textAt(index: number, text: string): void;
    export function replace(text: string): void;
    export function replaceAt(index: number, text: string): void;
    export function suggest(text: string): void;
    export function meta(meta: Meta): void;
    export function file(file: FileEvent): void;
    export function data(metadata: string): void;
    export function json(data: string): void;
    export function error(failure: Failure): void;
    export function event(name: string, data: string): void;
}

declare module "ravenry:bot/request@0.1.0" {
    export function raw(): string;
    export function header(name: string): Maybe<string>;
    export function headers(): [string, string][];
    export function reference(): string;
}

declare module "ravenry:bot/poe@0.1.0" {
    import type { Pollable } from "xasi:io/poll@0.2.11";
    interface SaidEvent {
        name: string;
        text: string;
        index?: Maybe<number>;
        data: string;
    }
    interface FileEvent {
        url: string;
        contentType: string;
        name: string;
        inlineRef?: Maybe<string>;
    }
    interface CostItem {
        amountUsdMilliCents: number | bigint;
        description?: Maybe<string>;
    }
    export interface Answer extends Disposable {
        read(): SaidEvent[];
        subscribe(): Pollable;
        relay(): void;
        relayText(): void;
    }
    export class FileWriter {
        constructor(name: string, contentType: Maybe<string>);
        static finish(writer: FileWriter, inline: boolean): FileEvent;
        write(bytes: Uint8Array): void;
        [Symbol.dispose](): void;
    }
    export function ask(bot: string, body: string): Answer;
    export function attach(name: string, contentType: Maybe<string>, bytes: Uint8Array, inline: boolean): FileEvent;
    export function attachUrl(url: string, name: Maybe<string>, inline: boolean): FileEvent;
    export function readAttachment(url: string, bytesMax: number): Uint8Array | number[];
    export function authorize(items: CostItem[]): void;
    export function capture(items: CostItem[]): void;
}

declare module "ravenry:bot/knowledge@0.1.0" {
    interface Document {
        id: string;
        title: string;
        source: string;
        text: string;
        format: string;
    }
    interface Passage {
        document: string;
        title: string;
        source: string;
        headings: string[];
        firstLine: number;
        lastLine: number;
        text: string;
        score: number;
    }
    interface DocumentPage {
        documents: { id: string; title: string; source: string; bytes: number | bigint }[];
        next?: Maybe<string>;
    }
    export function search(collection: string, question: string, limit: number): Passage[];
    export function put(collection: string, documents: Document[]): void;
    export function remove(collection: string, ids: string[]): number;
    export function clear(collection: string): number;
    export function documents(collection: string, after: Maybe<string>): DocumentPage;
}

declare module "wasi:keyvalue/store@0.2.0-draft2" {
    type Bytes = Uint8Array | number[];
    export interface Bucket extends Disposable {
        get(key: string): Maybe<Bytes>;
        set(key: string, value: Uint8Array): void;
        delete(key: string): void;
        exists(key: string): boolean;
        listKeys(cursor: Maybe<string>): { keys: string[]; cursor?: Maybe<string> };
    }
    export function open(identifier: string): Bucket;
}

declare module "wasi:keyvalue/atomics@0.2.0-draft2" {
    import type { Bucket } from "wasi:keyvalue/store@0.2.0-draft2";
    type Bytes = Uint8Array | number[];
    export class Cas {
        static new(bucket: Bucket, key: string): Cas;
        current(): Maybe<Bytes>;
        [Symbol.dispose](): void;
    }
    export function increment(bucket: Bucket, key: string, delta: number | bigint): number | bigint;
    export function swap(cas: Cas, value: Uint8Array): void;
}

declare module "wasi:keyvalue/batch@0.2.0-draft2" {
    import type { Bucket } from "wasi:keyvalue/store@0.2.0-draft2";
    type Bytes = Uint8Array | number[];
    export function getMany(bucket: Bucket, keys: string[]): [string, Maybe<Bytes>][];
    export function setMany(bucket: Bucket, keyValues: [string, Uint8Array][]): void;
    export function deleteMany(bucket: Bucket, keys: string[]): void;
}

declare module "wasi:cli/environment@0.2.12" {
    export function getEnvironment(): [string, string][];
}

declare module "wasi:cli/stdout@0.2.12" {
    interface OutputStream extends Disposable {
        blockingWriteAndFlush(contents: Uint8Array): void;
    }
    export function getStdout(): OutputStream;
}

declare module "wasi:cli/stderr@0.2.12" {
    import type { OutputStream } from "wasi:cli/stdout@0.2.12";
    export function getStderr(): OutputStream;
}

declare module "wasi:random/random@0.2.12" {
    export function getRandomBytes(length: number): Uint8Array | number[];
}

declare module "xasi:io/poll@0.2.11" {
    export interface Pollable extends Disposable {
        ready(): boolean;
        block(): void;
    }
    export function poll(pollables: Pollable[]): Iterable<number>;
}

declare module "xasi:clocks/monotonic-clock@0.2.11" {
    import type { Pollable } from "xasi:io/poll@0.2.11";
    export function subscribeDuration(nanoseconds: number): Pollable;
}

declare module "wasi:clocks/monotonic-clock@0.2.0" {
    import type { Pollable } from "xasi:io/poll@0.2.11";
    export function subscribeDuration(nanoseconds: bigint): Pollable;
}

declare module "ravenry/wait" {
    import type { Pollable } from "xasi:io/poll@0.2.11";
    /** Resolves when a pollable is ready. It is given back then. */
    export function until(pollable: Pollable): Promise<void>;
    /** Waits no longer for a pollable, which is given back. */
    export function forget(pollable: Pollable): void;
    /** Waits, and everything waits with it. */
    export function pause(milliseconds: number): void;
    /** Has `done` or `failed` called when a value, or the promise of one, is there, and gives what they do. */
    export function conclude<T>(
        made: () => unknown,
        done: (value: unknown) => T,
        failed: (error: unknown) => T,
    ): T | Promise<T>;
    /** What is wrong with the promises that are left when everything was said, if anything is. */
    export function leftover(): { error: unknown } | null;
}
