/** Numbers, sizes and times as people read them. */

import { h } from "./dom.js";

const COUNT = new Intl.NumberFormat("en");

/** 12345 -> "12,345". */
export function count(value) {
  return COUNT.format(value);
}

/** "1 record", "2 records". */
export function many(value, one, more = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : more}`;
}

/** Bytes in the unit that fits. */
export function bytes(value) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit ? value.toFixed(1) : value} ${units[unit]}`;
}

/** A score with as many places as tell something. */
export function score(value) {
  return value.toFixed(Math.abs(value) < 0.1 ? 3 : 2);
}

/** The last letters of an id, which tell it from its neighbours. */
export function short(id) {
  return `…${id.slice(-6)}`;
}

/** Return a time in UTC: the day, with the minute where it has one. */
export function moment(iso) {
  const [day, clock = ""] = iso.split("T");
  const minute = clock.slice(0, 5);
  return minute && !/^00:00(:00(\.0+)?)?Z$/.test(clock) ? `${day} ${minute}` : day;
}

/** Return a `time` element, the exact moment in its title. */
export function when(iso) {
  return iso ? h("time", { datetime: iso, title: iso }, moment(iso)) : null;
}

/** "since 2026-05-03", "2026-05-03 to 2026-06-01", "until ...". */
export function span(from, to) {
  if (from && to) return h("span", {}, when(from), " to ", when(to));
  if (from) return h("span", {}, "since ", when(from));
  return to ? h("span", {}, "until ", when(to)) : null;
}
