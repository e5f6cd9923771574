// Draws what a bot says: trees of a few known elements, and changes to them. What is not in the table
// cannot be made; there is no way from a text to an element but through here.

import { copy, el, iconButton, imageAddress, link, safe } from "./dom.js";
import { PREVIEWED, previewButton } from "./preview.js";

/** Where the children of a node are, where that is not the node itself. */
const insides = new WeakMap();

const inside = (node) => insides.get(node) ?? node;

const plain = (tag, about) => () => el(tag, about);

/** Each element: what is made of it, given what is about it and its children. */
const MAKERS = {
  p: plain("p"),
  // The page has two headings of its own above.
  h1: plain("h3"), h2: plain("h4"), h3: plain("h5"), h4: plain("h6"), h5: plain("h6"), h6: plain("h6"),
  blockquote: plain("blockquote"),
  ul: plain("ul"),
  ol: (first) => el("ol", first === "1" ? {} : { start: first }),
  li: plain("li"),
  em: plain("em"), strong: plain("strong"), del: plain("del"), code: plain("code"),
  br: plain("br"), hr: plain("hr"),
  plain: plain("div", { class: "plain" }),
  pre: code,
  word: (colour) => el("span", { class: `word ${colour}` }),
  table,
  thead,
  tr: plain("tr"),
  th: (side) => el("th", { scope: "col", class: side }),
  td: (side) => el("td", { class: side }),
  a: anchor,
  img: image,
  note: plain("sup", { class: "note" }),
  footnote,
  tick: (tick) => el("input", { type: "checkbox", class: "tick", disabled: true, checked: tick === "x", "aria-label": tick === "x" ? "done" : "open" }),
};

/** The next block of a text, also in the next part of it. */
function next(block) {
  return block.nextElementSibling ?? block.parentNode?.nextElementSibling?.firstElementChild ?? null;
}

/** The whole text of a block of code, with the pieces that go on with it. */
function wholeCode(block) {
  let text = inside(block).textContent;
  for (let piece = next(block); piece?.matches(".code.more"); piece = next(piece)) text += inside(piece).textContent;
  return text;
}

function code(language) {
  const text = el("code");
  const button = iconButton("copy", "Copy the code", () => copy(wholeCode(block), "Code"));
  const buttons = el("span", { class: "code-acts" }, button);
  const block = el(
    "div", { class: "code" },
    el("div", { class: "code-head" }, el("span", {}, language ?? "code"), buttons),
    el("pre", { tabindex: "0", "aria-label": "Code" }, text),
  );
  insides.set(block, text);
  if (PREVIEWED.includes(language?.toLowerCase())) buttons.prepend(previewButton(() => wholeCode(block), block));
  return block;
}

function footnote(label) {
  const text = el("div");
  const note = el("div", { class: "footnote" }, el("sup", {}, label), text);
  insides.set(note, text);
  return note;
}

function table() {
  const made = el("table");
  const wide = el("div", { class: "wide", tabindex: "0", role: "group", "aria-label": "Table" }, made);
  insides.set(wide, made);
  return wide;
}

function thead() {
  const row = el("tr");
  const head = el("thead", {}, row);
  insides.set(head, row);
  return head;
}

function anchor(address) {
  const url = safe(address);
  if (url === null) return el("span", { class: "no-link", title: "This link leads nowhere that the page would go" });
  return link(url, { title: url.href });
}

/** The children of an image are its description. */
function image(address, children) {
  const description = textOf(children);
  const source = imageAddress(address);
  let made;
  if (source !== null) {
    made = el("img", { class: "picture", src: source, alt: description, loading: "lazy", referrerpolicy: "no-referrer" });
  } else {
    const url = safe(address);
    const words = description || "image";
    made = url === null
      ? el("span", { class: "no-link", title: "This image has no address that the page would load" }, words)
      : link(url, { title: url.href }, words);
  }
  insides.set(made, document.createDocumentFragment());
  return made;
}

function textOf(nodes) {
  return nodes.map((node) => (typeof node === "string" ? node : textOf(node.c ?? []))).join("");
}

/** The node of a tree. */
export function make(tree) {
  if (typeof tree === "string") return document.createTextNode(tree);
  const maker = Object.hasOwn(MAKERS, tree.t) ? MAKERS[tree.t] : MAKERS.p;
  const children = tree.c ?? [];
  const made = maker(tree.a, children);
  if (tree.m) made.classList.add("more");
  const place = inside(made);
  // One by one: so many as there may be are too many for a call.
  for (const child of children) place.append(make(child));
  return made;
}

/** How much is drawn at once, in characters: more would be felt. A node weighs some, too. */
const WEIGHT_MAX = 8000;
const NODE_WEIGHT = 40;

/** Blocks that lie in one part of a drawing, and how much they weigh. A part that is not on the screen
 * costs nothing. */
const PART_BLOCKS = 40;
const PART_WEIGHT = 40000;

function weight(tree) {
  if (typeof tree === "string") return tree.length;
  return (tree.c ?? []).reduce((sum, child) => sum + weight(child), NODE_WEIGHT);
}

/** Where a text is drawn. */
export class Drawing {
  constructor() {
    this.node = el("div", { class: "text" });
    this.blocks = [];
    /** The last part, and what it weighs. */
    this.heavy = 0;
  }

  /** Its text, as it is read out. */
  text() {
    const lines = (block) => (["UL", "OL", "TABLE"].includes(block.tagName) ? [...block.children] : [block]);
    return this.blocks.flatMap((block) => lines(inside(block))).map((line) => line.textContent).join("\n");
  }

  /** Makes one change. Gives back how much it was, and what is left of it for the next picture. */
  apply(change) {
    if (change.grow !== undefined) return this.grow(change);
    let taken = 0;
    let weighs = 0;
    while (taken < change.add.length && weighs < WEIGHT_MAX) {
      weighs += weight(change.add[taken]);
      taken += 1;
    }
    const trees = change.add.slice(0, taken);
    if (change.down === 0) {
      this.keep(change.keep);
      for (const tree of trees) this.push(make(tree), weight(tree));
    } else {
      const place = this.place(change.down);
      while (place.childNodes.length > change.keep) place.lastChild.remove();
      for (const tree of trees) place.append(make(tree));
    }
    const rest = change.add.slice(taken);
    const left = rest.length === 0 ? null : { down: change.down, keep: change.keep + taken, add: rest };
    return { weighs, left };
  }

  grow({ down, cut, grow }) {
    const text = this.place(down).lastChild;
    const now = grow.slice(0, WEIGHT_MAX);
    text.replaceData(text.length - cut, cut, now);
    const rest = grow.slice(WEIGHT_MAX);
    return { weighs: now.length, left: rest === "" ? null : { down, cut: 0, grow: rest } };
  }

  /** The node whose last child is meant. */
  place(down) {
    let place = inside(this.blocks.at(-1));
    for (let further = 1; further < down; further += 1) place = inside(place.lastChild);
    return place;
  }

  keep(count) {
    while (this.blocks.length > count) {
      const block = this.blocks.pop();
      const part = block.parentNode;
      block.remove();
      if (part.childNodes.length === 0) part.remove();
    }
  }

  push(block, weighs) {
    const last = this.node.lastChild;
    if (last === null || last.childNodes.length >= PART_BLOCKS || this.heavy >= PART_WEIGHT) {
      this.node.append(el("div", { class: "part" }));
      this.heavy = 0;
    }
    this.heavy += weighs;
    this.node.lastChild.append(block);
    this.blocks.push(block);
  }
}
