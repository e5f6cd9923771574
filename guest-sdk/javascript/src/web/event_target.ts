/** `Event` and `EventTarget`. */

export { Event, EventTarget } from "event-target-shim";
