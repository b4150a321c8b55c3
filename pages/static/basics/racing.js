// The race of the optimisers: each one's way over a surface, step by step.
import { dot, penOf, sheetOf, stroke } from "../common/chart.js";
import { holding, make, offer } from "../common/dom.js";
import { number, say } from "../common/language.js";

/** @typedef {import("./types.js").Race} Race */

const STEPS = 150;
const FRAME_MS = 40;
const LEAST_HEIGHT = 0.001;
const SHADES = 14;
/** @type {Record<string, string>} */
const COLOURS = {
  gradient: "#2563eb", momentum: "#ea580c", adam: "#059669", adam_uncorrected: "#9333ea", adam_without_root: "#db2777",
};

export class Racing {
  races = 0; // that were asked for: the newest wins
  /** @type {Race | null} */
  race = null;
  frame = 0;
  /** @type {Ground | null} */
  ground = null;
  timer = 0;

  /**
   * @param {import("./draw.js").Widget} widget
   * @param {string[]} surfaces
   */
  constructor(widget, surfaces) {
    this.widget = widget;
    this.surface = widget.select("surface");
    this.rate = widget.input("rate");
    offer(this.surface, surfaces.map((one) => [one, say(`basics.surface.${one}`)]));
    widget.button("race").addEventListener("click", () => void this.run());
    this.surface.addEventListener("change", () => void this.run());
    this.rate.addEventListener("input", () => void this.#tellRate());
    this.rate.addEventListener("change", () => void this.run());
    void this.run();
  }

  /** The learning rate that is chosen, shown beside its slider. */
  #tellRate() {
    const rate = 10 ** (Number(this.rate.value) / 10);
    this.widget.part("rate-shown").textContent = number(rate);
    return rate;
  }

  async run() {
    const lr = this.#tellRate();
    const mine = (this.races += 1);
    const race = await this.widget.call("race", { surface: this.surface.value, lr, steps: STEPS });
    if (!race || mine !== this.races) return;
    clearInterval(this.timer);
    this.race = race;
    this.frame = 0;
    this.draw();
    this.timer = window.setInterval(() => {
      this.frame += 1;
      this.draw();
      if (this.frame >= STEPS || !this.widget.alive) clearInterval(this.timer);
    }, FRAME_MS);
  }

  draw() {
    if (!this.race) return;
    this.#drawSurface(this.race);
    this.#tell(this.race);
  }

  /** @param {Race} race */
  #drawSurface({ map, reach, lowest, paths }) {
    const sheet = sheetOf(this.widget.canvas("surface-map"));
    if (!sheet) return;
    const { pen, width, height } = sheet;
    const dark = document.body.classList.contains("dark");
    if (this.ground?.map !== map || this.ground.dark !== dark) this.ground = groundOf(map, dark);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.ground.canvas, 0, 0, width, height);
    /** @type {(place: [number, number]) => [number, number]} */
    const at = ([a, b]) => [(width * (a + reach)) / (2 * reach), height - (height * (b + reach)) / (2 * reach)];
    if (lowest) {
      Object.assign(pen, { fillStyle: dark ? "#fff" : "#000", font: "20px system-ui" });
      Object.assign(pen, { textAlign: "center", textBaseline: "middle" });
      pen.fillText("★", ...at(lowest));
    }
    for (const [racer, path] of Object.entries(paths)) {
      const seen = path.slice(0, this.frame + 1).map(at);
      Object.assign(pen, { strokeStyle: COLOURS[racer], fillStyle: COLOURS[racer], lineWidth: 2.5, lineJoin: "round" });
      stroke(pen, seen);
      dot(pen, ...seen[seen.length - 1], 5);
    }
  }

  /** @param {Race} race */
  #tell({ heights, paths }) {
    const items = Object.keys(paths).map((racer) => {
      const last = heights[racer].length - 1;
      const height = heights[racer][Math.min(this.frame, last)];
      const value = Math.abs(height) < LEAST_HEIGHT ? `< ${LEAST_HEIGHT}` : number(height);
      const said = this.frame > last ? say("basics.lost", { step: last }) : say("basics.height", { value });
      return holding(
        make("li"),
        make("i", null, { style: `background: ${COLOURS[racer]}` }),
        make("b", say(`basics.racer.${racer}`)),
        make("span", said),
        make("small", say(`basics.racer.${racer}.formula`)),
      );
    });
    this.widget.part("racers").replaceChildren(...items);
  }
}

/** @typedef {{ map: number[][], dark: boolean, canvas: HTMLCanvasElement }} Ground */

/**
 * The surface as shades of one colour: lines of equal height show as edges, and the square root shows the low ground.
 * @param {number[][]} map
 * @param {boolean} dark
 * @returns {Ground}
 */
function groundOf(map, dark) {
  const side = map.length;
  const all = map.flat();
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const canvas = make("canvas", null, { width: side, height: side });
  const pen = penOf(canvas);
  map.forEach((row, j) => row.forEach((value, i) => {
    const level = Math.floor(SHADES * Math.sqrt((value - least) / (most - least))) / SHADES;
    pen.fillStyle = dark ? `hsl(215 25% ${10 + 34 * level}%)` : `hsl(215 45% ${98 - 34 * level}%)`;
    pen.fillRect(i, side - 1 - j, 1, 1);
  }));
  return { map, dark, canvas };
}
