// Makes nodes. Text is always text: nothing here, or anywhere, reads HTML from a string.

const SVG = "http://www.w3.org/2000/svg";

/** The element with this identifier. */
export const by = (id) => document.getElementById(id);

/** An element with attributes, listeners (`on: {click}`), and children: nodes or texts. */
export function el(tag, about = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    } else if (value === true) {
      made.setAttribute(name, "");
    } else if (value !== false && value !== null && value !== undefined) {
      made.setAttribute(name, value);
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** One of the pictures of the sprite. */
export function picture(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** A button with a picture instead of words. */
export function iconButton(name, label, click) {
  return el("button", { type: "button", class: "icon", "aria-label": label, title: label, on: { click } }, picture(name));
}

/** The first letter of a name, in a colour of its own. */
export function face(name) {
  const made = el("span", { class: "face", "aria-hidden": "true" }, [...name][0] ?? "?");
  let hue = 0;
  for (const char of name) hue = (hue * 31 + char.codePointAt(0)) % 360;
  made.style.setProperty("--hue", hue);
  return made;
}

/** An address that a link may lead to, else nothing. */
export function safe(address, schemes = ["http:", "https:", "mailto:"]) {
  try {
    const url = new URL(address);
    return schemes.includes(url.protocol) ? url : null;
  } catch {
    return null;
  }
}

/** A link to the outside, which learns nothing of this page. */
export function link(url, about, ...children) {
  return el("a", { ...about, href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

/** An address as an image may be loaded from it: over TLS, or from here. */
export function imageAddress(address) {
  const url = safe(address, ["http:", "https:"]);
  if (url === null) return null;
  const here = url.port === location.port && ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (here) return url.pathname + url.search;
  return url.protocol === "https:" ? url.href : null;
}

let fading = 0;

/** Says something for a moment. */
export function toast(words) {
  const box = by("toast");
  box.textContent = words;
  box.classList.add("shown");
  clearTimeout(fading);
  fading = setTimeout(() => box.classList.remove("shown"), 2600);
}

/** Gives a text to the browser as a file to keep. */
export function keep(text, name) {
  const href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  el("a", { href, download: name }).click();
  URL.revokeObjectURL(href);
}

/** Puts a text where it can be pasted. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast("The browser does not let the page copy");
  }
}
