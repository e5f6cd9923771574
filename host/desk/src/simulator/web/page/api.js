// Speaks to the simulator, with the token of this page.

const token = document.querySelector('meta[name="token"]').content;

/** Why the simulator did not do something, in words. */
export class Refused extends Error {}

async function send(path, request) {
  let response;
  try {
    response = await fetch(path, { ...request, headers: { ...request.headers, "x-page-token": token } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused("The simulator does not answer. Is it still running?");
  }
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    throw new Refused(told.detail ?? `The simulator answers with status ${response.status}`);
  }
  return response;
}

/** Reads something. */
export async function get(path) {
  return (await send(path, {})).json();
}

/** Says something, and reads what comes back. */
export async function post(path, body) {
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  return (await send(path, request)).json();
}

/** Puts up a file. */
export async function put(file) {
  const name = encodeURIComponent(file.name);
  const headers = file.type === "" ? {} : { "content-type": file.type };
  return (await send(`/page/api/files?name=${name}`, { method: "POST", headers, body: file })).json();
}

/** Says something, and calls `take` with each line that comes back. `take` may make it wait. */
export async function lines(path, body, signal, take) {
  const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal };
  const response = await send(path, request);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  // Pieces of a line that is not complete.
  let pieces = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    let from = 0;
    for (let end = value.indexOf("\n"); end !== -1; end = value.indexOf("\n", from)) {
      pieces.push(value.slice(from, end));
      await take(JSON.parse(pieces.join("")));
      pieces = [];
      from = end + 1;
    }
    pieces.push(value.slice(from));
  }
}
