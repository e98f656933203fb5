/** The log as it grows: server-sent events, read as a stream, because an EventSource can't send a key. */

import { Problem, headers, path } from "./api.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Yield what happens in a space after an event, for as long as the signal lasts; a lost connection is made again.
 * @param {string} space The space.
 * @param {number} after The last event that is known.
 * @param {object} query What narrows it.
 * @param {AbortSignal} signal Ends it.
 * @param {(on: boolean) => void} tell Told whether there is a connection.
 */
export async function* follow(space, after, query, signal, tell) {
  let [last, wait] = [String(after), FIRST_WAIT_MS];
  while (!signal.aborted) {
    try {
      for await (const event of connection(space, last, query, signal, tell)) {
        last = event.id || last;
        wait = FIRST_WAIT_MS;
        if (event.data) yield JSON.parse(event.data);
      }
    } catch (error) {
      if (error instanceof Problem) throw error;
    }
    tell(false);
    await pause(wait, signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

async function* connection(space, last, query, signal, tell) {
  const url = `${path(space, "events", "stream")}?${new URLSearchParams(query)}`;
  const own = headers({ Accept: "text/event-stream", "Last-Event-ID": last });
  const answer = await fetch(url, { headers: own, signal, cache: "no-store", credentials: "omit" });
  if (!answer.ok && answer.status < 500) throw new Problem(answer.status, await answer.json().catch(() => ({})));
  if (!answer.ok) return;
  tell(true);
  yield* events(answer.body.pipeThrough(new TextDecoderStream()));
}

/** Yield the events of a stream, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them. */
export async function* events(stream) {
  let [rest, event] = ["", { id: "", data: "" }];
  for await (const text of stream) {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        yield event;
        event = { id: "", data: "" };
      } else take(event, line);
    }
  }
}

function take(event, line) {
  const [, field, value] = line.match(/^([^:]*):? ?(.*)$/s);
  if (field === "data") event.data += (event.data ? "\n" : "") + value;
  else if (field === "id") event.id = value;
}

function pause(milliseconds, signal) {
  return new Promise((resume) => {
    const timer = setTimeout(resume, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resume()), { once: true });
  });
}
