/** What is found for a question, why, and what a model would be given. */

import { told } from "../api.js";
import { all, h } from "../dom.js";
import { count, many, score } from "../format.js";
import { KINDS, RENDERS } from "../words.js";
import { arms, badge, choice, empty, entered, idLink, line, marks, origin, recordLink, scopeLines, standing } from "../parts.js";
import { inline, said } from "../text.js";

export const title = "Search";
const LANES = [
  ["answer", "Answer", "A question: wide, recall first"],
  ["inject", "Inject", "A turn: only what it names; often nothing"],
];

export async function render(ctx) {
  const { place, space } = ctx;
  const query = place.one("q");
  const lane = place.one("lane") || "answer";
  const asking = query || (lane === "inject" && "q" in place.asked);
  const form = asked(ctx, lane, query);
  if (!asking) return all(form, hints(ctx));
  const found = await space[lane === "inject" ? "inject" : "recall"](wanted(place, query, lane));
  return all(form, results(ctx, found));
}

function wanted(place, query, lane) {
  const number = (name) => (place.one(name) ? Number(place.one(name)) : null);
  return told({
    ...{ query, scope: place.many("scope"), kinds: place.many("kind"), valid_at: place.one("valid_at") },
    ...{ k: number("k"), max_tokens: number("tokens"), render: place.one("render") },
    ...(lane === "inject" ? {} : { hops: number("hops") }),
  });
}

function asked({ place, go }, lane, query) {
  const submit = (event) => {
    event.preventDefault();
    const given = entered(event.target);
    go(place.to("search", { ...given, q: given.q ?? "", ...(given.q || given.lane !== "inject" ? {} : { q: " " }) }));
  };
  const open = ["scope", "kind", "valid_at", "k", "tokens", "hops", "render"].some((name) => place.one(name));
  return h(
    "form",
    { class: "ask", submit, role: "search" },
    h("h1", { class: "out-of-sight" }, "Search"),
    h(
      "div",
      { class: "ask-row" },
      h("label", { for: "query", class: "out-of-sight" }, "What to look for"),
      h("input", {
        ...{ type: "search", id: "query", name: "q", value: query.trim(), autocomplete: "off", "data-focus": !query },
        ...{ placeholder: "Ask, or say what a turn says", dir: "auto" },
      }),
      h("button", { type: "submit", class: "primary" }, "Search"),
    ),
    h("fieldset", { class: "lanes" }, h("legend", { class: "out-of-sight" }, "Lane"), LANES.map((one) => laneBox(one, lane))),
    h("details", { open }, h("summary", {}, "Narrow it"), narrowing(place, lane)),
  );
}

function laneBox([name, label, explained], lane) {
  const id = `lane-${name}`;
  return h(
    "span",
    { class: "lane" },
    h("input", { type: "radio", name: "lane", id, value: name, checked: name === lane }),
    h("label", { for: id }, h("strong", {}, label), h("span", { class: "soft" }, ` ${explained}`)),
  );
}

function narrowing(place, lane) {
  const chosen = new Set(place.many("kind"));
  const number = { type: "number", min: 1, step: 1, class: "narrow" };
  return h(
    "div",
    { class: "narrowing" },
    h(
      "div",
      { class: "fields" },
      scopeLines(place),
      line("valid_at", "True at", place.one("valid_at"), { placeholder: "2026-05, or 2026-05-03" }),
      line("k", "At most records", place.one("k"), { ...number, max: 1000, placeholder: lane === "inject" ? "20" : "10" }),
      line("tokens", "At most tokens", place.one("tokens"), { ...number, placeholder: lane === "inject" ? "400" : "no bound" }),
      line("hops", "Rounds of asking", place.one("hops"), { ...number, max: 5, placeholder: "1" }),
      choice("render", "Context as", RENDERS, place.one("render") || "text"),
    ),
    h(
      "fieldset",
      { class: "kinds" },
      h("legend", {}, "Kinds (none is all)"),
      KINDS.map((kind) =>
        h(
          "span",
          { class: "chip" },
          h("input", { type: "checkbox", name: "kind", id: `kind-${kind}`, value: kind, checked: chosen.has(kind) }),
          h("label", { for: `kind-${kind}` }, kind),
        ),
      ),
    ),
  );
}

function hints({ place }) {
  return empty(
    "Ask what is known",
    "Each record comes with its score and what gave it: words, names, times, neighbours.",
    h("span", {}, "Or look through ", h("a", { href: place.to("records") }, "all records"), "."),
  );
}

function results({ place }, found) {
  const most = Math.max(0, ...found.items.flatMap((one) => Object.values(one.why.arms).map((arm) => Math.abs(arm.share))));
  return h(
    "div",
    { class: "found" },
    h(
      "section",
      { class: "hits", "aria-labelledby": "hits" },
      h("h2", { id: "hits" }, found.items.length ? many(found.items.length, "record") : "Nothing found"),
      summary(found),
      found.items.length === 0 && nothing(found),
      h("ol", { class: "cards" }, found.items.map((one, at) => hit(place, one, at + 1, most))),
      left(place, found.dropped),
    ),
    context(found),
  );
}

function nothing(found) {
  return found.lane === "inject"
    ? empty("Nothing belongs beside this turn", "The inject lane matches pins, names, aliases and slots, never content.")
    : empty("No record shares anything with this", "Other words, another scope, or a later moment may find it.");
}

function summary(found) {
  const filters = Object.entries(found.filters).filter(([name]) => name !== "unexpired_at");
  return h(
    "div",
    { class: "summary" },
    h("p", { class: "soft" }, `read at event ${count(found.as_of)}, in ${many(found.rounds, "round")}`),
    found.uncovered.length > 0 && listed("Not in these records", found.uncovered, "warn"),
    found.terms.length > 0 && listed("Looked for", found.terms),
    found.probes.length > 0 && listed("Also asked", found.probes),
    filters.length > 0 && listed("Narrowed by", filters.map(([name, value]) => `${name}: ${JSON.stringify(value)}`)),
    found.degraded && h("p", { class: "standing warn" }, badge("degraded", "warn"), inline(found.degraded)),
  );
}

function listed(label, words, tone = "plain") {
  return h("p", { class: "words" }, h("span", { class: "soft" }, label), words.map((one) => h("span", { class: `badge ${tone}` }, inline(one))));
}

function hit(place, item, rank, most) {
  const { record, why } = item;
  return h(
    "li",
    { class: "card hit" },
    h(
      "div",
      { class: "hit-head" },
      h("span", { class: "rank" }, rank),
      h("h3", {}, recordLink(place, record)),
      h("span", { class: "score", title: "Score" }, score(item.score)),
    ),
    h(
      "div",
      { class: "hit-body" },
      h(
        "div",
        {},
        standing(item.standing),
        why.was && h("p", { class: "note" }, inline(why.was)),
        why.against && h("p", { class: "standing bad" }, badge("contradicted", "bad"), inline(why.against)),
        (record.title || record.content.length > 140) && said(record.content, 500),
        origin(record),
        h("p", { class: "badges" }, marks(record), item.rung !== "raw" && badge(`rendered as ${item.rung}`, "plain"), badge(many(item.tokens, "token"), "plain")),
        why.notes.length > 0 && h("ul", { class: "notes" }, why.notes.map((one) => h("li", {}, inline(one)))),
        why.probe && h("p", { class: "note" }, "found by asking ", inline(why.probe)),
      ),
      arms(why.arms, most),
    ),
  );
}

function left(place, dropped) {
  if (!dropped.length) return null;
  const rows = dropped.map((one) =>
    h("tr", {}, h("td", {}, idLink(place, one.id)), h("td", { class: "number" }, score(one.score)), h("td", {}, inline(one.reason))),
  );
  return h(
    "details",
    { class: "left-out" },
    h("summary", {}, `${many(dropped.length, "candidate")} left out`),
    h(
      "div",
      { class: "wide", tabindex: 0, role: "group", "aria-label": "Left out" },
      h(
        "table",
        {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Record"), h("th", { scope: "col", class: "number" }, "Score"), h("th", { scope: "col" }, "Why"))),
        h("tbody", {}, rows),
      ),
    ),
  );
}

function context(found) {
  const bound = found.max_tokens ? ` of ${count(found.max_tokens)}` : "";
  const copy = h("button", { type: "button", class: "plain" }, "Copy");
  copy.addEventListener("click", () =>
    navigator.clipboard.writeText(found.text).then(
      () => (copy.textContent = "Copied"),
      () => (copy.textContent = "Not allowed here"),
    ),
  );
  return h(
    "section",
    { class: "context", "aria-labelledby": "context" },
    h("h2", { id: "context" }, "What the model would get"),
    h("p", { class: "soft context-head" }, `${count(found.tokens)}${bound} tokens, as ${found.render}`, found.text && copy),
    found.text
      ? h("div", { class: "prompt", tabindex: 0, role: "group", "aria-label": "Context" }, said(found.text, 6000))
      : h("p", { class: "soft" }, "Nothing: the prompt stays as it is."),
  );
}
