// The plane: what there is to learn, what the model makes, and what it thinks of every place; the codes of the VAE.
import { dot, legend, penOf, stroke } from "../common/chart.js";
import { make } from "../common/dom.js";
import { bytesOf } from "../common/files.js";
import { say } from "../common/language.js";

/** @typedef {import("./types.js").Place} Place */
/** @typedef {import("./types.js").View} View */

const REACH = 1.2; // the plane that is shown reaches from −REACH to REACH
const CODES_REACH = 3.2;
const REAL = "#2563eb";
const MADE = "#ea580c";
const LINES = "rgba(5, 150, 105, .55)";
const HIGH = [96, 165, 250];
const LOW = [251, 146, 60];
const LONGEST_ARROW = 0.25; // of the plane

export class Plane {
  heat = make("canvas");

  /** @param {import("./running.js").Widget} widget */
  constructor(widget) {
    this.widget = widget;
    this.canvas = widget.canvas("plane");
    this.codes = widget.canvas("codes");
    legend(widget.part("legend"), [[REAL, say("lab.real")], [MADE, say("lab.made")]]);
  }

  /**
   * Where in the plane an event was.
   * @param {MouseEvent} event
   * @returns {Place}
   */
  placeAt(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return [
      ((2 * (event.clientX - left)) / width - 1) * REACH,
      (1 - (2 * (event.clientY - top)) / height) * REACH,
    ];
  }

  /** @param {Place[]} places */
  addReal(places) {
    this.#dots(places, REAL);
  }

  /**
   * @param {View} view
   * @param {boolean} vae
   */
  draw(view, vae) {
    const { canvas, widget } = this;
    const pen = penOf(canvas);
    pen.fillStyle = isDark() ? "#1f2937" : "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    if (widget.input("heat").checked) this.#drawHeat(bytesOf(view.heat), vae);
    if (widget.input("manifold").checked) this.#drawGrid(view.manifold);
    this.#dots(view.real, REAL);
    this.#dots(view.made, MADE);
    if (widget.input("arrows").checked && view.arrows.length) this.#drawArrows(view.arrows);
    if (vae) drawCodes(this.codes, view.clouds);
  }

  /**
   * @param {Place[]} places
   * @param {string} colour
   */
  #dots(places, colour) {
    const pen = penOf(this.canvas);
    pen.fillStyle = colour;
    for (const place of places) dot(pen, ...pixelOf(this.canvas, place), 3);
  }

  /**
   * Blue where the value is high, orange where it is low, paper where it is in the middle.
   * @param {Uint8Array} bytes
   * @param {boolean} vae whose values begin at the paper
   */
  #drawHeat(bytes, vae) {
    const side = Math.sqrt(bytes.length);
    const picture = new ImageData(side, side);
    const paper = isDark() ? [31, 41, 55] : [255, 255, 255];
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++) {
        const value = bytes[(side - 1 - row) * side + column] / 255;
        const colour = vae || value > 0.5 ? HIGH : LOW;
        const strength = vae ? value : 2 * Math.abs(value - 0.5);
        const place = 4 * (row * side + column);
        for (let i = 0; i < 3; i++) picture.data[place + i] = paper[i] + (colour[i] - paper[i]) * strength * 0.8;
        picture.data[place + 3] = 255;
      }
    Object.assign(this.heat, { width: side, height: side });
    penOf(this.heat).putImageData(picture, 0, 0);
    penOf(this.canvas).drawImage(this.heat, 0, 0, this.canvas.width, this.canvas.height);
  }

  /**
   * How the generator or decoder folds a grid of codes.
   * @param {Place[][]} lines
   */
  #drawGrid(lines) {
    const pen = penOf(this.canvas);
    pen.strokeStyle = LINES;
    pen.lineWidth = 1.2;
    const trace = (/** @type {Place[]} */ places) => stroke(pen, places.map((one) => pixelOf(this.canvas, one)));
    const columns = lines[0].length;
    if (columns > 1) lines.forEach(trace);
    for (let column = 0; column < columns; column++) trace(lines.map((line) => line[column]));
  }

  /**
   * The longest one has a fixed length: what counts is where they point, and which are long.
   * @param {View["arrows"]} arrows
   */
  #drawArrows(arrows) {
    const pen = penOf(this.canvas);
    const longest = Math.max(...arrows.map(([, , dx, dy]) => Math.hypot(dx, dy)), 1e-9);
    const scale = LONGEST_ARROW / longest;
    pen.strokeStyle = isDark() ? "#f9fafb" : "#111827";
    pen.lineWidth = 1.5;
    for (const [x, y, dx, dy] of arrows) {
      const [left, top] = pixelOf(this.canvas, [x, y]);
      const [right, bottom] = pixelOf(this.canvas, [x + dx * scale, y + dy * scale]);
      const angle = Math.atan2(bottom - top, right - left);
      const head = Math.min(6, Math.hypot(right - left, bottom - top));
      stroke(pen, [[left, top], [right, bottom]]);
      for (const turn of [2.6, -2.6]) {
        const end = [right + head * Math.cos(angle + turn), bottom + head * Math.sin(angle + turn)];
        stroke(pen, [[right, bottom], [end[0], end[1]]]);
      }
    }
  }
}

/**
 * Where the encoder puts each point, and how sure it is: one ellipse each, over the prior's circles.
 * @param {HTMLCanvasElement} canvas
 * @param {View["clouds"]} clouds
 */
function drawCodes(canvas, clouds) {
  const pen = penOf(canvas);
  const size = canvas.width / 2 / CODES_REACH; // of 1
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.strokeStyle = isDark() ? "#6b7280" : "#9ca3af";
  pen.lineWidth = 1;
  for (const radius of [1, 2, 3]) {
    pen.beginPath();
    pen.arc(canvas.width / 2, canvas.height / 2, radius * size, 0, 2 * Math.PI);
    pen.stroke();
  }
  pen.strokeStyle = REAL;
  pen.fillStyle = "rgba(37, 99, 235, .12)";
  for (const [x, y, sx, sy] of clouds) {
    const [left, top] = pixelOf(canvas, [x, y], CODES_REACH);
    pen.beginPath();
    pen.ellipse(left, top, sx * size, sy * size, 0, 0, 2 * Math.PI);
    pen.fill();
    pen.stroke();
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Place} place
 * @param {number} [reach]
 * @returns {Place}
 */
function pixelOf({ width, height }, [x, y], reach = REACH) {
  return [((x / reach + 1) / 2) * width, ((1 - y / reach) / 2) * height];
}

export const isDark = () =>
  [document.body, document.documentElement].some((one) => one.classList.contains("dark"));
