/** What StarlingMonkey lacks of what packages read everywhere: one part of the `process` of Node. */

import { env } from "../env.js";

export { env as "process.env" };
