/** Single keys, where nothing is being typed; they can be switched off. */

import { ask } from "./parts.js";
import { h } from "./dom.js";

const OFF = "ricordo.keys-off";
const VIEWS = ["search", "records", "log", "conflicts", "requests", "profile", "space"];
const EXPLAINED = [
  ["/", "Search"],
  ["j, k", "Next, previous record"],
  ["Enter", "Open it"],
  ["e", "Edit the record"],
  ["1 to 7", "The views, in their order"],
  ["n", "Back to now"],
  ["?", "These keys"],
  ["Esc", "Close, or leave a field"],
];

/** Listen to the keyboard. `go` opens a view, `now` comes back from the past. */
export function listen(go, now) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") leave();
    else if (typing(event.target) || localStorage.getItem(OFF)) return;
    else if (act(event.key, go, now)) event.preventDefault();
  });
}

/** Show the keys. */
export function explain() {
  return ask("Keys", (end) => {
    const box = h("input", { type: "checkbox", id: "keys-on", checked: !localStorage.getItem(OFF) });
    box.addEventListener("change", () => (box.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
    return h(
      "div",
      {},
      h("dl", { class: "keys" }, EXPLAINED.map(([one, means]) => [h("dt", {}, h("kbd", {}, one)), h("dd", {}, means)])),
      h("p", { class: "check" }, box, h("label", { for: "keys-on" }, "Single keys are on")),
      h("p", { class: "actions" }, h("button", { type: "button", class: "primary", click: () => end(null) }, "Close")),
    );
  });
}

function act(pressed, go, now) {
  if (pressed === "/") toSearch(go);
  else if (pressed === "j" || pressed === "k") step(pressed === "j" ? 1 : -1);
  else if (pressed === "?") explain();
  else if (pressed === "n") now();
  else if (pressed === "e") edit();
  else if (VIEWS[Number(pressed) - 1]) go(VIEWS[Number(pressed) - 1]);
  else return false;
  return true;
}

/** Edit; the focus comes back to the button when that is done. */
function edit() {
  const button = document.querySelector("main [data-edit]");
  button?.focus();
  button?.click();
}

function toSearch(go) {
  const field = document.getElementById("query");
  if (field) field.select();
  else go("search");
}

function step(by) {
  const links = [...document.querySelectorAll("main [data-open]")].filter((one) => one.checkVisibility());
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : links.length - 1) : Math.max(0, Math.min(links.length - 1, at + by));
  links[next]?.focus();
  links[next]?.scrollIntoView({ block: "nearest" });
}

function leave() {
  const moment = document.getElementById("moment");
  if (!moment.hidden) document.getElementById("moment-button").click();
  document.activeElement?.blur();
}

function typing(element) {
  return element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement ||
    (element instanceof HTMLInputElement && !["checkbox", "radio", "range", "button", "submit"].includes(element.type));
}
