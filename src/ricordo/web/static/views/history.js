/** What happened to a record, the newest first, with what each version changed. */

import { all, h } from "../dom.js";
import { difference } from "../diff.js";
import { short, when } from "../format.js";
import { attempt, badge, eventLink, toast } from "../parts.js";
import { inline, said } from "../text.js";

const BESIDE_FIELDS = new Set(["id", "version", "content", "recorded_at", "event", "sources"]);

/** Return the history of a record. */
export function timeline(ctx, record, changes) {
  const entries = changes.map((one, at) => entry(ctx, record, one, former(changes, at)));
  return h("ol", { class: "timeline" }, entries.reverse());
}

function former(changes, at) {
  return changes.slice(0, at).findLast((one) => one.record)?.record ?? null;
}

function entry(ctx, record, change, before) {
  const { place, past } = ctx;
  const undoable = record && !past && !["erase", "compact"].includes(change.op);
  return h(
    "li",
    {},
    h(
      "p",
      { class: "entry-head" },
      badge(change.op, "plain"),
      change.record && h("strong", {}, `version ${change.version}`),
      when(change.at),
      eventLink(place, change.event),
      change.rule && change.rule !== change.op && h("span", { class: "soft" }, change.rule),
    ),
    change.reason && h("p", { class: "note" }, inline(change.reason, 500)),
    change.source && h("p", { class: "soft" }, "evidence from ", inline(change.source.speaker ?? change.source.ref ?? "somebody", 80)),
    change.record && changed(before, change.record),
    !change.record && !change.source && h("p", { class: "soft" }, "No version: feedback, or its content is gone."),
    h(
      "p",
      { class: "actions small" },
      h("a", { href: place.with({ as_of: change.event }) }, "As it was then"),
      undoable && h("button", { type: "button", class: "plain", click: () => undo(ctx, record, change.event) }, "Undo this event"),
    ),
  );
}

/** What a version changed: the words of the content, and each other field. */
function changed(before, after) {
  if (!before) return said(after.content, 400);
  const names = Object.keys(after).filter((name) => !BESIDE_FIELDS.has(name) && !same(before[name], after[name]));
  return all(
    before.content !== after.content && difference(before.content, after.content),
    names.length > 0 &&
      h(
        "table",
        { class: "changed" },
        h("tbody", {}, names.map((name) => h("tr", {}, h("th", { scope: "row" }, name.replaceAll("_", " ")), h("td", {}, exchanged(before[name], after[name]))))),
      ),
  );
}

/** What was there and what is: of lists, what was taken out and what was put in. */
function exchanged(before, after) {
  if (!Array.isArray(before) || !Array.isArray(after)) return [h("del", {}, shown(before)), " ", h("ins", {}, shown(after))];
  const without = (these, those) => these.filter((one) => !those.some((other) => same(one, other)));
  const [gone, come] = [without(before, after), without(after, before)];
  return [gone.map((one) => [h("del", {}, shown(one)), " "]), come.map((one) => [h("ins", {}, shown(one)), " "])];
}

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

function shown(value) {
  if (value === null || value === "" || (Array.isArray(value) && !value.length)) return "nothing";
  if (value.type && value.target) return `${value.type.replaceAll("_", " ")} ${short(value.target)}`;
  return inline(typeof value === "string" ? value : typeof value === "boolean" ? (value ? "yes" : "no") : JSON.stringify(value), 300);
}

async function undo(ctx, record, event) {
  const done = await attempt(() => ctx.space.undo(event, record.scope));
  if (done) {
    const again = () => attempt(() => ctx.space.undo(done.event, record.scope)).then(ctx.again);
    toast(`Event ${event} is undone.`, { label: "Do it again", run: again }, "good");
  }
  ctx.again();
}
