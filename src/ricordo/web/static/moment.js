/** Going back in time: a slider over the events of the log, or a moment that is typed. */

import { all, fill, h } from "./dom.js";
import { count, moment as written } from "./format.js";

/**
 * Fill the form that chooses a moment.
 * @param {HTMLFormElement} form The form.
 * @param {Place} place Where the reader is.
 * @param {Space} space The space, to ask for its last event and for the time of an event.
 * @param {(moment: string) => void} choose Takes the reader there; empty is now.
 */
export async function chooser(form, place, space, choose) {
  const last = await space.head();
  const at = /^\d+$/.test(place.moment) ? Math.min(Number(place.moment), last) : last;
  const slider = h("input", { type: "range", id: "slider", min: 1, max: Math.max(last, 1), step: 1, value: at });
  const shown = h("output", { for: "slider", class: "moment-shown" });
  const typed = h("input", {
    ...{ type: "text", id: "typed", autocomplete: "off", spellcheck: "false", size: 22, value: place.moment },
    placeholder: "120, or 2026-05-03T10:00Z",
  });
  let asked = 0;
  const tell = async () => {
    const own = (asked += 1);
    const event = Number(slider.value);
    slider.setAttribute("aria-valuetext", `event ${event}`);
    fill(shown, `Event ${count(event)} of ${count(last)}`);
    const page = await space.events({ after: event - 1, limit: 1 }).catch(() => ({ entries: [] }));
    const entry = page.entries[0];
    if (own === asked && entry?.seq === event) fill(shown, `Event ${count(event)} of ${count(last)}, ${written(entry.at)}`);
  };
  slider.addEventListener("input", tell);
  slider.addEventListener("change", () => choose(Number(slider.value) >= last ? "" : slider.value));
  form.onsubmit = (event) => (event.preventDefault(), choose(typed.value.trim()));
  fill(
    form,
    h("div", { class: "field grow" }, h("label", { for: "slider" }, "See the space as it was"), slider, shown),
    h("div", { class: "field" }, h("label", { for: "typed" }, "An event, or a time"), typed),
    h("button", { type: "submit", class: "primary" }, "Go there"),
    h("button", { type: "button", click: () => choose("") }, "Now"),
  );
  await tell();
}

/** What stands above everything while the reader is in the past. */
export function banner(moment, back) {
  const words = /^\d+$/.test(moment) ? `at event ${count(Number(moment))}` : `at ${moment}`;
  return all(
    h("strong", {}, `You see this space as it was ${words}.`),
    h("span", {}, " Nothing can be changed here. "),
    h("button", { type: "button", click: back }, "Back to now"),
  );
}
