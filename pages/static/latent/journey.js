// Journeys through kept pictures.
import { findAll, make } from "../common/dom.js";
import { download } from "../common/files.js";
import { work } from "../common/jobs.js";
import { labelLanguage, say } from "../common/language.js";
import { latest } from "../common/latest.js";
import { removable } from "./shelf.js";

/** @typedef {import("./types.js").Seen} Seen */

const MOST_STOPS = 8;
const USUAL_S = 4; // of a journey

export class Journey {
  /** @type {Seen[]} */
  stops = [];
  /** @type {number | null} when the journey under way began */
  travelling = null;

  /**
   * @param {import("./space.js").Space} space
   * @param {import("./shelf.js").Shelf} shelf
   */
  constructor(space, shelf) {
    this.space = space;
    this.widget = space.widget;
    this.way = this.widget.input("journey-part");
    this.kind = this.widget.select("journey-kind");
    this.arrive = latest(() => this.#arrive());
    this.#hearButtons(shelf);
    space.opened.push((another) => {
      this.travelling = null;
      if (another) this.#setStops([]);
    });
  }

  /** @param {import("./shelf.js").Shelf} shelf */
  #hearButtons(shelf) {
    const { widget, space, way } = this;
    widget.button("journey-play").addEventListener("click", () => void this.#play());
    way.addEventListener("input", () => {
      void this.#depart(Number(way.value));
      space.dragging = true;
    });
    this.kind.addEventListener("change", () => void this.#depart(Number(way.value)));
    widget.button("journey-add").addEventListener("click", () => {
      if (space.onScreen) this.#add([space.onScreen]);
    });
    widget.button("journey-shelf").addEventListener("click", () => this.#add(shelf.kept));
    widget.button("journey-clear").addEventListener("click", () => this.#setStops([]));
    for (const save of this.#saves)
      save.addEventListener("click", () => void this.#save(save.dataset.save ?? ""));
  }

  get #saves() {
    return findAll(this.widget.root, "[data-save]", HTMLButtonElement);
  }

  get #seconds() {
    return Number(this.widget.input("journey-seconds").value);
  }

  // -- stops ----------------------------------------------------------------------------------------------

  /** @param {Seen[]} more */
  #add(more) {
    const all = [...this.stops, ...more];
    if (all.length > MOST_STOPS) this.widget.message(say("journey.full"), false);
    this.#setStops(all.slice(0, MOST_STOPS));
  }

  /** @param {Seen[]} stops */
  #setStops(stops) {
    this.stops = stops;
    const last = stops.length - 1;
    const few = stops.length < 2;
    const boxes = stops.map((stop, i) => {
      const leave = () => this.#setStops(this.stops.filter((_, k) => k !== i));
      return removable(stop, String(i + 1), () => void this.#depart(few ? 0 : i / last), leave);
    });
    const hint = make("span", say("journey.few"), { class: "quiet" });
    this.widget.part("stops").replaceChildren(...boxes, ...(few ? [hint] : []));
    for (const one of [...this.#saves, this.widget.button("journey-play"), this.way]) one.disabled = few;
  }

  // -- travelling -----------------------------------------------------------------------------------------

  /**
   * Go to a place on the way: one move, whatever happens until there.
   * @param {number} place from 0 to 1
   */
  #depart(place) {
    if (this.stops.length > 1 && !this.space.dragging) this.space.remember();
    this.travelling = null;
    return this.#travel(place);
  }

  /** @param {number} place */
  #travel(place) {
    this.way.value = String(place);
    return this.arrive();
  }

  async #arrive() {
    const { space, widget } = this;
    if (this.stops.length < 2 || !widget.alive) return;
    const where = space.here();
    const before = space.point;
    const stops = this.stops.map((one) => one.point);
    const asked = { ...where, stops, part: Number(this.way.value), kind: this.kind.value };
    const arrived = await widget.call("journey", asked);
    if (space.point !== before) this.travelling = null; // moved by hand meanwhile
    else if (arrived) space.arrive(where, arrived.point, arrived.picture);
  }

  async #play() {
    if (this.travelling !== null) {
      this.travelling = null;
      return;
    }
    this.space.remember();
    const started = (this.travelling = performance.now());
    const length = 1000 * (this.#seconds || USUAL_S);
    while (this.travelling === started && this.widget.alive) {
      const place = Math.min(1, (performance.now() - started) / length);
      await this.#travel(place);
      if (place === 1) break;
      await new Promise(requestAnimationFrame);
    }
    if (this.travelling === started) this.travelling = null;
  }

  /** @param {string} form */
  async #save(form) {
    const { widget } = this;
    const asked = {
      ...this.space.here(), form, stops: this.stops.map((one) => one.point), kind: this.kind.value,
      seconds: this.#seconds, label: labelLanguage(widget.input("label")),
    };
    const file = await work(widget, "film", asked, widget.part("journey-job"));
    if (file) download(file);
  }
}
