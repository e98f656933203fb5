/** Changing a record, if it is still what was read; if not, both sides are shown. */

import { Problem } from "../api.js";
import { all, fill, h } from "../dom.js";
import { difference } from "../diff.js";
import { KINDS } from "../words.js";
import { ask, attempt, choice, line, toast } from "../parts.js";
import { inline, visible } from "../text.js";

const LINES = ["title", "subject", "attribute", "value", "name", "speaker", "session", "why"];
const TIMES = ["valid_from", "valid_to", "expires_at"];
const ROWS = 6;

/** Show the form, and write what was changed. */
export function edit(ctx, record) {
  return ask("Edit the record", (end) => {
    const holder = h("div", { class: "edit" });
    showForm(ctx, record, record, holder, end);
    return holder;
  });
}

function showForm(ctx, record, shown, holder, end) {
  const said = h("p", { class: "standing bad", role: "alert", hidden: true });
  const submit = async (event) => {
    event.preventDefault();
    const [changes, fault] = changed(event.target, record);
    if (fault || !Object.keys(changes).length) {
      said.hidden = false;
      said.textContent = fault ?? "Nothing is changed.";
      return;
    }
    await write(ctx, record, changes, holder, end, said);
  };
  fill(
    holder,
    h(
      "form",
      { submit },
      said,
      h("div", { class: "field" }, h("label", { for: "content" }, "Content"), h("textarea", { id: "content", name: "content", rows: ROWS, dir: "auto", value: shown.content, required: true })),
      h(
        "div",
        { class: "fields" },
        choice("kind", "Kind", KINDS, shown.kind),
        LINES.map((name) => line(name, label(name), shown[name], { dir: "auto" })),
        TIMES.map((name) => line(name, label(name), shown[name], { placeholder: "2026-05-03" })),
        h("span", { class: "check" }, h("input", { type: "checkbox", id: "pinned", name: "pinned", checked: shown.pinned }), h("label", { for: "pinned" }, "Pinned")),
      ),
      h("div", { class: "field" }, h("label", { for: "metadata" }, "Metadata (JSON)"), h("textarea", { id: "metadata", name: "metadata", rows: 2, spellcheck: "false", value: JSON.stringify(shown.metadata) })),
      line("reason", "Reason (kept in the history)", "", { maxlength: 500 }),
      h("p", { class: "actions" }, h("button", { type: "submit", class: "primary" }, "Write it"), h("button", { type: "button", click: () => end(null) }, "Cancel")),
    ),
  );
}

function label(name) {
  const words = name.replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}

/** Return what was changed, and what can't be read. */
function changed(form, record) {
  const given = Object.fromEntries(new FormData(form));
  const changes = {};
  for (const name of ["content", "kind", ...LINES, ...TIMES]) {
    const value = given[name].replaceAll("\r\n", "\n") || null;
    if (value !== (record[name] || null)) changes[name] = value;
  }
  const pinned = form.elements.pinned.checked;
  if (pinned !== record.pinned) changes.pinned = pinned;
  try {
    const metadata = JSON.parse(given.metadata || "{}");
    if (JSON.stringify(metadata) !== JSON.stringify(record.metadata)) changes.metadata = metadata;
  } catch {
    return [{}, "Metadata: this is not JSON."];
  }
  if (Object.keys(changes).length && given.reason) changes.reason = given.reason;
  return [changes, null];
}

async function write(ctx, record, changes, holder, end, said, version = record.version) {
  try {
    const done = await ctx.space.update(record, changes, version);
    const undo = () => attempt(() => ctx.space.undo(done.event, record.scope)).then(ctx.again);
    toast(`Written as version ${done.record.version}.`, { label: "Undo", run: undo }, "good");
    end(done);
    ctx.again();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 412) await showBoth(ctx, record, changes, holder, end);
    else {
      said.hidden = false;
      said.textContent = problem.message;
    }
  }
}

/** Somebody wrote meanwhile: show what was read, what is there, what is wanted. */
async function showBoth(ctx, record, changes, holder, end) {
  const theirs = await attempt(() => ctx.space.get(record.id));
  if (!theirs) return;
  const said = h("p", { class: "standing bad", role: "alert", hidden: true });
  const names = [...new Set([...Object.keys(changes), ...differing(record, theirs)])].filter((name) => name !== "reason");
  const row = (name) =>
    h("tr", {}, h("th", { scope: "row" }, label(name)), h("td", {}, side(name, record, theirs[name])), h("td", {}, side(name, record, name in changes ? changes[name] : theirs[name])));
  fill(
    holder,
    h("div", { class: "standing warn", role: "alert" }, `It was changed meanwhile: you read version ${record.version}, it is at version ${theirs.version}.`),
    said,
    h(
      "div",
      { class: "wide", tabindex: 0, role: "group", "aria-label": "Both sides" },
      h(
        "table",
        { class: "both-sides" },
        h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, `Theirs, version ${theirs.version}`), h("th", { scope: "col" }, "With yours written over it"))),
        h("tbody", {}, names.map(row)),
      ),
    ),
    h(
      "p",
      { class: "actions" },
      h("button", { type: "button", class: "primary", click: () => (end(null), ctx.again()) }, "Keep theirs"),
      h("button", { type: "button", class: "danger", click: () => write(ctx, theirs, changes, holder, end, said) }, "Write yours over it"),
      h("button", { type: "button", click: () => showForm(ctx, theirs, { ...theirs, ...changes }, holder, end) }, "Edit yours on theirs"),
    ),
  );
}

function differing(one, other) {
  const fields = ["content", "kind", "pinned", "metadata", ...LINES, ...TIMES];
  return fields.filter((name) => JSON.stringify(one[name]) !== JSON.stringify(other[name]));
}

function side(name, before, value) {
  if (name === "content") return difference(before.content, value ?? "");
  const text = value === null || value === undefined ? "nothing" : typeof value === "string" ? value : JSON.stringify(value);
  return all(JSON.stringify(before[name]) === JSON.stringify(value) ? inline(text) : h("ins", {}, visible(text)));
}
