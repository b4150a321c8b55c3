// A page's HTML: its parts by role, its words.
import { find, findAll } from "./dom.js";
import { explainRows, placeExplanations, question } from "./help.js";
import { say } from "./language.js";

export class View {
  /** @type {Map<string, Node>} */
  #pristine = new Map();

  /** @param {HTMLElement} element Gradio's, which holds the page */
  constructor(element) {
    this.element = element;
    this.root = find(element, ".aigc-page", HTMLElement);
    this.#fillWords();
    explainRows(this.root);
    for (const node of this.all("[data-renew]")) this.#pristine.set(node.dataset.renew ?? "", node.cloneNode(true));
    placeExplanations(this.root);
    delete this.root.dataset.waiting;
  }

  /** Whether the page is still shown: whatever goes on by itself ends with it. */
  get alive() {
    return this.element.isConnected;
  }

  /** Put every part marked `data-renew` back as the page came: what was shown there is gone, and who listened, too. */
  renew() {
    for (const [name, node] of this.#pristine)
      find(this.root, `[data-renew="${name}"]`, HTMLElement).replaceWith(node.cloneNode(true));
  }

  /** @param {string} role */
  part(role) {
    return find(this.root, `[data-role="${role}"]`, HTMLElement);
  }

  /** @param {string} role */
  input(role) {
    return find(this.root, `input[data-role="${role}"]`, HTMLInputElement);
  }

  /** @param {string} role */
  select(role) {
    return find(this.root, `select[data-role="${role}"]`, HTMLSelectElement);
  }

  /** @param {string} role */
  area(role) {
    return find(this.root, `textarea[data-role="${role}"]`, HTMLTextAreaElement);
  }

  /** @param {string} role */
  canvas(role) {
    return find(this.root, `canvas[data-role="${role}"]`, HTMLCanvasElement);
  }

  /** @param {string} role */
  link(role) {
    return find(this.root, `a[data-role="${role}"]`, HTMLAnchorElement);
  }

  /** @param {string} role */
  image(role) {
    return find(this.root, `img[data-role="${role}"]`, HTMLImageElement);
  }

  /** @param {string} what it does */
  button(what) {
    return find(this.root, `[data-do="${what}"]`, HTMLButtonElement);
  }

  /** @param {string} name of a tab's panel */
  panel(name) {
    return find(this.root, `[data-panel="${name}"]`, HTMLElement);
  }

  /** @param {string} selector */
  all(selector) {
    return findAll(this.root, selector, HTMLElement);
  }

  #fillWords() {
    for (const node of this.all("[data-say]")) node.textContent = say(node.dataset.say ?? "");
    for (const label of findAll(this.root, "label[data-say]", HTMLLabelElement))
      namedBy(label)?.setAttribute("aria-label", say(label.dataset.say ?? ""));
    for (const canvas of this.all("figure canvas")) {
      const words = canvas.parentElement?.querySelector("figcaption[data-say]");
      if (words?.textContent) canvas.setAttribute("aria-label", words.textContent);
    }
    for (const node of this.all("[data-q]")) node.append(question(node.dataset.q ?? ""));
  }
}

/**
 * What a label names: the input within it, or what follows it in its row and has no name of its own.
 * @param {HTMLLabelElement} label
 * @returns {Element | undefined}
 */
function namedBy(label) {
  const within = label.querySelector("input");
  if (within) return within;
  return [...(label.parentElement?.querySelectorAll("select, input") ?? [])].find(
    (one) =>
      label.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING && !one.hasAttribute("aria-label"),
  );
}
