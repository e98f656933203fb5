/** What is known of someone or something. */

import { all, h } from "../dom.js";
import { count, when } from "../format.js";
import { badge, empty, entered, line, recordLink, scopeLines } from "../parts.js";
import { inline, said } from "../text.js";
import { told } from "../api.js";

export const title = "Profile";

export async function render(ctx) {
  const { place, space } = ctx;
  const subject = place.one("subject");
  const head = all(h("h1", {}, subject ? inline(subject) : "Profile"), asked(ctx, subject));
  if (!subject) return all(head, empty("Of whom, or of what?", "A name or an alias, as records have it."));
  const found = await space.profile(
    told({ subject, scope: place.many("scope"), valid_at: place.one("valid_at"), history: place.one("history") !== "no" }),
  );
  const names = found.names.filter((name) => name !== subject);
  return all(
    head,
    names.length > 0 && h("p", { class: "words" }, h("span", { class: "soft" }, "Also called"), names.map((one) => badge(one, "quiet"))),
    found.lines.length === 0 ? empty("Nothing is known of this subject", "States have a subject; what was only said has none.") : body(place, found),
  );
}

function asked({ place, go }, subject) {
  const submit = (event) => (event.preventDefault(), go(place.to("profile", entered(event.target))));
  const past = { type: "checkbox", name: "history", id: "history", value: "no", checked: place.one("history") === "no" };
  return h(
    "form",
    { class: "filters", submit, role: "search" },
    h(
      "div",
      { class: "fields" },
      line("subject", "Subject", subject, { "data-focus": !subject, dir: "auto" }),
      scopeLines(place),
      line("valid_at", "True at", place.one("valid_at"), { placeholder: "2026-05" }),
      h("span", { class: "check" }, h("input", past), h("label", { for: "history" }, "Only what is so now")),
      h("button", { type: "submit", class: "primary" }, "Show"),
    ),
  );
}

function body(place, found) {
  return h(
    "div",
    { class: "found" },
    h("section", {}, h("dl", { class: "known" }, found.lines.map((one) => attribute(place, one))), sources(place, found)),
    h(
      "section",
      { class: "context", "aria-labelledby": "context" },
      h("h2", { id: "context" }, "What a model would get"),
      h("p", { class: "soft" }, `${count(found.tokens)} tokens`),
      h("div", { class: "prompt", tabindex: 0, role: "group", "aria-label": "Context" }, said(found.text, 6000)),
    ),
  );
}

function attribute(place, one) {
  return [
    h("dt", { class: one.past && "past" }, inline(one.attribute.replaceAll("_", " ")), one.past && badge("past", "quiet"), one.conflict && badge("conflict", "bad")),
    h(
      "dd",
      { class: one.past && "past" },
      h("p", { class: "value" }, one.values.map((value, at) => [at > 0 && (one.conflict ? " or " : ", "), inline(value)])),
      h("ul", { class: "from" }, one.records.map((record) => h("li", {}, recordLink(place, record), " ", when(record.said_at)))),
    ),
  ];
}

function sources(place, found) {
  if (!found.sources.length) return null;
  const row = (one) =>
    h("li", {}, when(one.said_at), " ", one.speaker && inline(one.speaker, 60), " ", one.ref && h("span", { class: "ref" }, inline(one.ref, 60)),
      one.record && h("a", { href: place.to("record", {}, one.record) }, " the words"));
  return h("details", { class: "left-out" }, h("summary", {}, `${count(found.sources.length)} pieces of evidence`), h("ul", { class: "plain-list" }, found.sources.map(row)));
}
