// What one may want to write: each purpose has its prompt and knobs, and says honestly what to expect.
import { make } from "../common/dom.js";
import { known, language, say } from "../common/language.js";

/** @typedef {import("./desk.js").Desk} Desk */

const PURPOSES = [
  { name: "story", knobs: { temperature: 0.8, top_p: 0.95, max_new_tokens: 300 } },
  { name: "poem", knobs: { temperature: 0.9, top_p: 0.95, max_new_tokens: 120 } },
  { name: "headline", knobs: { temperature: 0.7, top_p: 0.9, max_new_tokens: 30 } },
  { name: "product", knobs: { temperature: 0.7, top_p: 0.9, max_new_tokens: 120 } },
  { name: "reply", knobs: { temperature: 0.5, top_p: 0.9, max_new_tokens: 120 } },
  { name: "level", knobs: { temperature: 0.6, top_p: 0.9, max_new_tokens: 300 } },
];
const OF_BLOCKS = ["story", "poem"]; // which end at a blank line

/**
 * @param {Desk} desk
 * @param {import("./knobs.js").Knobs} knobs
 */
export function offerPurposes(desk, knobs) {
  const { widget } = desk;
  const place = widget.part("purposes");
  desk.opened.push((another) => {
    if (!another) return;
    widget.part("honest").textContent = "";
    for (const one of place.children) one.classList.remove("on");
  });
  place.replaceChildren(...PURPOSES.map(({ name, knobs: values }) => {
    const chip = make("button", say(`purpose.${name}`), { class: "chip" });
    chip.addEventListener("click", () => {
      widget.area("prompt").value = promptFor(desk, name);
      for (const [knob, value] of Object.entries(values)) knobs.turn(knob, value);
      widget.input("blank-line").checked = OF_BLOCKS.includes(name);
      widget.part("honest").textContent = say(`purpose.${name}.honest`);
      for (const one of place.children) one.classList.toggle("on", one === chip);
      knobs.tell();
    });
    return chip;
  }));
}

/**
 * @param {Desk} desk
 * @param {string} purpose
 */
function promptFor({ model }, purpose) {
  const ownForm = purpose === "poem" && model.prompt.startsWith("《"); // a title, as the poems it learned from have
  return ownForm ? `${model.prompt}\n` : usualPrompt(model, purpose);
}

/**
 * The prompt of a purpose, in a language that the model knows the letters of.
 * @param {import("./types.js").Model} model
 * @param {string} purpose
 */
export function usualPrompt({ languages }, purpose) {
  const read = languages.includes(language) || !languages.length ? language : languages[0];
  return known(`purpose.${purpose}.prompt`, read) ?? "";
}
