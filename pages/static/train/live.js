// Settings that may change while the run trains.
import { holding, make, setText } from "../common/dom.js";
import { say } from "../common/language.js";

/** @typedef {import("./types.js").Run} Run */
/** @typedef {{ name: string, input: HTMLInputElement, wrong: HTMLElement }} Field */

export class Live {
  /**
   * @param {import("./watch.js").Widget} widget
   * @param {Run} run
   */
  constructor(widget, run) {
    this.widget = widget;
    this.run = run;
    this.fields = run.live.map((name) => this.#field(name));
    const apply = make("button", say("watch.apply"));
    apply.addEventListener("click", () => void this.#apply());
    const labels = this.fields.map(({ name, input, wrong }) =>
      holding(make("label", say(`field.${name}`)), input, wrong));
    widget.part("live-fields").replaceChildren(...labels, apply);
  }

  /**
   * A change was made, here or elsewhere: whoever types something else keeps it.
   * @param {import("./types.js").Changes} changes
   */
  take(changes) {
    for (const [name, value] of Object.entries(changes)) {
      const field = this.fields.find((one) => one.name === name);
      if (field && !this.#typed(field)) field.input.value = String(value);
      this.run.settings[name] = value;
    }
  }

  /**
   * @param {string} name
   * @returns {Field}
   */
  #field(name) {
    const input = make("input", null, { type: "text", inputmode: "decimal", autocomplete: "off", name });
    input.value = String(this.run.settings[name]);
    input.addEventListener("keydown", ({ key }) => {
      if (key === "Enter") void this.#apply();
    });
    return { name, input, wrong: make("small", "", { class: "wrong", role: "alert" }) };
  }

  /**
   * Whether there stands something else than what the run trains with.
   * @param {Field} field
   */
  #typed({ name, input }) {
    const text = input.value.trim();
    return text === "" || Number(text) !== this.run.settings[name];
  }

  async #apply() {
    const { widget, run } = this;
    for (const one of this.fields) mark(one, "");
    const typed = this.fields.filter((one) => this.#typed(one));
    if (!typed.length) return;
    const changes = Object.fromEntries(typed.map(({ name, input }) => [name, numberOr(input.value.trim())]));
    /** @param {string} text @param {import("../common/types.js").Sentence} [said] */
    const complain = (text, said) => {
      const field = this.fields.find((one) => one.name === said?.values.name);
      if (field) mark(field, text);
      else widget.message(text);
    };
    if (await widget.call("ask", { run: run.name, what: "set", changes }, { complain })) this.take(changes);
  }
}

/**
 * What is wrong with the value, below it; "" is nothing.
 * @param {Field} field
 * @param {string} text
 */
function mark({ input, wrong }, text) {
  setText(wrong, text);
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

/**
 * A number as such; anything else as it was typed, for whoever says what is wrong with it.
 * @param {string} text
 */
const numberOr = (text) => (text !== "" && Number.isFinite(Number(text)) ? Number(text) : text);
