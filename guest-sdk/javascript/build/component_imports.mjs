// The names under which a component imports interfaces, in its binary form.
//
// A component is a magic number and sections: an identifier, a length, and as many bytes. Section 10 has
// imports. Other sections may name an import too, but mean something within the component.

const PREAMBLE_BYTES = 8;
const IMPORTS = 10;

/** What an import is, in the bytes that these tools write: an instance of a type, by its index. */
const INSTANCE = 0x05;

/** Writes another beginning of the same length into the names of a component's imports. */
export function renameImports(component, from, to) {
    if (from.length !== to.length) throw new RangeError("lengths would have to be written anew");
    const bytes = Uint8Array.from(component);
    let at = PREAMBLE_BYTES;
    while (at < bytes.length) {
        const section = bytes[at];
        const [length, start] = number(bytes, at + 1);
        if (section === IMPORTS) renameIn(bytes, start, from, to);
        at = start + length;
    }
    return bytes;
}

function renameIn(bytes, start, from, to) {
    let [count, at] = number(bytes, start);
    for (; count > 0; count--) {
        // The form of the name, then its length.
        const [length, name] = number(bytes, at + 1);
        const old = Buffer.from(bytes.subarray(name, name + from.length)).toString("latin1");
        if (old === from) bytes.set(Buffer.from(to, "latin1"), name);
        at = name + length;
        // Imports that are not instances stand alone in their section.
        if (bytes[at] !== INSTANCE) return;
        [, at] = number(bytes, at + 1);
    }
}

/** A number of variable length (LEB128), and where it ends. */
function number(bytes, at) {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++];
        value += (byte & 0x7f) * 2 ** shift;
        if (byte < 0x80) return [value, at];
    }
}
