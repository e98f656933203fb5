/** What two texts have in common, word by word. */

import { h } from "./dom.js";
import { visible } from "./text.js";

/** Most words of which a difference is looked for; beyond, both texts are shown whole. */
const MOST = 1500;

/**
 * Return the pieces of two texts: [["same" | "removed" | "added", text], ...].
 * The longest common subsequence, by dynamic programming over what is left between a common beginning and end.
 */
export function pieces(before, after) {
  const [old, now] = [words(before), words(after)];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  const middle = between(old.slice(start, old.length - end), now.slice(start, now.length - end));
  return joined([
    ...old.slice(0, start).map((word) => ["same", word]),
    ...middle,
    ...(end ? old.slice(-end) : []).map((word) => ["same", word]),
  ]);
}

/** Return an element that shows what was taken out and what was put in. */
export function difference(before, after) {
  const parts = pieces(before, after).map(([kind, text]) =>
    kind === "same" ? visible(text) : h(kind === "added" ? "ins" : "del", {}, visible(text)),
  );
  return h("div", { class: "said diff", dir: "auto" }, parts);
}

function words(text) {
  return text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
}

function between(old, now) {
  if (old.length > MOST || now.length > MOST || !old.length || !now.length)
    return [...old.map((word) => ["removed", word]), ...now.map((word) => ["added", word])];
  const width = now.length + 1;
  const longest = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = now.length - 1; j >= 0; j -= 1)
      longest[i * width + j] =
        old[i] === now[j]
          ? longest[(i + 1) * width + j + 1] + 1
          : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
  const found = [];
  for (let i = 0, j = 0; i < old.length || j < now.length; ) {
    if (i < old.length && j < now.length && old[i] === now[j]) found.push(["same", old[i++], j++]);
    else if (j >= now.length || (i < old.length && longest[(i + 1) * width + j] >= longest[i * width + j + 1]))
      found.push(["removed", old[i++]]);
    else found.push(["added", now[j++]]);
  }
  return found;
}

function joined(parts) {
  const made = [];
  for (const [kind, text] of parts) {
    if (made.length && made.at(-1)[0] === kind) made.at(-1)[1] += text;
    else made.push([kind, text]);
  }
  return made;
}
