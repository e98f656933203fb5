/** Elements are made of tags and text; nothing that was stored is ever read as markup. */

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected", "open"]);
const ATTRIBUTES =
  /^(class|id|type|for|name|role|title|dir|min|max|step|rows|cols|placeholder|autocomplete|spellcheck|datetime|scope|tabindex|list|maxlength|required|low|high|optimum|size|aria-[a-z]+|data-[a-z]+)$/;

/**
 * Make an element.
 * @param {string} tag Its name.
 * @param {object} attributes Attributes; functions are listeners, what is null or false is left out.
 * @param {...any} children Elements, texts, lists of such; what is null or false is left out.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  element.append(...listed(children));
  return element;
}

/** Put children in the place of those an element has. */
export function fill(element, ...children) {
  element.replaceChildren(...listed(children));
  return element;
}

/** Return a fragment of children. */
export function all(...children) {
  const fragment = document.createDocumentFragment();
  fragment.append(...listed(children));
  return fragment;
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (typeof value === "function") element.addEventListener(name, value);
  else if (PROPERTIES.has(name)) element[name] = value;
  else if (name === "href" && String(value).startsWith("#")) element.setAttribute(name, value);
  else if (ATTRIBUTES.test(name)) element.setAttribute(name, value === true ? "" : String(value));
  else throw new TypeError(`no attribute ${name} here`);
}

function listed(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : String(child)));
}
