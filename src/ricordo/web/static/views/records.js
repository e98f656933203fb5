/** All records, a page at a time. */

import { all, h } from "../dom.js";
import { KINDS, STATUSES } from "../words.js";
import { badge, choice, empty, entered, line, marks, origin, recordLink, scopeLines } from "../parts.js";
import { said } from "../text.js";
import { told } from "../api.js";

export const title = "Records";
const PAGE = 50;
const FILTERS = ["subject", "attribute", "speaker", "session", "ref", "since", "until"];

export async function render(ctx) {
  const { place, space } = ctx;
  const filters = told({ ...Object.fromEntries(FILTERS.map((name) => [name, place.one(name)])), status: place.many("status") });
  const page = await space.list({
    ...{ scope: place.many("scope"), kinds: place.many("kind"), valid_at: place.one("valid_at"), limit: PAGE },
    ...{ cursor: place.one("cursor"), filters: Object.keys(filters).length ? filters : null },
  });
  return all(h("h1", {}, "Records"), narrow(ctx), listed(ctx, page));
}

function narrow({ place, go }) {
  const submit = (event) => (event.preventDefault(), go(place.to("records", entered(event.target))));
  const open = FILTERS.slice(1).some((name) => place.one(name)) || Boolean(place.one("valid_at"));
  return h(
    "form",
    { class: "filters", submit, role: "search", "aria-label": "Narrow the list" },
    h(
      "div",
      { class: "fields" },
      scopeLines(place),
      choice("kind", "Kind", [["", "all"], ...KINDS], place.one("kind")),
      choice("status", "Status", [["", "in use"], ...STATUSES.filter((one) => one !== "erased")], place.one("status")),
      line("subject", "Subject", place.one("subject")),
      h("button", { type: "submit", class: "primary" }, "Show"),
      h("a", { class: "button", href: place.to("records") }, "Clear"),
    ),
    h(
      "details",
      { open },
      h("summary", {}, "More"),
      h(
        "div",
        { class: "fields" },
        FILTERS.slice(1).map((name) => line(name, name[0].toUpperCase() + name.slice(1), place.one(name))),
        line("valid_at", "True at", place.one("valid_at"), { placeholder: "2026-05" }),
      ),
    ),
  );
}

function listed({ place }, page) {
  if (!page.records.length)
    return empty("No such record", "What was forgotten or superseded is there under its status.");
  return all(
    h("ol", { class: "rows" }, page.records.map((record) => row(place, record))),
    h(
      "p",
      { class: "pager" },
      place.one("cursor") && h("a", { class: "button", href: place.with({ cursor: "" }) }, "First page"),
      page.cursor
        ? h("a", { class: "button", href: place.with({ cursor: page.cursor }), id: "next" }, "Next page")
        : h("span", { class: "soft" }, "This is all."),
    ),
  );
}

/** One record of a list. */
export function row(place, record) {
  const slot = [record.subject, record.attribute].filter(Boolean).join(" · ");
  return h(
    "li",
    { class: "row" },
    h("h2", { class: "row-title" }, recordLink(place, record, 220)),
    record.title && said(record.content, 220),
    h("div", { class: "row-foot" }, origin(record), h("p", { class: "badges" }, marks(record), slot && badge(slot, "quiet"))),
  );
}
