/** One record: what it says, who said so, how far to believe it, what happened to it, who was given it. */

import { Problem } from "../api.js";
import { all, fill, h } from "../dom.js";
import { count, span, when } from "../format.js";
import { badge, bar, empty, eventLink, idLink, marks, origin, recordLink, standing } from "../parts.js";
import { inline, said } from "../text.js";
import { edit } from "./edit.js";
import { forget } from "./forget.js";
import { timeline } from "./history.js";
import { given, table } from "./requests.js";

export const title = "Record";
const GIVEN = 5;

export async function render(ctx) {
  const { place, space } = ctx;
  if (!place.id) return empty("No record is named", h("a", { href: place.to("records") }, "All records"));
  const asked = [space.get(place.id), space.belief(place.id), space.history(place.id), given(space, { record: place.id, limit: GIVEN })];
  const [record, belief, changes, deliveries] = await Promise.allSettled(asked);
  if (record.status === "rejected") return missing(ctx, record.reason, changes);
  const held = record.value;
  return all(
    head(ctx, held, belief.value),
    h(
      "div",
      { class: "record" },
      h(
        "div",
        { class: "record-main" },
        section("Belief", belief.value ? believed(place, belief.value) : failed(belief.reason)),
        section("History", changes.value ? timeline(ctx, held, shownChanges(space, changes.value)) : failed(changes.reason)),
        section("Given to", deliveries.value === undefined ? failed(deliveries.reason) : requests(ctx, deliveries.value)),
      ),
      h("aside", { class: "record-side", "aria-label": "Fields" }, fields(place, held), links(place, held, belief.value), sources(place, held), metadata(held)),
    ),
  );
}

/** What is left of an erased record is its history. */
function missing(ctx, problem, changes) {
  if (!(problem instanceof Problem) || problem.status !== 404 || !changes.value?.length) throw problem;
  return all(h("h1", {}, "Erased, or not yet there"), h("p", {}, problem.message), section("History", timeline(ctx, null, changes.value)));
}

function shownChanges({ moment }, changes) {
  if (moment === null) return changes;
  return changes.filter((one) => (typeof moment === "number" ? one.event <= moment : new Date(one.at) <= new Date(moment)));
}

function section(name, ...inside) {
  const id = `section-${name.toLowerCase().replaceAll(" ", "-")}`;
  return h("section", { class: "card", "aria-labelledby": id }, h("h2", { id }, name), inside);
}

function failed(problem) {
  return h("p", { class: "soft" }, problem?.message ?? "It is not to be had.");
}

function head(ctx, record, belief) {
  const gone = record.status !== "active" && record.status !== "provisional";
  return h(
    "section",
    { class: "record-head" },
    h("h1", {}, inline(record.title || record.content, 120)),
    h("p", { class: "badges" }, marks(record), badge(`version ${record.version}`, "plain"), badge(record.derivation, "plain", "How it is known")),
    belief && standing(belief.standing),
    (record.title || record.content.length > 120) && said(record.content),
    origin(record),
    !ctx.past &&
      h(
        "p",
        { class: "actions" },
        h("button", { type: "button", class: "primary", "data-edit": true, click: () => edit(ctx, record) }, "Edit"),
        !gone && h("button", { type: "button", class: "danger", click: () => forget(ctx, record) }, "Forget"),
        h("a", { class: "button", href: ctx.place.to("requests", { record: record.id }) }, "Who was given it"),
      ),
  );
}

function believed(place, told) {
  const percent = `${Math.round(told.confidence * 100)} %`;
  return all(
    h(
      "p",
      { class: "belief-line" },
      bar(told.confidence, `believed ${percent}`),
      h("strong", {}, percent),
      h("span", { class: "soft" }, `${count(told.proofs)} for, ${count(told.contradictions)} against, ${told.trend}`),
    ),
    h("ul", { class: "evidence" }, told.sources.map((one) => evidence(place, one))),
    beside(place, "Against it", told.against, "bad"),
    beside(place, "What follows from it", told.follows, "plain"),
  );
}

function evidence(place, one) {
  return h(
    "li",
    {},
    one.words && said(one.words, 300),
    h(
      "p",
      { class: "origin" },
      h("span", { class: "who" }, one.speaker ? inline(one.speaker, 60) : "speaker unknown"),
      when(one.said_at),
      one.session && inline(one.session, 60),
      one.ref && h("span", { class: "ref" }, inline(one.ref, 60)),
      badge(one.derivation, "plain"),
      one.record && h("a", { href: place.to("record", {}, one.record) }, "the words"),
    ),
  );
}

function beside(place, label, records, tone) {
  if (!records.length) return null;
  return all(
    h("h3", {}, badge(label, tone)),
    h("ul", { class: "plain-list" }, records.map((one) => h("li", {}, recordLink(place, one), " ", one.speaker && h("span", { class: "soft" }, inline(one.speaker, 60))))),
  );
}

function requests({ place, space }, items) {
  if (items === null) return h("p", { class: "soft" }, "This server keeps no journal of requests.");
  if (!items.length) return h("p", { class: "soft" }, "No request was given it, as far as the journal goes back.");
  return all(
    table(place, space, items, place.id),
    items.length === GIVEN && h("p", {}, h("a", { href: place.to("requests", { record: place.id }) }, "All of them")),
  );
}

function fields(place, record) {
  const slot = record.subject && h("a", { href: place.to("profile", { subject: record.subject }) }, inline(record.subject));
  const listed = [
    ["Id", h("code", { class: "whole" }, record.id)],
    ["Scope", h("a", { href: place.to("records", { scope: record.scope }) }, inline(record.scope))],
    ["Kind", record.kind],
    ["Status", record.status],
    ["Subject", slot],
    ["Attribute", record.attribute && `${record.attribute} (${record.cardinality})`],
    ["Value", record.value && inline(record.value)],
    ["True", span(record.valid_from, record.valid_to)],
    ["Precision", record.valid_precision],
    ["Said", when(record.said_at)],
    ["Recorded", h("span", {}, when(record.recorded_at), " ", eventLink(place, record.event))],
    ["Session", record.session && h("a", { href: place.to("records", { session: record.session }) }, inline(record.session))],
    ["Name", record.name && inline(record.name)],
    ["Aliases", record.aliases.length > 0 && record.aliases.map((one) => badge(one, "plain"))],
    ["Asked by", record.learnt.length > 0 && record.learnt.map((one) => badge(one, "plain"))],
    ["Why", record.why && inline(record.why)],
    ["Expires", when(record.expires_at)],
    ["Pinned", record.pinned && "yes"],
    ["By a person", record.user_edited && "yes"],
  ].filter(([, value]) => value);
  return h("section", { class: "card" }, h("h2", {}, "Fields"), h("dl", { class: "fields-list" }, listed.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

/** Links both ways: those the record has, and those that the belief in it tells of. */
function links(place, record, belief) {
  const known = new Map([...(belief?.against ?? []), ...(belief?.follows ?? [])].map((one) => [one.id, one]));
  const own = record.links.map((one) => [one.type, one.target]);
  const out = [...own, ...record.supersedes.map((id) => ["supersedes", id]), ...(record.superseded_by ? [["superseded by", record.superseded_by]] : [])];
  const into = [...known.values()].flatMap((other) => other.links.filter((one) => one.target === record.id).map((one) => [one.type, other.id]));
  if (!out.length && !into.length) return null;
  const item = (way) => ([type, id]) =>
    h("li", {}, h("span", { class: "soft" }, way, " ", type.replaceAll("_", " "), " "), glimpse(place, id, known.get(id)));
  return h("section", { class: "card" }, h("h2", {}, "Links"), h("ul", { class: "plain-list" }, out.map(item("→")), into.map(item("←"))));
}

function glimpse(place, id, record) {
  return record ? recordLink(place, record, 80) : idLink(place, id);
}

function sources(place, record) {
  const row = (one) =>
    h(
      "li",
      {},
      one.said && said(one.said, 200),
      h(
        "p",
        { class: "origin" },
        h("span", { class: "who" }, one.speaker ? inline(one.speaker, 60) : "speaker unknown"),
        when(one.said_at),
        one.ref && h("span", { class: "ref" }, inline(one.ref, 60)),
        eventLink(place, one.event),
        one.record && h("a", { href: place.to("record", {}, one.record) }, "the words"),
      ),
    );
  return record.sources.length > 0 && h("section", { class: "card" }, h("h2", {}, "Sources"), h("ul", { class: "plain-list" }, record.sources.map(row)));
}

function metadata(record) {
  if (!Object.keys(record.metadata).length) return null;
  const text = JSON.stringify(record.metadata, null, 2);
  return h("section", { class: "card" }, h("h2", {}, "Metadata"), fill(h("div", { class: "prompt", tabindex: 0, role: "group", "aria-label": "Metadata" }), said(text)));
}
