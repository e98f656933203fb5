/** The page: where the reader is, decides what is shown. */

import { Space, spaces } from "./api.js";
import { all, fill, h } from "./dom.js";
import { explain, listen } from "./keyboard.js";
import { banner, chooser } from "./moment.js";
import { ask, empty, failure, keyForm } from "./parts.js";
import { Place } from "./route.js";
import { nextTheme, theme } from "./theme.js";
import * as conflicts from "./views/conflicts.js";
import * as log from "./views/log.js";
import * as profile from "./views/profile.js";
import * as record from "./views/record.js";
import * as records from "./views/records.js";
import * as requests from "./views/requests.js";
import * as search from "./views/search.js";
import * as space from "./views/space.js";

const VIEWS = { search, records, record, log, conflicts, requests, profile, space };
const part = (id) => document.getElementById(id);
const main = part("main");
const scrolled = new Map();
let place = new Place("", "none");
let running = new AbortController();
let known = null;

/** Go to an address; the same address is shown again. */
function go(address) {
  if (address === location.hash) show();
  else location.hash = address;
}

function moveTo(moment) {
  go(place.with({ as_of: moment, cursor: "" }));
}

/** Show the place that the address names; what was shown stays until the new is there. */
async function show() {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const before = place;
  place = Place.of(location.hash);
  const started = performance.now();
  part("progress").classList.add("on");
  main.setAttribute("aria-busy", "true");
  try {
    known ??= await spaces(signal);
    if (!place.space && known.length) return location.replace(new Place(known[0]).address);
    around();
    const shown = await view(signal);
    if (signal.aborted) return undefined;
    fill(main, shown);
    settle(before);
    part("took").textContent = `Shown in ${Math.round(performance.now() - started)} ms.`;
  } catch (problem) {
    if (problem.name === "AbortError" || signal.aborted) return undefined;
    around();
    fill(main, failure(problem, again));
    document.title = "Ricordo";
    if (!problem.told) throw problem;
  } finally {
    if (!signal.aborted) {
      part("progress").classList.remove("on");
      main.removeAttribute("aria-busy");
      main.dataset.shown = location.hash;
    }
  }
  return undefined;
}

function again() {
  known = null;
  show();
}

function view(signal) {
  const chosen = VIEWS[place.view];
  if (!place.space) return empty("There is no space yet", "The first write makes one.");
  if (!chosen) return all(h("h1", {}, "No such view"), h("p", {}, h("a", { href: place.to("search") }, "Search")));
  document.title = `${chosen.title} · ${place.space} · Ricordo`;
  const held = new Space(place.space, place.moment, signal);
  return chosen.render({ place, space: held, signal, go, again: show, past: Boolean(place.moment) });
}

/** Show where the reader is in what stands around the view. */
function around() {
  for (const link of document.querySelectorAll("#nav a")) {
    link.setAttribute("href", place.to(link.dataset.view));
    const here = link.dataset.view === place.view || (place.view === "record" && link.dataset.view === "records");
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const names = [...new Set([...(known ?? []), place.space].filter(Boolean))];
  fill(part("space"), names.map((name) => h("option", { value: name, selected: name === place.space }, name)));
  part("brand").setAttribute("href", new Place(place.space).address);
  rest(part("slider"));
  part("banner").hidden = !place.moment;
  if (place.moment) fill(part("banner"), banner(place.moment, () => moveTo("")));
  part("moment-button").textContent = place.moment ? "In the past" : "Now";
  part("theme").textContent = { system: "Auto", light: "Light", dark: "Dark" }[theme()];
  part("theme").setAttribute("aria-label", `Colours: ${theme()}`);
}

/** Bring the slider back to its end where the reader came back to now by another way. */
function rest(slider) {
  if (!slider || place.moment || slider.value === slider.max) return;
  slider.value = slider.max;
  slider.dispatchEvent(new Event("input"));
}

/** Put the reader at the head of a new view, or where it was left. */
function settle(before) {
  if (before.view !== place.view || before.id !== place.id) {
    window.scrollTo(0, scrolled.get(location.hash) ?? 0);
    if (main.querySelector("[data-focus]")) main.querySelector("[data-focus]").focus();
    else main.focus({ preventScroll: true });
  }
}

async function toggleMoment() {
  const form = part("moment");
  form.hidden = !form.hidden;
  part("moment-button").setAttribute("aria-expanded", String(!form.hidden));
  if (form.hidden || !place.space) return;
  const held = new Space(place.space, place.moment, new AbortController().signal);
  await chooser(form, place, held, moveTo).catch((problem) => fill(form, problem.message));
  form.querySelector("input")?.focus();
}

function changeKey() {
  ask("Key", (end) => keyForm(() => (end(null), again())));
}

history.scrollRestoration = "manual";
window.addEventListener("scroll", () => scrolled.set(location.hash, window.scrollY), { passive: true });
window.addEventListener("hashchange", show);
part("space").addEventListener("change", (event) => go(new Place(event.target.value, place.view === "record" ? "records" : place.view).address));
part("theme").addEventListener("click", () => (nextTheme(), around()));
part("key-button").addEventListener("click", changeKey);
part("keys-button").addEventListener("click", explain);
part("moment-button").addEventListener("click", toggleMoment);
part("skip").addEventListener("click", (event) => (event.preventDefault(), main.focus()));
listen((name) => go(place.to(name)), () => place.moment && moveTo(""));
show();
