// Where the person is: which model, which position in its space, and the picture of it.
import { hear } from "../common/dom.js";
import { say } from "../common/language.js";
import { latest } from "../common/latest.js";
import { local } from "../common/storage.js";
import { blank, paint } from "./pictures.js";
import { copy, plain } from "./vectors.js";

/** @typedef {import("./types.js").Model} Model */
/** @typedef {import("./types.js").Pictures} Pictures */
/** @typedef {import("./types.js").Position} Position */
/** @typedef {import("./types.js").Seen} Seen */
/** @typedef {import("../common/widget.js").Widget<import("./types.js").Server>} Widget */

/**
 * Which model to open: at a step (null: its best one) and a position, which came from a seed.
 * @typedef {{ at?: number | null, position?: Partial<Position> | null, from?: number | null }} Wish
 */

const MOST_PAST = 200; // moves that can be undone
const SEEDS = 2 ** 31;

export const KEPT = "aigc-latent-run"; // the name of the run that was open last

export class Space {
  /** @type {Model | null} what the server said of it */
  current = null;
  step = 0;
  /** @type {Position} */
  point = plain([], null, []);
  /** @type {number | null} that the position came from; null once a slider has moved it */
  seed = null;
  /** @type {Seen | null} what was drawn last, for whoever keeps, saves or compares it */
  onScreen = null;
  /** @type {{ point: Position, seed: number | null }[]} */
  past = [];
  dragging = false; // a slider: however long it is dragged, it is one move

  /** @type {(() => void)[]} called when the position has changed */
  moved = [];
  /** @type {((another: boolean) => void)[]} called when a model is opened: another one, or at another step */
  opened = [];
  /** @type {(() => void)[]} called when that has its position, too */
  settled = [];
  /** @type {(z: number[]) => number[]} a new code, moved so that locked sliders stay where they are */
  heldStill = (z) => z;

  /** @type {Position | null} a position only looked at, while the mouse is over the map */
  #peek = null;
  /** @type {number | null} and at which step; null is the one in hand */
  #peekStep = null;
  #opening = 0; // the last one asked for wins
  #telling = false;

  /** @param {Widget} widget */
  constructor(widget) {
    this.widget = widget;
    this.refresh = latest(() => this.#draw());
    // A slider that is back where it was says no “change”: the hand that lets go ends the move, too.
    const letGo = () => void (this.dragging = false);
    for (const end of ["change", "keyup", "focusout"]) widget.root.addEventListener(end, letGo);
    hear(widget.element, ["pointerup", "pointercancel"], letGo);
  }

  /** The model that is open. */
  get model() {
    if (!this.current) throw new Error("no model is open");
    return this.current;
  }

  get open() {
    return this.current !== null;
  }

  /** The model and step in hand, for the server. */
  here() {
    return { run: this.model.run, step: this.step };
  }

  // -- moving ---------------------------------------------------------------------------------------------

  /**
   * Change the position.
   * @param {Partial<Position>} change
   * @param {{ fresh?: boolean, from?: number | null }} [how] fresh: the start of a new move, which undo goes back to
   */
  go(change, { fresh = true, from = null } = {}) {
    if (fresh) this.remember();
    this.point = { ...this.point, ...change };
    this.seed = from;
    void this.refresh();
    this.tellMoved();
  }

  /** Let undo go back to here. */
  remember() {
    this.past.push({ point: copy(this.point), seed: this.seed });
    if (this.past.length > MOST_PAST) this.past.shift();
  }

  /**
   * A move by a slider.
   * @param {Partial<Position>} change
   * @param {number | null} [from]
   */
  glide(change, from = null) {
    this.go(change, { fresh: !this.dragging, from });
    this.dragging = true;
  }

  undo() {
    const last = this.past.pop();
    if (!last) return;
    ({ point: this.point, seed: this.seed } = last);
    void this.refresh();
    this.tellMoved();
  }

  /**
   * Back to something seen before, as it was: at its own step.
   * @param {Seen} seen
   */
  async goBack(seen) {
    if (seen.step !== this.step) await this.openStep(seen.step);
    if (seen.step === this.step) this.go(copy(seen.point), { from: seen.seed });
  }

  /**
   * To where a new seed leads.
   * @param {number} [number]
   */
  async dice(number = Math.floor(Math.random() * SEEDS)) {
    const z = await this.widget.call("code_of_seed", { ...this.here(), seed: number });
    if (!z) return;
    const free = this.heldStill(z);
    this.go({ z: free }, { from: free === z ? number : null });
  }

  /**
   * On a journey: here, as drawn at a step.
   * @param {{ run: string, step: number }} where
   * @param {Position} point
   * @param {Pictures} picture
   */
  arrive(where, point, picture) {
    this.point = point;
    this.seed = null;
    this.#show({ run: where.run, step: where.step, point, seed: null, picture });
    this.tellMoved();
  }

  /** The controls follow at the next frame: the picture's request goes out first. */
  tellMoved() {
    if (this.#telling) return;
    this.#telling = true;
    requestAnimationFrame(() => {
      this.#telling = false;
      for (const tell of this.moved) tell();
    });
  }

  // -- drawing --------------------------------------------------------------------------------------------

  /**
   * Look at a place without going there; null is back.
   * @param {Position | null} position
   * @param {number | null} [moment]
   */
  look(position, moment = null) {
    this.#peek = position;
    this.#peekStep = moment;
    void this.refresh();
  }

  /** Look at no other place any more, without drawing: whoever says so moves there. */
  lookAway() {
    this.#peek = null;
  }

  async #draw() {
    if (!this.open || !this.widget.alive) return;
    const looking = this.#peek !== null;
    const { seed } = this;
    const point = this.#peek ?? this.point;
    const { run, step } = this.here();
    const at = looking ? (this.#peekStep ?? step) : step;
    const picture = await this.widget.call("draw", { run, step: at, points: [point] });
    if (picture) this.#show({ run, step: at, point, seed, picture }, looking);
  }

  /**
   * @param {Seen} seen
   * @param {boolean} [looking]
   */
  #show(seen, looking = false) {
    paint(this.widget.canvas("picture"), seen.picture);
    if (!looking) this.onScreen = seen;
    this.widget.root.dispatchEvent(new CustomEvent("drawn", { detail: seen.point })); // for whoever measures, too
  }

  // -- opening --------------------------------------------------------------------------------------------

  /**
   * Open a model; returns whether that is what is open now.
   * @param {string} run
   * @param {Wish} [wish]
   */
  async openModel(run, { at = null, position = null, from = 0 } = {}) {
    const { widget } = this;
    const mine = (this.#opening += 1);
    const described = await widget.call("describe", { run, step: at }, { complain: this.#complaining(mine) });
    if (!described || mine !== this.#opening) return false;
    const classes = described.class_names;
    const given = position && { ...plain([], null, classes), ...position };
    // Whether it is a position of this model, the core knows.
    const fits = given && (await widget.call("draw", { run, step: described.step, points: [given] }));
    if (mine !== this.#opening) return false;
    widget.message("");
    const another = this.current?.run !== described.run;
    this.#take(described);
    this.point = plain(Array(described.latent_size).fill(0), null, classes);
    this.past = [];
    this.seed = this.onScreen = this.#peek = null;
    local.setItem(KEPT, run);
    if (another) blank(widget.canvas("picture"));
    for (const tell of this.opened) tell(another);
    widget.part("halves").hidden = false;
    if (given && fits) this.go(given, { fresh: false, from });
    else {
      await this.dice(from ?? 0);
      this.past = [];
    }
    if (given && !fits) widget.message(say("latent.bad_link"));
    for (const tell of this.settled) tell();
    return true;
  }

  /**
   * The same position at another moment of the training.
   * @param {number} step
   */
  async openStep(step) {
    const mine = (this.#opening += 1);
    const asked = { run: this.model.run, step };
    const described = await this.widget.call("describe", asked, { complain: this.#complaining(mine) });
    if (!described || mine !== this.#opening) return;
    this.#take(described);
    for (const tell of this.opened) tell(false);
    void this.refresh();
    for (const tell of this.settled) tell();
  }

  /**
   * What went wrong is said while nothing else has been asked for.
   * @param {number} opening
   * @returns {(text: string) => void}
   */
  #complaining(opening) {
    return (text) => {
      if (opening === this.#opening) this.widget.message(text);
    };
  }

  /** @param {Model} described */
  #take(described) {
    this.widget.newEra();
    this.current = described;
    this.step = described.step;
  }
}
