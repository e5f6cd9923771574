/** Streams. */

export {
    ByteLengthQueuingStrategy,
    CountQueuingStrategy,
    ReadableStream,
    TransformStream,
    WritableStream,
} from "web-streams-polyfill";
