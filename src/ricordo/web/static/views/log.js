/** The events of the log, the newest first, and new ones as they come. */

import { all, fill, h } from "../dom.js";
import { count, when } from "../format.js";
import { follow } from "../live.js";
import { attempt, badge, choice, empty, entered, idLink, scopeLines, toast } from "../parts.js";
import { inline } from "../text.js";

export const title = "Log";
const PAGE = 50;
const SHOWN_OF_EVENT = 8;
/** Most events that are asked for to fill a page of a rare operation. */
const MOST_LOOKED_AT = 4000;
const OPS = ["retain", "update", "forget", "undo", "feedback", "consolidate", "expire", "evict", "propose", "merge", "commit", "erase", "compact"];

export async function render(ctx) {
  const { place, space } = ctx;
  const at = Number(place.one("at")) || 0;
  const head = await last(ctx);
  const page = await newest(space, at ? Math.min(at + 3, head) : (place.one("before") ? Number(place.one("before")) - 1 : head), place);
  const list = h("ol", { class: "events", "aria-label": "Events" });
  fill(list, page.entries.map((entry) => event(ctx, entry, at)));
  const live = h("span", { class: "live", id: "live", role: "status" });
  const latest = !at && !place.one("before") && !place.moment;
  if (latest) watch(ctx, head, list, live);
  return all(
    h("div", { class: "head-row" }, h("h1", {}, "Log"), latest && live),
    narrow(ctx),
    page.entries.length === 0 && !latest && empty("No such event", "Another operation or scope may have some."),
    list,
    h(
      "p",
      { class: "pager" },
      !latest && !place.moment && h("a", { class: "button", href: place.with({ at: "", before: "" }) }, "Newest"),
      page.from > 0
        ? h("a", { class: "button", id: "next", href: place.with({ at: "", before: page.from + 1 }) }, "Earlier")
        : h("span", { class: "soft" }, "This is the beginning."),
    ),
  );
}

/** Return the last event to be shown: at a moment in the past, the last one then. */
async function last({ place, space }) {
  const seq = await space.head();
  if (!place.moment) return seq;
  if (typeof space.moment === "number") return Math.min(space.moment, seq);
  let [low, high] = [0, seq];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const { entries } = await space.events({ after: middle - 1, limit: 1 });
    if (!entries.length || new Date(entries[0].at) > new Date(withZone(place.moment))) high = middle - 1;
    else low = middle;
  }
  return low;
}

function withZone(moment) {
  return /T.*(Z|[+-]\d\d:?\d\d)$/.test(moment) || !moment.includes("T") ? moment : `${moment}Z`;
}

/** Read backwards from an event until a page is full: `entries`, newest first, and `from`, before which it goes on. */
async function newest(space, head, place) {
  const [scope, op] = [place.many("scope"), place.one("op")];
  const entries = [];
  let [end, step, looked] = [head, PAGE, 0];
  while (end > 0 && entries.length < PAGE && looked < MOST_LOOKED_AT) {
    const start = Math.max(0, end - step);
    const page = await space.events({ after: start, limit: end - start, scope });
    const own = page.entries.filter((one) => one.seq <= end && (!op || one.op === op)).reverse();
    entries.push(...own);
    looked += end - start;
    end = start;
    step = Math.min(1000, step * 4);
  }
  const shown = entries.slice(0, PAGE);
  return { entries: shown, from: entries.length > PAGE ? shown.at(-1).seq - 1 : end };
}

function narrow({ place, go }) {
  const submit = (event) => (event.preventDefault(), go(place.to("log", entered(event.target))));
  return h(
    "form",
    { class: "filters", submit, "aria-label": "Narrow the log" },
    h(
      "div",
      { class: "fields" },
      choice("op", "Operation", [["", "all"], ...OPS], place.one("op")),
      scopeLines(place),
      h("button", { type: "submit", class: "primary" }, "Show"),
      (place.one("op") || place.one("scope")) && h("a", { class: "button", href: place.to("log") }, "Clear"),
    ),
  );
}

function event(ctx, entry, marked) {
  const { place, past } = ctx;
  const ids = Object.entries(entry.records);
  const words = h("ul", { class: "touched" }, ids.slice(0, SHOWN_OF_EVENT).map(([id, version]) => touched(ctx, entry.seq, id, version)));
  return h(
    "li",
    { class: entry.seq === marked ? "event marked" : "event", "data-seq": entry.seq },
    h("div", { class: "event-head" }, h("span", { class: "seq" }, count(entry.seq)), badge(entry.op, "plain"), when(entry.at)),
    words,
    ids.length > SHOWN_OF_EVENT && h("p", { class: "soft" }, `and ${count(ids.length - SHOWN_OF_EVENT)} more`),
    h(
      "p",
      { class: "actions small" },
      h("a", { href: place.with({ as_of: entry.seq, at: "", before: "" }) }, "The space then"),
      !past && !["erase", "compact"].includes(entry.op) && h("button", { type: "button", class: "plain", click: () => undo(ctx, entry) }, "Undo"),
    ),
  );
}

/** One record of an event; what it says is asked for when it comes into sight. */
function touched({ place, space }, seq, id, version) {
  const words = h("span", { class: "glimpse soft" }, "…");
  const item = h("li", {}, idLink(place, id, version), words);
  const seen = new IntersectionObserver(async ([sight]) => {
    if (!sight.isIntersecting) return;
    seen.disconnect();
    const record = await space.read(["records", id], { as_of: seq }).catch(() => null);
    fill(words, record ? inline(record.title || record.content, 160) : "not to be seen");
    if (record) item.append(h("span", { class: "scope-name" }, inline(record.scope, 60)));
  });
  seen.observe(item);
  return item;
}

/** Take an event back, in the scope of what it touched. */
async function undo(ctx, { seq, records }) {
  const [id] = Object.keys(records);
  const touched = id && (await ctx.space.get(id).catch(() => null));
  const done = await attempt(() => ctx.space.undo(seq, touched?.scope ?? ""));
  if (!done) return;
  const left = done.conflicts.length ? ` ${count(done.conflicts.length)} changed since and stay.` : "";
  toast(`Event ${seq} is undone by event ${done.event}.${left}`, null, "good");
}

/** Put new events on top as they come. */
async function watch(ctx, head, list, live) {
  const { place, signal } = ctx;
  const tell = (on) => fill(live, h("span", { class: on ? "dot on" : "dot" }), on ? "Live" : "Waiting for the server");
  tell(false);
  try {
    const query = place.many("scope").map((scope) => ["scope", scope]);
    for await (const entry of follow(place.space, head, query, signal, tell)) {
      if (signal.aborted) return;
      if (place.one("op") && entry.op !== place.one("op")) continue;
      const made = event(ctx, entry, 0);
      made.classList.add("new");
      list.prepend(made);
      if (list.children.length > 4 * PAGE) list.lastElementChild.remove();
    }
  } catch {
    fill(live, "Not live here");
  }
}
