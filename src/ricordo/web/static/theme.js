/** The colours: those of the system, unless the reader chose; the choice is remembered, nothing else is. */

const NAME = "ricordo.theme";
const CHOICES = ["system", "light", "dark"];

/** Return the choice in force. */
export function theme() {
  const held = localStorage.getItem(NAME);
  return CHOICES.includes(held) ? held : "system";
}

/** Take the next choice, and return it. */
export function nextTheme() {
  const next = CHOICES[(CHOICES.indexOf(theme()) + 1) % CHOICES.length];
  localStorage.setItem(NAME, next);
  show();
  return next;
}

function show() {
  document.documentElement.dataset.theme = theme();
}

show();
