// Packages that have no types, or none that are found.

declare module "core-js-pure/actual/url" {
    export default URL;
}

declare module "core-js-pure/actual/url-search-params" {
    export default URLSearchParams;
}

declare module "@ungap/structured-clone" {
    export default function structuredClone(value: unknown, options?: { json?: boolean; lossy?: boolean }): unknown;
}

declare module "event-target-shim" {
    export class Event {
        constructor(type: string, init?: { bubbles?: boolean; cancelable?: boolean; composed?: boolean });
        readonly type: string;
    }
    export class EventTarget {
        addEventListener(type: string, listener: (event: Event) => void, options?: { once?: boolean }): void;
        removeEventListener(type: string, listener: (event: Event) => void): void;
        dispatchEvent(event: Event): boolean;
    }
}
