// The engine, as it is installed beside this file.

export { componentize } from "@bytecodealliance/componentize-js";
