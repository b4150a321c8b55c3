// The map: a plane of the space as thumbnails, the classes' clouds on it, and the training's history of it.
import { dot as drawDot, penOf } from "../common/chart.js";
import { make, offer } from "../common/dom.js";
import { bytesOf } from "../common/files.js";
import { say } from "../common/language.js";
import { latest } from "../common/latest.js";
import { Scrubber } from "../common/scrubber.js";
import { className, titleOf } from "./names.js";
import { blank, imageOf } from "./pictures.js";
import { added, coordinates, outside, unit } from "./vectors.js";

/** @typedef {import("./types.js").Cloud} Cloud */
/** @typedef {import("./space.js").Space} Space */
/** @typedef {import("./sliders.js").Sliders} Sliders */
/** @typedef {[u: number[], v: number[]]} Axes */

const SIDE = 17; // thumbnails along an edge
const MOST_SHEETS = 60;
const PLAY_MS = 700;
const COLOURS = [
  "#e6194b", "#3cb44b", "#ffe119", "#4363d8", "#f58231", "#b455ff", "#42d4f4", "#f032e6", "#bfef45", "#fabed4",
];

export class SpaceMap {
  /** @type {Map<string, HTMLCanvasElement>} sheets of thumbnails, by everything that they depend on */
  sheets = new Map();
  /** @type {Map<string, Cloud | null>} by run and step */
  clouds = new Map();
  /** @type {number | null} which moment of the training is shown; null is the one in hand */
  moment = null;

  /**
   * @param {Space} space
   * @param {Sliders} sliders
   */
  constructor(space, sliders) {
    this.space = space;
    this.sliders = sliders;
    this.widget = space.widget;
    this.canvas = space.widget.canvas("map");
    this.draw = latest(() => this.#draw());
    this.scrubber = new Scrubber(this.widget.input("map-step"), PLAY_MS, (place) => this.#showMoment(place));
    this.#hearHand();
    this.#hearChoices();
    sliders.changed.push(() => this.#offerDirections());
    space.moved.push(() => {
      if (!this.scrubber.playing) void this.draw();
    });
    space.opened.push((another) => {
      if (another) {
        this.sheets.clear();
        this.clouds.clear();
        this.scrubber.stop();
        blank(this.canvas);
        this.widget.part("map-legend").replaceChildren();
      }
      this.moment = null;
      this.widget.part("axes").hidden = this.#flat;
      this.showHistory();
    });
  }

  get #flat() {
    return this.space.model.latent_size === 2;
  }

  get #reach() {
    return Number(this.widget.input("reach").value);
  }

  /** @returns {Axes | null} */
  #axes() {
    if (this.#flat) return [unit(2, 0), unit(2, 1)];
    const [u, v] = ["across", "up"].map((role) => this.sliders.vectorOf(this.widget.select(role).value));
    return u && v ? [u, v] : null;
  }

  // -- drawing --------------------------------------------------------------------------------------------

  async #draw() {
    const { space, canvas } = this;
    if (!space.open || !this.widget.alive || this.widget.panel("map").hidden) return;
    const axes = this.#axes();
    if (!axes) return;
    const { run } = space.model;
    const moment = this.moment ?? space.step;
    const sheet = await this.#sheetAt(moment, axes);
    const cloud = await this.#cloudAt(moment);
    if (!sheet || space.model.run !== run) return;
    const pen = penOf(canvas);
    pen.imageSmoothingEnabled = true;
    pen.drawImage(sheet, 0, 0, canvas.width, canvas.height);
    this.#drawCloud(cloud, axes);
    const [x, y] = this.#pixelOf(space.point.z, axes);
    pen.lineWidth = 3;
    for (const [radius, colour] of /** @type {const} */ ([[9, "#000"], [6, "#fff"]])) {
      pen.strokeStyle = colour;
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  /**
   * Where a code lies on the canvas. The outermost thumbnails are centred on ±reach: half a thumbnail lies beyond.
   * @param {number[]} z
   * @param {Axes} axes
   */
  #pixelOf(z, axes) {
    const size = this.canvas.width;
    const [a, b] = coordinates(z, ...axes);
    return [a, -b].map((value) => (size / 2) * (1 + ((value / this.#reach) * (SIDE - 1)) / SIDE));
  }

  /**
   * @param {Cloud | null} cloud
   * @param {Axes} axes
   */
  #drawCloud(cloud, axes) {
    const legend = this.widget.part("map-legend");
    this.widget.part("cloud-check").hidden = !cloud;
    legend.replaceChildren();
    if (!cloud || !this.widget.input("cloud-shown").checked) return;
    const pen = penOf(this.canvas);
    cloud.codes.forEach((code, i) => {
      const [x, y] = this.#pixelOf(code, axes);
      pen.fillStyle = COLOURS[cloud.labels[i] % COLOURS.length];
      drawDot(pen, x, y, 3.4);
    });
    cloud.names.forEach((name, i) => {
      const entry = make("span", className(name));
      entry.prepend(make("i", null, { style: `background: ${COLOURS[i % COLOURS.length]}` }));
      legend.append(entry);
    });
    legend.append(make("span", say(cloud.real ? "map.cloud.real" : "map.cloud.made"), { class: "quiet" }));
  }

  /**
   * The thumbnails of a moment; null where there are none now. They change with what lies outside the plane, only.
   * @param {number} moment
   * @param {Axes} axes
   */
  async #sheetAt(moment, [u, v]) {
    const { space } = this;
    const { point } = space;
    const reach = this.#reach;
    const still = this.#flat ? null : outside(point.z, u, v).map((value) => value.toFixed(3));
    const key = JSON.stringify([space.model.run, moment, reach, { ...point, z: null }, still, u, v]);
    const kept = this.sheets.get(key);
    if (kept) return kept;
    const origin = { ...point, z: this.#flat ? [0, 0] : point.z };
    const asked = { ...space.here(), step: moment, origin, across: u, up: v, reach, side: SIDE };
    const drawn = await this.widget.call("plane", asked);
    if (!drawn) return null;
    const [, height, width] = drawn.shape;
    const bytes = bytesOf(drawn.pixels);
    const sheet = make("canvas", null, { width: SIDE * width, height: SIDE * height });
    for (let i = 0; i < SIDE * SIDE; i++)
      penOf(sheet).putImageData(imageOf(drawn, i, bytes), (i % SIDE) * width, Math.floor(i / SIDE) * height);
    const [oldest] = this.sheets.keys();
    if (this.sheets.size > MOST_SHEETS) this.sheets.delete(oldest);
    this.sheets.set(key, sheet);
    return sheet;
  }

  /** @param {number} moment */
  async #cloudAt(moment) {
    const key = `${this.space.model.run}|${moment}`;
    const kept = this.clouds.get(key);
    if (kept !== undefined) return kept;
    const cloud = await this.widget.call("cloud", { ...this.space.here(), step: moment });
    if (cloud === undefined) return null; // no answer came: ask again next time
    this.clouds.set(key, cloud);
    return cloud;
  }

  // -- pointing -------------------------------------------------------------------------------------------

  /**
   * The position that an event points at.
   * @param {MouseEvent} event
   * @param {Axes} axes
   */
  #placeAt(event, [u, v]) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const stretch = (this.#reach * SIDE) / (SIDE - 1);
    const a = ((2 * (event.clientX - left)) / width - 1) * stretch;
    const b = (1 - (2 * (event.clientY - top)) / height) * stretch;
    const { z } = this.space.point;
    const [now, up] = coordinates(z, u, v);
    return added(added(z, u, a - now), v, b - up);
  }

  #hearHand() {
    const { canvas, space } = this;
    canvas.addEventListener("pointermove", (event) => {
      const axes = space.open && this.#axes();
      if (axes) space.look({ ...space.point, z: this.#placeAt(event, axes) }, this.moment);
    });
    canvas.addEventListener("pointerleave", () => {
      if (space.open) space.look(null);
    });
    canvas.addEventListener("click", async (event) => { // to what is seen when pointing there: at that step, too
      const axes = space.open && this.#axes();
      if (!axes) return;
      const z = this.#placeAt(event, axes);
      const moment = this.moment ?? space.step;
      space.lookAway();
      if (moment !== space.step) await space.openStep(moment);
      if (moment === space.step) space.go({ z });
    });
  }

  #hearChoices() {
    const { widget } = this;
    const chosen = [widget.select("across"), widget.select("up"), widget.input("cloud-shown")];
    for (const one of chosen) one.addEventListener("change", () => void this.draw());
    const tellReach = () => void (widget.part("reach-shown").textContent = `±${this.#reach}`);
    widget.input("reach").addEventListener("input", () => {
      tellReach();
      void this.draw();
    });
    tellReach();
    const play = widget.button("map-play");
    play.addEventListener("click", async () => {
      if (this.scrubber.playing) {
        this.scrubber.stop();
        return;
      }
      play.textContent = say("map.stop");
      await this.scrubber.play();
      play.textContent = say("map.play");
    });
  }

  #offerDirections() {
    const { widget, sliders } = this;
    const { named, directions: { found } } = sliders;
    if (!this.#flat)
      ["across", "up"].forEach((role, i) => {
        const list = widget.select(role);
        const before = list.value;
        offer(list, named.map((one) => [one.id, titleOf(one)]));
        list.value = named.some((one) => one.id === before) ? before : ((found[i] ?? named[0])?.id ?? "");
      });
    void this.draw();
  }

  // -- the history of the map -----------------------------------------------------------------------------

  /** @param {number} place */
  #showMoment(place) {
    this.moment = this.space.model.steps[place];
    this.widget.part("map-step-shown").textContent = String(this.moment);
    return this.draw();
  }

  showHistory() {
    const { model: { steps }, step } = this.space;
    this.widget.part("history").hidden = steps.length < 2;
    this.scrubber.offer(steps.length, steps.indexOf(step));
    this.widget.part("map-step-shown").textContent = String(step);
  }
}
