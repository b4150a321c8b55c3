// Settings that may change while the run trains.
import { holding, make } from "../common/dom.js";
import { say } from "../common/language.js";

/** @typedef {import("./types.js").Run} Run */

export class Live {
  /** @param {import("./watch.js").Widget} widget */
  constructor(widget) {
    this.widget = widget;
  }

  /** @param {Run} run */
  open(run) {
    const inputs = run.live.map((name) => {
      const input = make("input", null, { type: "number", step: "any", name });
      input.value = String(run.settings[name]);
      return input;
    });
    const labels = inputs.map((input) => holding(make("label", say(`field.${input.name}`)), input));
    const apply = make("button", say("watch.apply"));
    apply.addEventListener("click", () => void this.#apply(run, inputs));
    this.widget.part("live-fields").replaceChildren(...labels, apply);
  }

  /**
   * @param {Run} run
   * @param {HTMLInputElement[]} inputs
   */
  async #apply(run, inputs) {
    const changed = inputs.filter(({ name, value }) => value !== "" && Number(value) !== run.settings[name]);
    if (!changed.length) return;
    const changes = Object.fromEntries(changed.map(({ name, value }) => [name, Number(value)]));
    if (await this.widget.ask("ask", { run: run.name, what: "set", changes })) Object.assign(run.settings, changes);
  }
}
