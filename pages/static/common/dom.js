// Elements: made, found, heard.

/**
 * An element with a text and attributes.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string | number | null} [text]
 * @param {Record<string, string | number>} [attributes]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, text = null, attributes = {}) {
  const node = document.createElement(tag);
  if (text !== null) node.textContent = String(text);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}

/**
 * An element with these children.
 * @template {Element} Kind
 * @param {Kind} node
 * @param {(Node | string)[]} children
 * @returns {Kind}
 */
export function holding(node, ...children) {
  node.append(...children);
  return node;
}

/**
 * The one element of this kind that a selector finds within another one.
 * @template {Element} Kind
 * @param {ParentNode} within
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 * @throws {Error} there is none, or one of another kind: the page's HTML and its script do not fit
 */
export function find(within, selector, kind) {
  const found = within.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`${selector} is no ${kind.name} of this page`);
  return found;
}

/**
 * The same, all of them.
 * @template {Element} Kind
 * @param {ParentNode} within
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind[]}
 */
export function findAll(within, selector, kind) {
  /** @type {Kind[]} */
  const found = [];
  for (const one of within.querySelectorAll(selector)) if (one instanceof kind) found.push(one);
  return found;
}

/**
 * Change a text only where it differs, so that a selection within it stays.
 * @param {Element} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A button that does one thing at a time.
 * @param {string} text
 * @param {() => Promise<unknown>} work
 * @param {Record<string, string>} [attributes]
 */
export function action(text, work, attributes = {}) {
  const button = make("button", text, attributes);
  button.addEventListener("click", async () => {
    button.disabled = true;
    await work();
    button.disabled = false;
  });
  return button;
}

/**
 * The choices of a list: values with their labels.
 * @param {HTMLSelectElement} list
 * @param {[value: string, label: string][]} entries
 */
export function offer(list, entries) {
  list.replaceChildren(...entries.map(([value, label]) => make("option", label, { value })));
}

/**
 * Hear events of the window for as long as an element is on the page.
 * @param {Element} element
 * @param {string[]} kinds
 * @param {() => void} heard
 * @param {boolean} [first] before whoever it was meant for
 */
export function hear(element, kinds, heard, first = false) {
  for (const kind of kinds) {
    const listener = () => {
      if (element.isConnected) heard();
      else window.removeEventListener(kind, listener, first);
    };
    window.addEventListener(kind, listener, first);
  }
}

/** @param {number} ms */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Put a text on the clipboard; whether that was allowed.
 * @param {string} text
 * @returns {Promise<boolean>}
 */
export async function copied(text) {
  return (await navigator.clipboard?.writeText(text).then(() => true, () => false)) ?? false; // not on http
}
