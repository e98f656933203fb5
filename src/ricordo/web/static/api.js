/** Requests to the server that this page came from. */

const KEY = "ricordo.key";

/** What a server answered in place of a result; status 0 where there was no answer. */
export class Problem extends Error {
  constructor(status, told = {}) {
    super(told.detail || told.title || `The server answered ${status}.`);
    this.status = status;
    this.told = told;
    this.kind = String(told.type ?? "").replace("urn:ricordo:error:", "");
  }
}

/** The key: held for this tab alone, and gone with it. */
export const key = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (value) => (value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY)),
};

/** Return the headers that every request has, and more. The request id tells in log and journal that it was this page. */
export function headers(more = {}) {
  const held = key.get();
  const own = { "X-Request-Id": `inspector-${Math.random().toString(16).slice(2, 10)}` };
  return held ? { ...own, Authorization: `Bearer ${held}`, ...more } : { ...own, ...more };
}

/** Return the path of something in a space. */
export function path(space, ...parts) {
  return ["/v1/spaces", space, ...parts].map((part, n) => (n ? encodeURIComponent(part) : part)).join("/");
}

/**
 * Send a request and return what was answered, as JSON has it.
 * @param {string} method The HTTP method.
 * @param {string} where The path.
 * @param {object} given `query`, `body`, `headers` and `signal`, each where it is needed.
 */
export async function send(method, where, given = {}) {
  const url = where + asQuery(given.query ?? {});
  const body = given.body === undefined ? undefined : JSON.stringify(given.body);
  const own = body === undefined ? {} : { "Content-Type": "application/json" };
  const asked = { method, body, signal: given.signal, cache: "no-store", credentials: "omit" };
  try {
    const answer = await fetch(url, { ...asked, headers: headers({ ...own, ...given.headers }) });
    if (answer.ok) return await answer.json();
    throw new Problem(answer.status, await answer.json().catch(() => ({})));
  } catch (error) {
    if (error instanceof Problem || error.name === "AbortError") throw error;
    const doubt = method === "GET" ? "" : " Look first whether the change was made.";
    throw new Problem(0, { detail: `Is it still running?${doubt}` });
  }
}

function asQuery(query) {
  const made = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === "") continue;
    const listed = Array.isArray(value) ? value : [typeof value === "object" ? JSON.stringify(value) : value];
    for (const one of listed) made.append(name, one);
  }
  return made.size ? `?${made}` : "";
}

/** Leave out what says nothing. */
export function told(fields) {
  return Object.fromEntries(
    Object.entries(fields).filter(([, v]) => v !== "" && v !== null && v !== undefined && !(Array.isArray(v) && !v.length)),
  );
}

/** By space, the last event that was heard of: counting all there is, which tells it too, takes its time. */
const heads = new Map();

/** One space, read at one moment; every read that can be taken back is. */
export class Space {
  /**
   * @param {string} name The space.
   * @param {string} moment An event or a time; empty is now.
   * @param {AbortSignal} signal Ends what is under way.
   */
  constructor(name, moment, signal) {
    this.name = name;
    this.moment = /^\d{1,18}$/.test(moment) ? Number(moment) : moment || null;
    this.signal = signal;
  }

  read(parts, query = {}) {
    return send("GET", path(this.name, ...parts), { query, signal: this.signal });
  }

  ask(part, body) {
    return send("POST", path(this.name, part), { body: told(body), signal: this.signal });
  }

  /** Write; what is written is never cut off by going elsewhere. The scope is named, as keys of many scopes ask for. */
  write(method, parts, scope, body, more = {}) {
    const own = { "Memory-Write": encodeURIComponent(scope), ...more };
    return send(method, path(this.name, ...parts), { body, headers: scope ? own : more });
  }

  recall(asked) {
    return this.ask("recall", { ...asked, as_of: this.moment });
  }

  inject({ query, ...asked }) {
    return this.ask("inject", { turn: query, ...asked, as_of: this.moment });
  }

  profile(asked) {
    return this.ask("profile", { ...asked, as_of: this.moment });
  }

  list(asked) {
    return this.read(["records"], { ...asked, as_of: this.moment });
  }

  get(id) {
    return this.read(["records", id], { as_of: this.moment });
  }

  async history(id) {
    return (await this.read(["records", id, "history"])).items;
  }

  belief(id) {
    return this.read(["records", id, "belief"], { as_of: this.moment });
  }

  conflicts(asked) {
    return this.read(["conflicts"], { ...asked, as_of: this.moment });
  }

  stats() {
    return this.read(["stats"]);
  }

  /** Return the last event of the log. */
  async head() {
    let seq = heads.get(this.name) ?? (await this.stats()).seq;
    for (let more = true; more; ) ({ seq, more } = await this.events({ after: seq, limit: 1000 }));
    heads.set(this.name, seq);
    return seq;
  }

  events(asked) {
    return this.read(["events"], asked);
  }

  async deliveries(asked) {
    return (await this.read(["deliveries"], asked)).items;
  }

  /** Change fields of a record if it is still at the version that was read. */
  update(record, changes, version = record.version) {
    return this.write("PATCH", ["records", record.id], record.scope, changes, { "If-Match": `"${version}"` });
  }

  /** Forget a record if it is still at the version that was read. */
  forget(record, reason, version = record.version) {
    const where = path(this.name, "records", record.id);
    const own = { "If-Match": `"${version}"`, "Memory-Write": encodeURIComponent(record.scope) };
    return send("DELETE", where, { query: { reason }, headers: own });
  }

  /** Do operations, all or none, if these records are still as they were read. */
  commit(scope, ops, records) {
    const reads = records.map(({ id, version }) => ({ id, version }));
    return this.write("POST", ["commits"], scope, { ops, reads }, { "Idempotency-Key": crypto.randomUUID() });
  }

  undo(event, scope) {
    return this.write("POST", ["undo"], scope, { event });
  }
}

/** Return the names of the spaces that the key opens. */
export async function spaces(signal) {
  const { items } = await send("GET", "/v1/spaces", { signal });
  return items.map((one) => (typeof one === "string" ? one : (one.name ?? one.space)));
}
