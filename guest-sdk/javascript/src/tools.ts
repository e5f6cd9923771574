/**
 * Tools that a language model may ask this bot to use.
 *
 * A model does not use a tool itself: it answers with `ToolCall`s, the bot does what they ask, and asks again with the
 * `ToolResult`s. `Toolbox` does all of that; `Turn` is for a loop of one's own.
 */

export { callsMessage, resultsMessage, Tool, ToolCall, ToolResult, type ToolOptions } from "./tool_call.js";
export { Toolbox, type RunOptions, type ToolDescription, type ToolFunction } from "./toolbox.js";
export { Turn } from "./turn.js";
