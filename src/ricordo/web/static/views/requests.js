/** Which request was given which records: what a record has touched. */

import { Problem } from "../api.js";
import { all, fill, h } from "../dom.js";
import { count, many, when } from "../format.js";
import { badge, empty, entered, idLink, line, recordLink } from "../parts.js";
import { inline } from "../text.js";

export const title = "Requests";
const PAGE = 50;
const SHOWN_OF_REQUEST = 4;

export async function render(ctx) {
  const { place, space } = ctx;
  const record = place.one("record");
  const items = await given(space, { record, before: place.one("before"), limit: PAGE });
  return all(
    h("h1", {}, record ? "Requests that were given a record" : "What was given to which request"),
    narrow(ctx, record),
    place.moment && h("p", { class: "soft" }, "Requests are listed as they are known now."),
    items === null && empty("This server keeps no journal of requests"),
    items?.length === 0 && empty(record ? "No request was given it" : "No request was given anything yet", "Recalls and injections are noted here as they happen."),
    items?.length > 0 && table(place, space, items, record),
    items?.length === PAGE && h("p", { class: "pager" }, h("a", { class: "button", id: "next", href: place.with({ before: items.at(-1).number }) }, "Earlier")),
  );
}

/** Return deliveries, the newest first; null where the server keeps none. */
export async function given(space, asked) {
  try {
    return await space.deliveries(asked);
  } catch (problem) {
    if (problem instanceof Problem && [404, 405, 501].includes(problem.status)) return null;
    throw problem;
  }
}

function narrow({ place, go }, record) {
  const submit = (event) => (event.preventDefault(), go(place.to("requests", entered(event.target))));
  return h(
    "form",
    { class: "filters", submit, "aria-label": "Narrow the list" },
    h(
      "div",
      { class: "fields" },
      line("record", "Record", record, { placeholder: "the id of a record", size: 32 }),
      h("button", { type: "submit", class: "primary" }, "Show"),
      record && h("a", { class: "button", href: place.to("record", {}, record) }, "The record"),
      record && h("a", { class: "button", href: place.to("requests") }, "All requests"),
    ),
  );
}

/** A table of deliveries. */
export function table(place, space, items, marked = "") {
  const heads = ["When", "By", "Lane", "Records", "Tokens", "Scopes", "Request"];
  return h(
    "div",
    { class: "wide", tabindex: 0, role: "group", "aria-label": "Requests" },
    h(
      "table",
      { class: "requests" },
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col", class: head === "Tokens" && "number" }, head)))),
      h("tbody", {}, items.map((one) => row(place, space, one, marked))),
    ),
  );
}

/** What the records say, asked for when it is opened. */
function words(place, space, listed) {
  const list = h("ul", { class: "plain-list" });
  const open = async () => {
    const found = await Promise.allSettled(listed.map(([id]) => space.get(id)));
    const item = ({ value }, at) => h("li", {}, value ? recordLink(place, value) : idLink(place, listed[at][0]));
    fill(list, found.map(item));
  };
  return h("details", { toggle: (event) => event.target.open && !list.children.length && open() }, h("summary", {}, "What they say"), list);
}

function row(place, space, one, marked) {
  const listed = [...one.records].sort(([a], [b]) => (b === marked) - (a === marked));
  const links = listed.map(([id, version]) => h("span", { class: id === marked && "marked" }, idLink(place, id, version), " "));
  return h(
    "tr",
    {},
    h("td", {}, when(one.at)),
    h("td", {}, badge(one.surface, "plain"), " ", inline(one.principal, 60), one.model && h("span", { class: "soft" }, " for ", inline(one.model, 60))),
    h("td", {}, one.lane),
    h(
      "td",
      { class: "given" },
      links.slice(0, SHOWN_OF_REQUEST),
      links.length > SHOWN_OF_REQUEST && h("span", { class: "soft" }, `and ${links.length - SHOWN_OF_REQUEST} more`),
      links.length > 0 && words(place, space, listed),
      !links.length && h("span", { class: "soft" }, "none"),
      one.asked && h("p", { class: "soft" }, inline(one.asked, 300)),
    ),
    h("td", { class: "number" }, count(one.tokens)),
    h("td", {}, one.scopes === null ? h("span", { class: "soft" }, "all") : one.scopes.length > 3 ? many(one.scopes.length, "scope") : one.scopes.map((scope) => [inline(scope, 60), " "])),
    h("td", {}, h("code", {}, inline(one.request_id, 40))),
  );
}
