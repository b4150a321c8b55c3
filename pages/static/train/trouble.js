// What is wrong with a choice in the form stands at its field, once, until something else is chosen.
import { make } from "../common/dom.js";

export function showTroubleAtItsField() {
  const form = document.getElementById("start")?.closest(".column");
  if (!(form instanceof HTMLElement)) return;
  let shown = "";
  /** @type {() => void} */
  let clear = () => {};
  const look = () => {
    const line = form.querySelector("#trouble [data-at]");
    const now = line instanceof HTMLElement && line.checkVisibility() ? (line.dataset.at ?? "") : "";
    if (now === shown || (!now && line instanceof HTMLElement && line.hidden)) return;
    clear();
    shown = now;
    clear = line instanceof HTMLElement && now ? mark(form, line) : () => {};
  };
  new MutationObserver(look).observe(form, { childList: true, subtree: true, attributes: true, attributeFilter: ["class", "style"] });
  const chosen = () => {
    clear();
    const line = form.querySelector("#trouble [data-at]");
    if (line instanceof HTMLElement) line.hidden = true;
  };
  for (const kind of ["input", "change"])
    form.addEventListener(kind, ({ isTrusted }) => void (isTrusted && chosen()));
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
