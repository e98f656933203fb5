/** Pieces that several views are made of. */

import { Problem, key } from "./api.js";
import { all, fill, h } from "./dom.js";
import { count, score, short, when } from "./format.js";
import { inline } from "./text.js";

const TONES = {
  ...{ active: "good", provisional: "warn", superseded: "quiet", retracted: "bad", archived: "quiet" },
  ...{ quarantined: "bad", erased: "bad", current: "good", stale: "warn", unknown: "warn", expired: "bad" },
};

/** A word in a box: a kind, a status, a mark. */
export function badge(word, tone = TONES[word] ?? "plain", title = null) {
  return h("span", { class: `badge ${tone}`, title }, word);
}

/** What marks a record out: status where it is not active, and flags. */
export function marks(record) {
  return [
    badge(record.kind),
    record.status !== "active" && badge(record.status),
    record.pinned && badge("pinned", "accent"),
    record.user_edited && badge("edited", "accent", "Edited by a person: nothing supersedes it by itself"),
  ];
}

/** Who said it, when, where it is from. */
export function origin(record) {
  const ref = record.sources?.[0]?.ref;
  return h(
    "p",
    { class: "origin" },
    h("span", { class: "who" }, record.speaker ? inline(record.speaker, 60) : "speaker unknown"),
    when(record.said_at),
    h("span", { class: "scope-name", title: "Scope" }, inline(record.scope, 80)),
    ref && h("span", { class: "ref", title: "The caller's own id" }, inline(ref, 60)),
  );
}

/** A link to a record, by what it says. */
export function recordLink(place, record, limit = 140) {
  const words = record.title || record.content;
  return h("a", { href: place.to("record", {}, record.id), "data-open": true }, inline(words, limit));
}

/** A link to a record of which only the id is known. */
export function idLink(place, id, version = null) {
  const text = version ? `${short(id)} v${version}` : short(id);
  return h("a", { class: "id", href: place.to("record", {}, id), title: id, "data-open": true }, text);
}

/** A link to an event in the log. */
export function eventLink(place, event) {
  return h("a", { class: "id", href: place.to("log", { at: event }), title: "This event in the log" }, `event ${event}`);
}

/** Why a record is not simply so: shown only where there is something to say. */
export function standing(told) {
  if (!told || (told.state === "current" && !told.reason && !told.told)) return null;
  const tone = TONES[told.state];
  return h(
    "p",
    { class: `standing ${tone}` },
    badge(told.state, tone),
    told.since && h("span", {}, "since ", when(told.since)),
    told.reason && inline(told.reason),
    told.told && inline(`told: ${told.told}`),
  );
}

/** A length between 0 and 1, drawn; `value` is what it says to those who don't see it. */
export function bar(share, label, tone = "accent") {
  const drawn = h("span", { class: `bar-fill ${tone}` });
  drawn.style.setProperty("--share", String(Math.max(0, Math.min(1, share))));
  return h("span", { class: "bar", role: "img", "aria-label": label }, drawn);
}

/** What each arm gave, the most first; behind the first few the rest is asked for. */
export function arms(given, most, shown = 4) {
  const listed = Object.entries(given).sort((a, b) => Math.abs(b[1].share) - Math.abs(a[1].share));
  const rows = listed.map(([name, { raw, share }]) => [
    h("dt", {}, name),
    h(
      "dd",
      { title: `raw ${raw}` },
      bar(Math.abs(share) / (most || 1), `${name} ${score(share)}`, share < 0 ? "bad" : "accent"),
      h("span", { class: "number", "aria-hidden": "true" }, score(share)),
    ),
  ]);
  const rest = rows.slice(shown);
  return h(
    "div",
    { class: "arms" },
    h("dl", {}, rows.slice(0, shown)),
    rest.length > 0 && h("details", {}, h("summary", {}, `${rest.length} more`), h("dl", {}, rest)),
  );
}

/** A place with nothing in it. */
export function empty(title, ...hints) {
  return h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), hints.map((one) => h("p", {}, one)));
}

/** What went wrong, with what can be done about it. */
export function failure(problem, retry) {
  const known = problem instanceof Problem;
  const status = known ? problem.status : -1;
  const titles = { 0: "The server does not answer", 401: "This server asks for a key", 403: "This key may not do that" };
  const title = titles[status] ?? (status === 404 ? "There is nothing here for you" : (problem.told?.title ?? "It failed"));
  return h(
    "section",
    { class: "failure", role: "alert" },
    h("h1", {}, title),
    h("p", {}, status === 401 && !key.get() ? "`ricordo keys issue` makes one." : inline(problem.message, 2000)),
    status === 401 && keyForm(retry),
    status !== 401 && h("p", {}, h("button", { type: "button", click: retry }, "Try again")),
    known && problem.told.request_id && h("p", { class: "soft" }, "Request ", h("code", {}, problem.told.request_id)),
  );
}

/** Asks for a key, which stays in this tab. */
export function keyForm(done) {
  const field = h("input", {
    ...{ type: "password", name: "key", autocomplete: "off", spellcheck: "false", placeholder: "mos_…", id: "key" },
    value: key.get(),
  });
  const submit = (event) => {
    event.preventDefault();
    key.set(field.value.trim());
    done();
  };
  return h(
    "form",
    { class: "key-form", submit },
    h("label", { for: "key" }, "Key"),
    field,
    h("button", { type: "submit", class: "primary" }, "Use it"),
    key.get() && h("button", { type: "button", click: () => (key.set(""), done()) }, "Take it away"),
    h("p", { class: "soft" }, "It is held for this tab alone, and sent to this server alone."),
  );
}

/** Say something for a while, perhaps with what takes it back. */
export function toast(message, action = null, tone = "plain") {
  const note = h("div", { class: `toast ${tone}` }, h("span", {}, message));
  const close = () => note.remove();
  if (action)
    note.append(h("button", { type: "button", click: () => (close(), action.run()) }, action.label));
  note.append(h("button", { type: "button", class: "plain", "aria-label": "Close", click: close }, "×"));
  document.getElementById("toasts").append(note);
  setTimeout(close, action ? 20_000 : 8_000);
}

/** Do something that may fail, and say so where it does. */
export async function attempt(doing) {
  try {
    return await doing();
  } catch (problem) {
    if (problem.name === "AbortError") return null;
    if (problem instanceof Problem) toast(problem.message, null, "bad");
    else throw problem;
    return null;
  }
}

/** Ask in a dialog; resolves to what was entered, or null. Escape closes it, and the keyboard stays in it. */
export function ask(title, build) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "dialog-title" });
    const end = (value) => {
      resolve(value);
      dialog.close();
    };
    fill(dialog, h("h2", { id: "dialog-title" }, title), build(end));
    dialog.addEventListener("close", () => (resolve(null), dialog.remove()));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Ask for a reason, which may be empty, before something is done. */
export function askReason(title, explained, label) {
  return ask(title, (end) => {
    const field = h("input", { type: "text", id: "reason", maxlength: 500, autocomplete: "off" });
    const submit = (event) => (event.preventDefault(), end({ reason: field.value.trim() || null }));
    return h(
      "form",
      { submit },
      h("p", {}, explained),
      h("label", { for: "reason" }, "Reason (kept in the history)"),
      field,
      h(
        "p",
        { class: "actions" },
        h("button", { type: "submit", class: "primary" }, label),
        h("button", { type: "button", click: () => end(null) }, "Cancel"),
      ),
    );
  });
}

/** A labelled choice. */
export function choice(id, label, options, value) {
  const listed = options.map((one) => (Array.isArray(one) ? one : [one, one]));
  if (value && !listed.some(([own]) => own === value)) listed.push([value, value]);
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    h("select", { id, name: id }, listed.map(([own, words]) => h("option", { value: own, selected: own === value }, words))),
  );
}

/** Labelled lines for the scopes that are asked for: one, or as many as there are. */
export function scopeLines(place) {
  const asked = place.many("scope");
  const more = (at) => ({ name: "scope", placeholder: "all", "aria-label": at ? `Scope ${at + 1}` : null });
  return (asked.length ? asked : [""]).map((scope, at) => line(at ? `scope-${at + 1}` : "scope", "Scope", scope, more(at)));
}

/** A labelled line to type in. */
export function line(id, label, value, more = {}) {
  const own = { type: "text", id, name: id, value: value ?? "", autocomplete: "off", spellcheck: "false" };
  return h("div", { class: "field" }, h("label", { for: id }, label), h("input", { ...own, ...more }));
}

/** Return what a form holds, by name; what is empty is left out. */
export function entered(form) {
  const found = {};
  for (const [name, value] of new FormData(form)) {
    if (value === "") continue;
    found[name] = name in found ? [].concat(found[name], value) : value;
  }
  return found;
}

/** Counts by name as a table of bars, the most first; each name leads somewhere. */
export function counted(caption, counts, to, most = 40) {
  const listed = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  const top = listed[0]?.[1] ?? 0;
  const row = ([name, value]) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, h("a", { href: to(name), "data-open": true }, inline(name, 80))),
      h("td", {}, bar(value / top, `${count(value)}`)),
      h("td", { class: "number" }, count(value)),
    );
  const table = h("table", { class: "counted" }, h("caption", {}, caption), h("tbody", {}, listed.slice(0, most).map(row)));
  const left = listed.length - most;
  return all(table, left > 0 && h("p", { class: "soft" }, `and ${count(left)} more`));
}
