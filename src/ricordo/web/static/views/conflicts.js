/** What contradicts each other and stands: side by side, to be settled. */

import { all, fill, h } from "../dom.js";
import { span } from "../format.js";
import { askReason, attempt, badge, bar, empty, marks, origin, recordLink, toast } from "../parts.js";
import { inline, said } from "../text.js";

export const title = "Conflicts";
const PAGE = 10;

export async function render(ctx) {
  const { place, space } = ctx;
  const page = await space.conflicts({ scope: place.many("scope"), limit: PAGE, cursor: place.one("cursor") });
  const pairs = page.conflicts.flatMap(({ record, against }) => against.map((other) => [record, other]));
  return all(
    h("h1", {}, "Conflicts"),
    pairs.length === 0 && empty(page.cursor ? "None on this page" : "Nothing contradicts anything", "Where two records can't both be so, both stand here."),
    h("ol", { class: "pairs" }, pairs.map((pair) => shown(ctx, pair))),
    h(
      "p",
      { class: "pager" },
      place.one("cursor") && h("a", { class: "button", href: place.with({ cursor: "" }) }, "First page"),
      page.cursor && h("a", { class: "button", id: "next", href: place.with({ cursor: page.cursor }) }, "Next page"),
    ),
  );
}

function shown(ctx, [left, right]) {
  const slot = left.attribute && left.attribute === right.attribute ? `${left.subject}: ${left.attribute}` : "They contradict each other";
  const button = (label, act) => h("button", { type: "button", click: act, disabled: ctx.past }, label);
  return h(
    "li",
    { class: "card pair" },
    h("h2", {}, inline(slot)),
    h("div", { class: "sides" }, side(ctx, left), side(ctx, right)),
    h(
      "p",
      { class: "actions" },
      button("Keep left", () => keep(ctx, left, right)),
      button("Keep right", () => keep(ctx, right, left)),
      button("Keep both", () => keepBoth(ctx, left, right)),
    ),
  );
}

function side({ place, space }, record) {
  const belief = h("p", { class: "belief-line soft" }, "…");
  space.belief(record.id).then(
    (told) => fill(belief, believed(told)),
    () => fill(belief, "Its belief is not to be had."),
  );
  return h(
    "div",
    { class: "side" },
    h("h3", {}, recordLink(place, record)),
    (record.title || record.content.length > 140) && said(record.content, 600),
    origin(record),
    span(record.valid_from, record.valid_to),
    h("p", { class: "badges" }, marks(record), badge(record.derivation, "quiet", "How it is known")),
    belief,
  );
}

function believed({ confidence, proofs, contradictions }) {
  const percent = `${Math.round(confidence * 100)} %`;
  return all(bar(confidence, `believed ${percent}`), h("span", {}, `${percent}, ${proofs} for, ${contradictions} against`));
}

/** Keep one: the other is forgotten, if both are as they were read. */
async function keep(ctx, kept, gone) {
  const explained = h("span", {}, "This is forgotten, and stays in the history: ", inline(gone.content, 200));
  const told = await askReason("Settle it", explained, "Forget it");
  if (!told) return;
  const op = { op: "delete", id: gone.id, reason: told.reason ?? `settled: kept ${kept.id}` };
  await settle(ctx, kept.scope, [op], [kept, gone], "Settled: the other is forgotten.");
}

/** Keep both: neither contradicts the other any more, and their slot holds many. */
async function keepBoth(ctx, left, right) {
  const explained = "Both are so: the slot they share then holds many values, and they are marked as contradicting no more.";
  const told = await askReason("Keep both", explained, "Keep both");
  if (!told) return;
  const pair = [left.id, right.id];
  const op = (record) => ({
    ...{ op: "put", id: record.id, reason: told.reason ?? "settled: both are so" },
    links: record.links
      .filter((one) => one.type !== "contradicts" || !pair.includes(one.target))
      .map((one) => [one.type, one.target]),
    ...(record.attribute ? { cardinality: "many" } : {}),
  });
  await settle(ctx, left.scope, [op(left), op(right)], [left, right], "Settled: both stand.");
}

async function settle(ctx, scope, ops, records, words) {
  const done = await attempt(() => ctx.space.commit(scope, ops, records));
  if (done) {
    const back = { label: "Undo", run: () => undo(ctx, done.events, scope) };
    toast(words, back, "good");
  }
  ctx.again();
}

async function undo(ctx, events, scope) {
  for (const event of [...events].reverse()) {
    const done = await attempt(() => ctx.space.undo(event, scope));
    if (!done) return;
  }
  toast("It is as it was.", null, "good");
  ctx.again();
}
