// The branches so far, and the samples of the one on the screen.
import { holding, make } from "../common/dom.js";
import { say } from "../common/language.js";
import { lastOf, named, tokenSpan } from "./tokens.js";

/** @typedef {import("./writing.js").Branch} Branch */

const MOST_SHOWN = 60; // that one can go back to
const LEAD = 400; // characters that are shown of what comes before

export class Branches {
  /** @type {Branch[]} */
  list = [];
  /** @type {Branch | null} the one on the screen */
  current = null;
  chosenSample = 0; // that “Continue” and the other tabs are about
  /** @type {(branch: Branch, number: number, place: number, span: Element) => void} when a sample's token is pressed */
  pressed = () => {};

  /** @param {import("./desk.js").Desk} desk */
  constructor(desk) {
    this.desk = desk;
    this.place = desk.widget.part("samples");
    this.row = desk.widget.part("branches");
    this.place.addEventListener("click", ({ target }) => {
      if (target instanceof Element) this.#press(target.closest(".token"));
    });
  }

  /** @param {Element | null} span */
  #press(span) {
    const card = span?.closest(".sample");
    if (!span || !this.current || !(card instanceof HTMLElement)) return;
    const number = Number(card.dataset.sample);
    const place = [...card.querySelectorAll(".token")].indexOf(span);
    this.#choose(number);
    this.pressed(this.current, number, place, span);
  }

  clear() {
    this.list = [];
    this.show(null);
    this.#showRow();
  }

  /** @param {Omit<Branch, "id">} branch */
  add(branch) {
    const added = { ...branch, id: (this.list.at(-1)?.id ?? 0) + 1 };
    this.list.push(added);
    this.show(added);
    return added;
  }

  /** @param {Branch} branch */
  remove(branch) {
    if (!this.list.includes(branch)) return;
    this.list = this.list.filter((one) => one !== branch);
    if (this.current === branch) this.show(this.list.at(-1) ?? null);
  }

  /** @param {Branch | null} branch */
  show(branch) {
    this.current = branch;
    this.desk.widget.part("choices").hidden = true;
    this.place.replaceChildren();
    if (!branch) return;
    branch.samples.forEach((sample, number) => {
      const head = make("button", say("text.sample", { n: number + 1 }), { class: "sample-head" });
      head.addEventListener("click", () => this.#choose(number));
      const lead = make("span", lastOf(branch.prompt + branch.leadText, LEAD).trimStart(), { class: "lead" });
      const spans = sample.texts.map((text, i) => tokenSpan(text, sample.chances[i]));
      sample.body = holding(make("p", null, { class: "spans" }), lead, ...spans);
      const card = make("article", null, { class: "sample", "data-sample": number });
      this.place.append(holding(card, head, sample.body));
    });
    this.#choose(0);
    this.#showRow();
  }

  /** @param {number} number of a sample */
  #choose(number) {
    this.chosenSample = number;
    const several = (this.current?.samples.length ?? 0) > 1;
    [...this.place.children].forEach((card, i) => card.classList.toggle("on", several && i === number));
  }

  #showRow() {
    this.row.replaceChildren(...this.list.slice(-MOST_SHOWN).map((branch) => {
      const { id, parent, last, step } = branch;
      const at = step === this.desk.step ? "" : ` · ${say("text.at_step", { n: step })}`;
      const words = parent === null ? `${id}` : `${id} ← ${parent} ${named(last)}`;
      const title = say(parent === null ? "text.branch.first" : "text.branch.from", { n: parent ?? id });
      const chip = make("button", words + at, { class: "chip", title });
      chip.classList.toggle("on", branch === this.current);
      chip.addEventListener("click", () => this.show(branch));
      return chip;
    }));
    this.row.hidden = this.list.length < 2;
  }
}
