// The page “Is it useful?”: a card for each task; its figures appear when it has been measured.
import { swatch } from "../common/chart.js";
import { action, holding, make } from "../common/dom.js";
import { question } from "../common/help.js";
import { work } from "../common/jobs.js";
import { duration, known, number, say, sentence } from "../common/language.js";
import { Widget } from "../common/widget.js";

/** @typedef {import("./types.js").Measured} Measured */
/** @typedef {import("./types.js").Server} Server */

const COLOURS = ["--aigc-1", "--aigc-2", "--aigc-3"];
const SVG = "http://www.w3.org/2000/svg";

/** @param {import("../common/types.js").Gradio<Server>} gradio */
export async function mount(gradio) {
  /** @type {Widget<Server>} */
  const widget = new Widget(gradio, ["scenarios", "measure", "job", "cancel"]);
  const names = await widget.call("scenarios", {});
  if (names) widget.part("tasks").replaceChildren(...names.map((name) => card(widget, name)));
}

/**
 * @param {Widget<Server>} widget
 * @param {string} name of the task
 */
function card(widget, name) {
  const place = make("div");
  const found = make("div");
  const measure = async () => {
    const result = await work(widget, "measure", { scenario: name }, place);
    if (result) found.replaceChildren(...shown(name, result));
  };
  const start = action(say("useful.measure"), measure, { class: "main" });
  const title = holding(make("h3", say(`useful.${name}`)), question(`useful.${name}.help`));
  const about = make("p", say(`useful.${name}.about`));
  return holding(make("section", null, { class: "box", "data-task": name }), title, about, start, place, found);
}

/**
 * @param {string} name
 * @param {Measured} measured
 */
function shown(name, { verdict, good, rows, sheet, texts, curves, seconds }) {
  /** @param {string} text */
  const quiet = (text) => make("p", text, { class: "quiet" });
  /** @type {HTMLElement[]} */
  const parts = [make("p", sentence(verdict), { class: `verdict ${good ? "gold" : "bubble"}` }), table(name, rows)];
  if (sheet) {
    const about = say(`useful.${name}.sheet`);
    const picture = make("img", null, { src: `data:image/png;base64,${sheet}`, class: "picture", alt: about });
    parts.push(picture, quiet(about));
  }
  if (curves) parts.push(alarms(curves));
  if (texts) parts.push(quiet(say("useful.copywriting.some")), make("pre", texts.join("\n\n")));
  parts.push(quiet(say("useful.took", { time: duration(seconds) })));
  return parts;
}

/**
 * @param {string} name
 * @param {Measured["rows"]} rows
 */
function table(name, rows) {
  const keys = Object.keys(rows[0]);
  const head = holding(make("tr"), ...keys.map((key) => make("th", say(`useful.${name}.column.${key}`))));
  /** @param {string | number} value */
  const text = (value) =>
    typeof value === "number" ? number(+value.toFixed(3)) : (known(`useful.${name}.row.${value}`) ?? value);
  const lines = rows.map((row) => holding(make("tr"), ...keys.map((key) => make("td", text(row[key])))));
  return holding(make("table"), head, ...lines);
}

/**
 * False alarms along, found ones up; the diagonal is guessing.
 * @param {NonNullable<Measured["curves"]>} curves
 */
function alarms(curves) {
  const about = say("useful.anomaly.roc");
  const chart = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "-4 -4 108 108", role: "img", "aria-label": about }))
    chart.setAttribute(key, value);
  /**
   * @param {[number, number][]} points
   * @param {string} colour
   * @param {string} [dashes]
   */
  const line = (points, colour, dashes = "") => {
    const one = document.createElementNS(SVG, "polyline");
    one.setAttribute("points", points.map(([a, b]) => `${100 * a},${100 - 100 * b}`).join(" "));
    one.setAttribute("style", `fill: none; stroke: ${colour}; stroke-width: 1.5; stroke-dasharray: ${dashes}`);
    chart.append(one);
  };
  line([[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]], "var(--border-color-primary)");
  line([[0, 0], [1, 1]], "var(--aigc-quiet)", "3 3");
  const words = make("figcaption", null, { class: "legend" });
  Object.entries(curves).forEach(([digit, points], i) => {
    line(points, `var(${COLOURS[i]})`);
    words.append(swatch(`var(${COLOURS[i]})`, say("useful.anomaly.without", { digit })));
  });
  return holding(make("figure"), chart, words, make("p", about, { class: "quiet" }));
}
