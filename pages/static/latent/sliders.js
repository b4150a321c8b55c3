// The sliders: directions with a meaning first, raw numbers underneath. Each shows where the position lies along its
// direction, in standard deviations of the code.
import { findAll, holding, make, pause } from "../common/dom.js";
import { question } from "../common/help.js";
import { work } from "../common/jobs.js";
import { say } from "../common/language.js";
import { titleOf } from "./names.js";
import { added, dot, unit } from "./vectors.js";

/** @typedef {import("./types.js").Direction} Direction */
/** @typedef {import("./types.js").Directions} Directions */
/** @typedef {import("./space.js").Space} Space */

/**
 * @typedef {object} Row
 * @property {Direction} direction
 * @property {HTMLInputElement} slider
 * @property {HTMLElement} shown
 * @property {HTMLInputElement} lock
 * @property {HTMLDetailsElement} box that it stands in
 */

const REACH = 4;
const ROUNDS = 30; // of correcting for locked directions, which need not be perpendicular
const ALIKE = 0.99; // of two directions
const HAND_MS = 200; // between two looks whether the hand has let go
/** @type {Directions} */
const NONE = { found: [], learned: null, own: [] };

export class Sliders {
  directions = NONE;
  /** @type {Row[]} */
  rows = [];
  naming = false;
  /** @type {(() => void)[]} called when there are other directions */
  changed = [];

  /** @param {Space} space */
  constructor(space) {
    this.space = space;
    this.widget = space.widget;
    space.heldStill = (z) => this.#heldStill(z);
    space.moved.push(() => this.#showCoordinates());
    space.settled.push(() => void this.load());
    space.opened.push((another) => {
      space.dragging = this.naming = false;
      if (!another) return;
      this.directions = NONE;
      this.rows = [];
      this.widget.part("groups").replaceChildren(make("p", say("sliders.wait"), { class: "quiet" }));
    });
  }

  /** Those with a meaning. */
  get named() {
    const { learned, own, found } = this.directions;
    return [...(learned ?? []), ...own, ...found];
  }

  /** @param {number[]} z */
  #heldStill(z) {
    const locked = this.rows.filter((row) => row.lock.checked).map((row) => row.direction.vector);
    if (!locked.length) return z;
    const { point } = this.space;
    let free = z;
    for (let round = 0; round < ROUNDS; round++)
      for (const vector of locked) free = added(free, vector, dot(point.z, vector) - dot(free, vector));
    return free;
  }

  async load() {
    const answer = await this.widget.call("directions", this.space.here());
    if (!answer) return;
    while (this.space.dragging || this.naming) await pause(HAND_MS); // never under a person's hand
    this.directions = answer;
    const locked = this.rows.filter((row) => row.lock.checked).map((row) => row.direction);
    this.#build();
    for (const { lock, direction } of this.rows) // a found direction may be another one at another step
      lock.checked = locked.some((one) => one.id === direction.id && dot(one.vector, direction.vector) > ALIKE);
    this.#showCoordinates();
    for (const tell of this.changed) tell();
  }

  // -- drawing --------------------------------------------------------------------------------------------

  #build() {
    const { learned, own, found } = this.directions;
    const size = this.space.model.latent_size;
    const groups = this.widget.part("groups");
    const open = new Set(findAll(groups, "details[open]", HTMLElement).map((one) => one.dataset.group));
    const first = open.size === 0;
    this.rows = [];
    groups.replaceChildren();
    const box = this.#group("learned", learned ?? [], first || open.has("learned"));
    if (!learned) box.append(this.#learnButton());
    else if (!learned.length) box.append(make("p", say("sliders.learned.none"), { class: "quiet" }));
    if (own.length) this.#group("own", own, true);
    this.#group("found", found, first || open.has("found"));
    const raw = Array.from({ length: size }, (_, i) => rawDirection(size, i));
    this.#group("raw", raw, open.has("raw") || size === 2);
  }

  /**
   * @param {string} kind
   * @param {Direction[]} list
   * @param {boolean} open
   */
  #group(kind, list, open) {
    const box = make("details", null, { "data-group": kind });
    box.open = open;
    box.addEventListener("toggle", () => this.#showCoordinates());
    const head = holding(make("summary", say(`sliders.${kind}`)), question(`sliders.${kind}.help`));
    const lines = list.map((direction) => this.#line(direction, box));
    this.widget.part("groups").append(holding(box, head, holding(make("div", null, { class: "sliders" }), ...lines)));
    return box;
  }

  /**
   * @param {Direction} direction
   * @param {HTMLDetailsElement} box
   */
  #line(direction, box) {
    const title = titleOf(direction);
    const locking = say("sliders.lock");
    const lock = make("input", null, { type: "checkbox", class: "lock", title: locking, "aria-label": locking });
    const name = make("span", title, { class: "name", title }); // whole, where it is cut
    if (direction.quality != null) {
      const percent = Math.round(100 * direction.quality);
      name.title += `\n${say(`sliders.quality.${direction.kind}`, { percent })}`;
    }
    const slider = this.#slider(direction, title);
    const shown = make("b");
    this.rows.push({ direction, slider, shown, lock, box });
    const line = make("div", null, { class: "slider", "data-direction": direction.id });
    return holding(line, lock, name, slider, shown, this.#tool(direction, name));
  }

  /**
   * @param {Direction} direction
   * @param {string} title
   */
  #slider({ vector }, title) {
    const { space } = this;
    const range = { type: "range", min: -REACH, max: REACH, step: 0.01 };
    const slider = make("input", null, { ...range, "aria-label": title });
    slider.addEventListener("input", () => {
      const { z } = space.point;
      space.glide({ z: added(z, vector, Number(slider.value) - dot(z, vector)) });
    });
    slider.addEventListener("dblclick", () => {
      const { z } = space.point;
      space.go({ z: added(z, vector, -dot(z, vector)) });
    });
    return slider;
  }

  /**
   * What forgets a direction of one's own, or gives another one a name.
   * @param {Direction} direction
   * @param {HTMLElement} name
   */
  #tool(direction, name) {
    const own = direction.kind === "own";
    const title = say(own ? "sliders.forget" : "sliders.name");
    const tool = make("button", own ? "×" : "✎", { class: "tool", title });
    tool.addEventListener("click", () => void (own ? this.#forget(direction) : this.#nameIt(direction, name)));
    return tool;
  }

  #showCoordinates() {
    const { point, dragging } = this.space;
    for (const { direction, slider, shown, box } of this.rows) {
      if (!box.open) continue; // seen to when it is opened
      const value = dot(point.z, direction.vector);
      if (document.activeElement !== slider || !dragging) slider.value = String(value);
      shown.textContent = value.toFixed(2);
    }
  }

  // -- directions of one's own, and learned ones ----------------------------------------------------------

  /** @param {Direction} direction */
  async #forget({ id }) {
    if (await this.widget.call("forget_direction", { ...this.space.here(), id })) await this.load();
  }

  /**
   * Name a direction in place: Enter keeps it with the run, Escape leaves it.
   * @param {Direction} direction
   * @param {HTMLElement} label
   */
  #nameIt({ vector }, label) {
    const hint = say("sliders.name.hint");
    const field = make("input", null, { type: "text", maxlength: 60, placeholder: hint, class: "naming" });
    label.replaceWith(field);
    field.focus();
    this.naming = true;
    let over = false;
    /** @param {boolean} keep */
    const end = async (keep) => {
      if (over || !field.isConnected) return;
      over = true;
      this.naming = false;
      field.replaceWith(label);
      const values = { ...this.space.here(), name: field.value, vector };
      if (keep && field.value.trim() && (await this.widget.call("name_direction", values))) await this.load();
    };
    field.addEventListener("keydown", ({ key }) => {
      if (key === "Enter" || key === "Escape") void end(key === "Enter");
    });
    field.addEventListener("blur", () => void end(true));
  }

  #learnButton() {
    const start = make("button", say("sliders.learn"), { class: "main", "data-do": "learn" });
    const box = holding(make("div", null, { class: "row" }), start);
    start.addEventListener("click", async () => {
      const { era } = this.widget;
      if (await work(this.widget, "learn", this.space.here(), box)) await this.load();
      else if (era === this.widget.era) this.#build();
    });
    return box;
  }

  /**
   * The direction of this id, or undefined.
   * @param {string} id
   */
  vectorOf(id) {
    if (id.startsWith("raw-")) return unit(this.space.model.latent_size, Number(id.slice(4)));
    return this.named.find((one) => one.id === id)?.vector;
  }
}

/**
 * @param {number} size of the code
 * @param {number} i
 * @returns {Direction}
 */
const rawDirection = (size, i) => ({ id: `raw-${i}`, kind: "raw", name: `z${i + 1}`, vector: unit(size, i) });
