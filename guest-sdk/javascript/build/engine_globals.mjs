// The file of src/web that stands in for globals that an engine lacks. It exports values under the names of globals;
// of these, only those are part of a bundle that are used in it.

const FILES = { quickjs: "globals.ts", starlingmonkey: "process_env.ts" };

/** The file for an engine. */
export function globalsOf(engine) {
    return FILES[engine];
}
