/** Where the reader is, in the part of the address behind "#": it can be kept, sent, and gone back to. */

export const VIEWS = ["search", "records", "record", "log", "conflicts", "requests", "profile", "space"];

/** A place: a space, a view, perhaps a record, and what narrows the view. */
export class Place {
  /**
   * @param {string} space The name of the space; empty where none is chosen.
   * @param {string} view One of VIEWS.
   * @param {string} id A record, where the view is of one.
   * @param {object} asked What narrows it, by name: a text, or a list of texts.
   */
  constructor(space = "", view = "search", id = "", asked = {}) {
    this.space = space;
    this.view = view;
    this.id = id;
    this.asked = asked;
  }

  /** Return the place that an address names. */
  static of(hash) {
    const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
    const [space, view, id] = path.split("/").map(plain);
    return new Place(space, VIEWS.includes(view) ? view : view ? "" : "search", id ?? "", read(query));
  }

  /** The moment that reads are taken back to; empty is now. */
  get moment() {
    return this.one("as_of");
  }

  /** Return what was asked under a name as one text. */
  one(name) {
    const value = this.asked[name];
    return (Array.isArray(value) ? value[0] : value) ?? "";
  }

  /** Return what was asked under a name as a list. */
  many(name) {
    const value = this.asked[name];
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  }

  /** Return the address of a view of this space, at the same moment. */
  to(view, asked = {}, id = "") {
    return new Place(this.space, view, id, { as_of: this.moment, ...asked }).address;
  }

  /** Return the address of this view with other things asked. */
  with(asked) {
    return new Place(this.space, this.view, this.id, { ...this.asked, ...asked }).address;
  }

  get address() {
    const path = [this.space, this.view, this.id].filter(Boolean).map(encodeURIComponent).join("/");
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(this.asked))
      for (const one of Array.isArray(value) ? value : [value])
        if (one !== "" && one !== null && one !== undefined && one !== false) query.append(name, one);
    return `#/${path}${query.size ? `?${query}` : ""}`;
  }
}

function plain(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function read(query) {
  const asked = {};
  for (const [name, value] of new URLSearchParams(query))
    asked[name] = name in asked ? [].concat(asked[name], value) : value;
  return asked;
}
