// One token: what else could have stood there, before and after the knobs; choosing another one is a new branch.
import { holding, make } from "../common/dom.js";
import { question } from "../common/help.js";
import { say } from "../common/language.js";
import { latest } from "../common/latest.js";
import { lastOf, named, percent, visible } from "./tokens.js";

/** @typedef {import("./types.js").Alternatives} Alternatives */
/** @typedef {import("./writing.js").Branch} Branch */

const SHOWN_BEFORE = 24; // characters

/**
 * The token that is looked at: of which branch, in which of its samples, at which place.
 * @typedef {{ branch: Branch, number: number, place: number }} Looked
 */

export class Choices {
  /** @type {Looked | null} */
  looked = null;

  /**
   * @param {import("./writing.js").Writing} writing
   * @param {import("./knobs.js").Knobs} knobs
   */
  constructor(writing, knobs) {
    this.writing = writing;
    this.knobs = knobs;
    this.widget = writing.widget;
    this.box = this.widget.part("choices");
    this.show = latest(() => this.#show());
    writing.branches.pressed = (branch, number, place, span) => {
      for (const one of this.widget.all(".token.looked")) one.classList.remove("looked");
      span.classList.add("looked");
      this.looked = { branch, number, place };
      void this.show();
    };
    knobs.turned.push(() => {
      if (!this.box.hidden) void this.show();
    });
    writing.desk.opened.push(() => {
      this.looked = null;
      this.box.hidden = true;
    });
  }

  async #show() {
    const { looked, writing } = this;
    if (!looked) return;
    const { branch, number, place } = looked;
    const { tokens } = branch.samples[number];
    const beginning = { prompt: branch.prompt, chosen: [...branch.chosen, ...tokens.slice(0, place)] };
    const asked = { ...writing.there(), beginning, knobs: this.knobs.values(), chosen: tokens[place] };
    const found = await this.widget.call("alternatives", asked);
    if (found && looked === this.looked) this.#draw(found, looked);
  }

  /**
   * @param {Alternatives} found
   * @param {Looked} looked
   */
  #draw({ tokens, kept, entropy }, looked) {
    const { branch, number, place } = looked;
    const { texts } = branch.samples[number];
    const before = texts.slice(0, place).join("") || branch.prompt + branch.leadText;
    const text = visible(lastOf(before, SHOWN_BEFORE)).replaceAll("\n", "");
    this.box.hidden = false;
    this.widget.part("choices-title").replaceChildren(say("choices.title", { text }), question("choices.help"));
    const rounded = { entropy: entropy.toFixed(2), choices: Math.exp(entropy).toFixed(1) };
    this.widget.part("choices-about").textContent = say("choices.about", { kept, ...rounded });
    const head = holding(
      make("div", null, { class: "choice head" }),
      make("b", say("choices.token")),
      make("span", null, { class: "bars" }),
      make("span", say("choices.before")),
      make("span", say("choices.after"), { class: "after" }),
    );
    this.widget.part("choices-list").replaceChildren(head, ...tokens.map((one) => this.#row(one, looked)));
  }

  /**
   * @param {Alternatives["tokens"][number]} token
   * @param {Looked} looked
   */
  #row(token, looked) {
    const { id, text, before, after } = token;
    const { branch, number, place } = looked;
    const row = make("button", null, { class: "choice", "data-token": id, title: say("choices.branch") });
    row.classList.toggle("on", id === branch.samples[number].tokens[place]);
    row.classList.toggle("out", after === 0);
    row.addEventListener("click", () => this.#branchOff(token, looked));
    const bars = holding(
      make("span", null, { class: "bars" }),
      make("i", null, { style: `width: ${100 * before}%` }),
      make("i", null, { class: "after", style: `width: ${100 * after}%` }),
    );
    const chances = [make("span", percent(before)), make("span", percent(after), { class: "after" })];
    return holding(row, make("b", named(text)), bars, ...chances);
  }

  /**
   * @param {{ id: number, text: string }} token
   * @param {Looked} looked
   */
  #branchOff({ id, text }, { branch, number, place }) {
    if (this.writing.busy) return;
    const { tokens, texts } = branch.samples[number];
    this.looked = null;
    void this.writing.writeBranch({
      prompt: branch.prompt,
      chosen: [...branch.chosen, ...tokens.slice(0, place), id],
      leadText: branch.leadText + texts.slice(0, place).join("") + text,
      last: text,
      parent: branch.id,
    }, 1);
  }
}
