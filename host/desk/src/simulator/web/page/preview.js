// Shows what a bot wrote as a page, when a person asks for it: in a frame of its own, in which no script
// runs, and which is no origin of ours.

import { el, toast } from "./dom.js";
import { put } from "./api.js";

/** Languages of blocks that can be looked at. */
export const PREVIEWED = ["html", "svg"];

/** A button that shows and hides the frame in this block. */
export function previewButton(text, block) {
  let frame = null;
  const button = el("button", { type: "button", class: "chip", "aria-pressed": "false", on: { click: () => turn() } }, "Preview");
  const turn = async () => {
    if (frame !== null) {
      frame.remove();
      frame = null;
      button.setAttribute("aria-pressed", "false");
      return;
    }
    try {
      const kind = block.querySelector(".code-head span").textContent.toLowerCase() === "svg" ? "image/svg+xml" : "text/html";
      const kept = await put(new File([text()], "preview", { type: kind }));
      const { pathname, search } = new URL(kept.url);
      frame = el("iframe", { class: "preview", sandbox: "", referrerpolicy: "no-referrer", title: "Preview", src: pathname + search });
      block.querySelector(".code-head").after(frame);
      button.setAttribute("aria-pressed", "true");
    } catch (error) {
      toast(error.message);
    }
  };
  return button;
}
