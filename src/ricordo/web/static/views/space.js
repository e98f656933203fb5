/** How large a space is, how it is made up, and how it does. */

import { all, h } from "../dom.js";
import { bytes, count, many } from "../format.js";
import { badge, bar, counted } from "../parts.js";
import { inline } from "../text.js";

export const title = "Space";
const MEASURED = { max_records: "records", max_bytes: "live_bytes", max_tokens: "live_tokens" };

export async function render({ place, space }) {
  const stats = await space.stats();
  return all(
    h("h1", {}, inline(place.space)),
    place.moment && h("p", { class: "soft" }, "Sizes are told as they are now."),
    health(stats),
    sizes(stats),
    h(
      "div",
      { class: "breakdowns" },
      counted("By scope", stats.scopes, (scope) => place.to("records", { scope })),
      counted("By kind", stats.kinds, (kind) => place.to("records", { kind })),
      counted("By status", stats.statuses, (status) => place.to("records", { status })),
    ),
  );
}

function sizes(stats) {
  const told = [
    [count(stats.records), "records that can be recalled"],
    [count(stats.versions), "versions of all records"],
    stats.events > 0 && [count(stats.events), "events in the log"],
    [bytes(stats.live_bytes), "of live content"],
    [count(stats.live_tokens), "live tokens, estimated"],
    stats.bytes > 0 && [bytes(stats.bytes), "on disk"],
  ].filter(Boolean);
  const figure = ([value, words]) => h("div", { class: "figure" }, h("dd", {}, value), h("dt", {}, words));
  return all(h("dl", { class: "figures" }, told.map(figure)), bounds(stats));
}

function bounds(stats) {
  const listed = Object.entries(stats.bounds);
  if (!listed.length) return h("p", { class: "soft" }, "No bound is set: it may grow as it will.");
  const row = ([name, most]) => {
    const held = stats[MEASURED[name]];
    const share = held === undefined ? 0 : held / most;
    const words = held === undefined ? `at most ${count(most)}` : `${count(held)} of ${count(most)}`;
    return h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, held !== undefined && bar(share, words, share > 0.9 ? "bad" : "accent")), h("td", { class: "number" }, words));
  };
  return h("table", { class: "counted" }, h("caption", {}, "Bounds"), h("tbody", {}, listed.map(row)));
}

function health(stats) {
  const lag = (name, seq) => {
    if (seq === null) return null;
    const behind = stats.seq - seq;
    return h("li", {}, badge(behind > 0 ? "behind" : "in step", behind > 0 ? "warn" : "good"), ` ${name} index${behind > 0 ? `: ${many(behind, "event")} to take in` : ""}`);
  };
  const faults = Object.entries(stats.faults);
  return h(
    "ul",
    { class: "health", "aria-label": "How it does" },
    h("li", {}, badge("recall", "plain"), " ", stats.profile),
    lag("Vector", stats.indexed_seq),
    lag("Word", stats.lexical_seq),
    faults.map(([name, said]) => h("li", {}, badge("fault", "bad"), ` ${name}: `, inline(said))),
    !faults.length && h("li", {}, badge("no faults", "good")),
    stats.pending_erasure && h("li", {}, badge("erasure pending", "warn"), " erased bytes wait for another process to end its reading"),
  );
}
