/** Stored text on the page: whole, in its own direction, with what hides in it shown. */

import { h } from "./dom.js";
import { count } from "./format.js";

/** Characters that nobody sees and models read: controls, turned direction, no width, tags. Those of emoji stay. */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const LONG = 1200;

/** Return the parts of a text, hidden characters as marks with their code. */
export function visible(text) {
  const parts = [];
  let last = 0;
  for (const found of text.matchAll(HIDDEN)) {
    if (found.index > last) parts.push(text.slice(last, found.index));
    const code = `U+${found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
    parts.push(h("span", { class: "hidden-mark", title: "A character that is not seen" }, code));
    last = found.index + found[0].length;
  }
  parts.push(text.slice(last));
  return parts;
}

/** Return a stored text that stands in a line, its direction its own. */
export function inline(text, limit = 300) {
  return h("bdi", { class: "inline" }, visible(cut(text, limit)));
}

/** Return a stored text as a block; the rest of a long one is shown when it is asked for. */
export function said(text, limit = LONG) {
  const block = h("div", { class: "said", dir: "auto" }, visible(cut(text, limit)));
  if (text.length <= limit) return block;
  const more = h("button", { type: "button", class: "plain", "aria-expanded": "false" });
  const show = (open) => {
    block.replaceChildren(...visible(open ? text : cut(text, limit)));
    more.setAttribute("aria-expanded", String(open));
    more.textContent = open ? "Show less" : `Show all of ${count(text.length)} characters`;
  };
  more.addEventListener("click", () => show(more.getAttribute("aria-expanded") === "false"));
  show(false);
  return h("div", { class: "said-more" }, block, more);
}

function cut(text, limit) {
  if (text.length <= limit) return text;
  const end = /[\ud800-\udbff]$/.test(text.slice(0, limit)) ? limit - 1 : limit;
  return `${text.slice(0, end)}…`;
}
