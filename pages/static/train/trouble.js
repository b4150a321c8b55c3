// What is wrong with a choice in the form stands at its field, once, until something else is chosen.
import { make, pause } from "../common/dom.js";

const DRAWING_MS = 100;

/** @param {HTMLElement} element of the page beside the form: it goes on for as long as that is shown */
export async function showTroubleAtItsField(element) {
  let form = null;
  while (!(form instanceof HTMLElement)) { // Gradio may draw it after the page's own part
    form = document.getElementById("start")?.closest(".column");
    if (!element.isConnected) return;
    if (!form) await pause(DRAWING_MS);
  }
  const column = form;
  let shown = "";
  let clear = () => {};
  const find = () => {
    const shownParts = [...column.querySelectorAll("#refused, #trouble")].filter((part) => part.checkVisibility());
    return /** @type {HTMLElement[]} */ (shownParts.map((part) => part.querySelector("[data-at]")).filter(Boolean));
  };
  const look = () => {
    const lines = find();
    const now = lines.map((line) => line.dataset.at).join(" ");
    if (now === shown) return;
    clear();
    shown = now;
    const marks = lines.map((line) => mark(column, line));
    clear = () => marks.forEach((unmark) => unmark());
  };
  new MutationObserver(look).observe(column, { childList: true, subtree: true, attributes: true, attributeFilter: ["class", "style", "data-at"] });
  for (const kind of ["input", "change"])
    column.addEventListener(kind, ({ isTrusted }) => {
      if (!isTrusted) return;
      clear();
      for (const line of find()) line.hidden = true;
    });
  look();
}

/**
 * Mark the field that a line speaks of; returns what takes the mark away. Where the field is not in sight, the line
 * stays where it is.
 * @param {HTMLElement} form
 * @param {HTMLElement} line
 */
function mark(form, line) {
  const field = document.getElementById(line.dataset.field ?? "");
  if (!field || !form.contains(field)) return () => {};
  field.classList.add("wrong-field");
  const input = field.querySelector("input, textarea");
  input?.setAttribute("aria-invalid", "true");
  const said = make("p", line.textContent, { class: "wrong-said", role: "alert" });
  if (field.checkVisibility()) {
    field.append(said);
    line.hidden = true;
  }
  return () => {
    field.classList.remove("wrong-field");
    input?.removeAttribute("aria-invalid");
    said.remove();
  };
}
