// Running an experiment: one request at a time; what was turned meanwhile goes with the next one.
import { copied, pause } from "../common/dom.js";
import { say, sentence } from "../common/language.js";
import { latest } from "../common/latest.js";
import { Curves } from "./curves.js";
import { drawByHand } from "./drawing.js";
import { Plane } from "./plane.js";

/** @typedef {import("./controls.js").Controls} Controls */
/** @typedef {import("./types.js").View} View */
/** @typedef {import("./types.js").Which} Which */
/** @typedef {import("../common/widget.js").Widget<import("./types.js").Server>} Widget */

/**
 * @template Value
 * @typedef {import("../common/types.js").Answer<Value>} Answer
 */

const SPEEDS = [
  { wait: 1000, steps: 1 }, { wait: 250, steps: 1 }, { wait: 0, steps: 1 }, { wait: 0, steps: 4 },
  { wait: 0, steps: 16 }, { wait: 0, steps: 50 }, { wait: 0, steps: 200 },
];
const PICTURE_MS = 50; // pictures come no faster than that

export class LabPage {
  /** @type {string | null} */
  lab = null;
  /** @type {View | null} */
  shown = null;
  playing = false;
  pictures = 0; // drawn so far, for tests and benchmarks

  /**
   * @param {Widget} widget
   * @param {Controls} controls
   */
  constructor(widget, controls) {
    this.widget = widget;
    this.controls = controls;
    this.plane = new Plane(widget);
    this.curves = new Curves(widget);
    this.look = latest((/** @type {number} */ steps, /** @type {Which} */ which) => this.#look(steps, which));
    controls.changed = () => {
      if (this.lab && !this.playing) void this.look(0, "both");
    };
    drawByHand(this.plane, controls);
    this.#hearButtons();
    this.#tellPlay();
    this.#tellSpeed();
  }

  state() {
    const { lab, playing, pictures, shown: view, controls: { settings, hidden } } = this;
    return { lab, settings, playing, pictures, view, hidden: [...hidden] };
  }

  #hearButtons() {
    const { widget } = this;
    widget.input("speed").addEventListener("input", () => this.#tellSpeed());
    widget.button("play").addEventListener("click", () => void this.#play());
    const steps = /** @type {const} */ ([["step", "both"], ["step-d", "d"], ["step-g", "g"]]);
    for (const [name, which] of steps)
      widget.button(name).addEventListener("click", () => {
        this.#halt();
        void this.look(1, which);
      });
    widget.button("again").addEventListener("click", async () => {
      this.lab = null;
      this.#take(await this.#open());
    });
    for (const one of ["heat", "manifold", "arrows"])
      widget.input(one).addEventListener("change", () => {
        if (this.shown) this.#draw(this.shown);
      });
    widget.button("link").addEventListener("click", async () => {
      const link = `${location.origin}${this.controls.address()}`;
      const kept = await copied(link);
      widget.message(kept ? say("lab.link.copied") : link, !kept);
    });
  }

  // -- opening --------------------------------------------------------------------------------------------

  async begin() {
    const answer = await this.#open();
    this.#take(answer);
    if (!answer || answer.ok) return;
    this.controls.reset(); // the address says something impossible
    const again = await this.#open();
    if (again?.ok) this.#show(again.value);
  }

  /**
   * A new experiment; the server forgets those that were long left alone, or was started anew.
   * @returns {Promise<Answer<View> | null>}
   */
  async #open() {
    const answer = await this.widget.server.begin({ settings: this.controls.settings }).catch(() => null);
    if (!answer?.ok) return answer;
    this.lab = answer.value.lab;
    this.curves.forget();
    return { ok: true, value: answer.value.view };
  }

  // -- moving on ------------------------------------------------------------------------------------------

  /**
   * @param {number} steps
   * @param {Which} which
   */
  async #look(steps, which) {
    const { lab, controls: { settings } } = this;
    let answer = await this.widget.server.advance({ lab: lab ?? "", settings, steps, which }).catch(() => null);
    if (answer && !answer.ok && answer.error.key === "lab.gone") answer = await this.#open();
    this.#take(answer);
    if (!answer?.ok) this.#halt();
    else {
      this.widget.message(answer.value.finite ? "" : say("lab.not_finite"));
      if (!answer.value.finite) this.#halt();
      this.pictures += 1;
    }
  }

  async #play() {
    this.playing = !this.playing;
    this.#tellPlay();
    while (this.playing && this.widget.alive) {
      const begun = performance.now();
      const { wait, steps } = this.#speed();
      if (!document.hidden) await this.look(steps, "both");
      await pause(Math.max(0, Math.max(wait, PICTURE_MS) - (performance.now() - begun)));
    }
  }

  #halt() {
    this.playing = false;
    this.#tellPlay();
  }

  // -- showing --------------------------------------------------------------------------------------------

  /** @param {Answer<View> | null} answer */
  #take(answer) {
    if (answer?.ok) this.#show(answer.value);
    else this.widget.message(answer ? sentence(answer.error) : say("watch.lost"));
  }

  /** @param {View} view */
  #show(view) {
    this.shown = view;
    this.curves.add(view);
    this.#draw(view);
  }

  /** @param {View} view */
  #draw(view) {
    const vae = this.controls.settings.model === "vae";
    this.plane.draw(view, vae);
    this.curves.draw(view, vae);
  }

  #speed() {
    return SPEEDS[Number(this.widget.input("speed").value)];
  }

  #tellSpeed() {
    const { wait, steps } = this.#speed();
    const said = wait ? say("lab.speed.slow", { n: 1000 / wait }) : say("lab.speed.steps", { n: steps });
    this.widget.part("speed-shown").textContent = said;
  }

  #tellPlay() {
    this.widget.button("play").textContent = say(this.playing ? "lab.pause" : "lab.play");
  }
}
