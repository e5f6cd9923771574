// What of `wasi:http` is used, as QuickJS has it.

declare module "xasi:http/types@0.2.11" {
    import type { Pollable } from "xasi:io/poll@0.2.11";
    type Maybe<T> = T | null | undefined;
    interface Tagged {
        tag: string;
        val?: unknown;
    }
    export interface IoError extends Disposable {
        toDebugString(): string;
    }
    export interface InputStream extends Disposable {
        read(length: number): Uint8Array | number[];
        subscribe(): Pollable;
    }
    export interface OutputStream extends Disposable {
        checkWrite(): number;
        write(contents: Uint8Array): void;
        flush(): void;
        subscribe(): Pollable;
    }
    export class Fields implements Disposable {
        static fromList(entries: [string, Uint8Array][]): Fields;
        entries(): [string, Uint8Array | number[]][];
        [Symbol.dispose](): void;
    }
    export class OutgoingRequest implements Disposable {
        constructor(headers: Fields);
        body(): OutgoingBody;
        setMethod(method: Tagged): void;
        setScheme(scheme: Maybe<Tagged>): void;
        setAuthority(authority: Maybe<string>): void;
        setPathWithQuery(path: Maybe<string>): void;
        [Symbol.dispose](): void;
    }
    export class OutgoingBody implements Disposable {
        static finish(body: OutgoingBody, trailers: Maybe<Fields>): void;
        write(): OutputStream;
        [Symbol.dispose](): void;
    }
    export interface FutureIncomingResponse extends Disposable {
        subscribe(): Pollable;
        get(): Maybe<Tagged>;
    }
    export interface IncomingResponse extends Disposable {
        status(): number;
        headers(): Fields;
        consume(): IncomingBody;
    }
    export class IncomingBody implements Disposable {
        static finish(body: IncomingBody): FutureTrailers;
        stream(): InputStream;
        [Symbol.dispose](): void;
    }
    export interface FutureTrailers extends Disposable {
        subscribe(): Pollable;
        get(): Maybe<Tagged>;
    }
    export function httpErrorCode(error: IoError): Maybe<Tagged | string>;
}

declare module "xasi:http/outgoing-handler@0.2.11" {
    import type { FutureIncomingResponse, OutgoingRequest } from "xasi:http/types@0.2.11";
    export function handle(request: OutgoingRequest, options: null): FutureIncomingResponse;
}
