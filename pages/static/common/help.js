// A “?” that explains what it stands behind, for mouse, finger and keyboard.
import { make } from "./dom.js";
import { say } from "./language.js";

const GAP = 6; // pixels between a “?” and its explanation

/** @param {string} key */
export const question = (key) => make("span", "?", { class: "q", "aria-label": say(key), tabindex: 0, role: "note" });

/**
 * What stands in a title is for a mouse; behind each row a “?” tells it to a finger.
 * @param {ParentNode} place
 */
export function explainRows(place) {
  /** @type {Map<HTMLElement, HTMLElement[]>} */
  const rows = new Map();
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll("[data-tip]"))) {
    node.title = say(node.dataset.tip ?? "");
    if (!node.textContent && !node.hasAttribute("aria-label")) node.setAttribute("aria-label", node.title);
    const row = node.parentElement;
    if (row) rows.set(row, [...(rows.get(row) ?? []), node]);
  }
  for (const [row, nodes] of rows) {
    const told = nodes.map((node) => [node.textContent, node.title].filter(Boolean).join(" — ")).join("\n");
    row.append(make("span", "?", { class: "q tips", tabindex: 0, role: "note", "aria-label": told }));
  }
}

/**
 * An explanation stands below its “?”, or above it in the lower half of the view: always whole.
 * @param {HTMLElement} root
 */
export function placeExplanations(root) {
  /** @param {Event} event */
  const place = ({ target }) => {
    if (!(target instanceof HTMLElement) || !target.matches(".q")) return;
    const { left, top, bottom } = target.getBoundingClientRect();
    const low = top > innerHeight / 2;
    target.classList.add("placed");
    target.style.setProperty("--left", `${left}px`);
    target.style.setProperty("--top", low ? "auto" : `${bottom + GAP}px`);
    target.style.setProperty("--bottom", low ? `${innerHeight - top + GAP}px` : "auto");
  };
  for (const kind of ["pointerover", "focusin"]) root.addEventListener(kind, place);
}
