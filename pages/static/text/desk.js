// Where the person writes: with which model, at which step of its training.
import { nameRun } from "../common/address.js";
import { say } from "../common/language.js";
import { local } from "../common/storage.js";

/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("../common/types.js").ModelRow} ModelRow */
/** @typedef {import("../common/widget.js").Widget<import("./types.js").Server>} Widget */

export const KEPT = "aigc-text-run"; // the name of the run that was open last

/** @param {ModelRow} model */
export function titleOf({ name, state, shipped }) {
  if (shipped) return `${name} · ${say("run.came_along.short")}`;
  return state === "running" ? `${name} · ${say("state.running")}` : name;
}

export class Desk {
  /** @type {ModelRow[]} */
  models = [];
  /** @type {Model | null} what the server said of it */
  current = null;
  step = 0;
  /** @type {((another: boolean) => void)[]} called when a model is opened: another one, or at another step */
  opened = [];
  /** @type {(() => void)[]} called when that failed, and the one before stays */
  notOpened = [];
  #opening = 0; // the last one asked for wins

  /** @param {Widget} widget */
  constructor(widget) {
    this.widget = widget;
  }

  /** The model that is open. */
  get model() {
    if (!this.current) throw new Error("no model is open");
    return this.current;
  }

  /** The model and step in hand, for the server. */
  here() {
    return { run: this.model.run, step: this.step };
  }

  /**
   * Open a model; returns whether that is what is open now.
   * @param {string} run
   * @param {number | null} [at] a step; null is the best one
   * @param {boolean} [byHand]
   */
  async openModel(run, at = null, byHand = true) {
    const { widget } = this;
    const halves = widget.part("halves");
    const mine = (this.#opening += 1);
    halves.inert = byHand; // nobody shall write with one model while another's name is shown
    /** @param {string} text */
    const complain = (text) => {
      if (mine === this.#opening) widget.message(text);
    };
    const described = await widget.call("describe", { run, step: at }, { complain });
    if (mine !== this.#opening) return false;
    halves.inert = false;
    if (!described) {
      for (const tell of this.notOpened) tell();
      return false;
    }
    widget.message("");
    const another = this.current?.run !== described.run;
    widget.newEra();
    widget.renew(); // what was said of the model before
    this.current = described;
    this.step = described.step;
    local.setItem(KEPT, run);
    nameRun(run);
    halves.hidden = false;
    for (const tell of this.opened) tell(another);
    return true;
  }
}
