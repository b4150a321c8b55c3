// The run in the middle: where it stands, its curves, and what it made last.
import { plotIn, roomAround, sheetOf, stroke, swatch, usualRange } from "../common/chart.js";
import { holding, make } from "../common/dom.js";
import { badge, progress, shownSample } from "./parts.js";
import { digits } from "./words.js";

/** @typedef {import("./types.js").LargeRun} LargeRun */
/** @typedef {import("./words.js").Words} Words */
/** @typedef {[step: number, value: number][]} Line */

const MOST_CHARTS = 3;
const COLOURS = ["#2563eb", "#ea580c", "#059669", "#9333ea"];

/**
 * @param {HTMLElement} place
 * @param {Words} words
 * @param {LargeRun | null} run
 */
export function largeRun(place, words, run) {
  if (!run) {
    place.replaceChildren(make("p", words.say("wall.empty"), { class: "empty" }));
    return;
  }
  const groups = run.groups.filter((names) => names.some((name) => run.curves[name])).slice(0, MOST_CHARTS);
  const charts = groups.map((names) => {
    const canvas = make("canvas", null, { role: "img", "aria-label": names.map((name) => words.curve(name)).join(", ") });
    return { canvas, legend: legendOf(words, names, run.curves), lines: names.map((name) => run.curves[name] ?? []) };
  });
  const left = holding(make("div"), ...charts.flatMap(({ legend, canvas }) => [legend, canvas]));
  const right = holding(make("div"), shownSample(words, run.sample));
  const both = holding(make("div", null, { class: "show" }), left, right);
  const title = run.owner ? `${run.owner} · ${run.name}` : run.name;
  place.replaceChildren(make("h2", title), facts(words, run), progress(run), both);
  for (const { canvas, lines } of charts) draw(canvas, lines);
}

/**
 * @param {Words} words
 * @param {LargeRun} run
 */
function facts(words, run) {
  const { state, step, total_steps: total, message, eta_s: left, figure, headline } = run;
  const line = holding(
    make("p", null, { class: "line" }),
    badge(words, state),
    make("span", words.kind(run)),
    make("span", `${words.say("watch.step")} ${step} / ${total || "–"}`),
  );
  if (state === "queued" && message) line.append(make("span", words.sentence(message)));
  else if (left !== null && state === "running")
    line.append(make("span", words.say("wall.left", { time: words.time(left) })));
  if (figure != null)
    line.append(holding(make("span", `${words.figure(headline)} `), make("b", digits(figure))));
  return line;
}

/**
 * @param {Words} words
 * @param {string[]} names
 * @param {LargeRun["curves"]} curves
 */
function legendOf(words, names, curves) {
  const entries = names.map((name, i) => {
    const last = curves[name]?.at(-1);
    return swatch(COLOURS[i], `${words.curve(name)} ${last ? digits(last[1]) : ""}`);
  });
  return holding(make("div", null, { class: "legend" }), ...entries);
}

/**
 * Only the ends of the scale have numbers: they are read from afar.
 * @param {HTMLCanvasElement} canvas
 * @param {Line[]} lines
 */
function draw(canvas, lines) {
  const all = lines.flat();
  const sheet = sheetOf(canvas);
  if (!sheet || !all.length) return;
  const { pen, width, height } = sheet;
  const [low, high] = usualRange(all.map(([, value]) => value));
  const last = Math.max(1, ...all.map(([step]) => step));
  const frame = { left: 62, right: width - 12, top: 8, bottom: height - 22 };
  const { x, y, left, right } = plotIn(frame, [0, last], roomAround([low, high]));
  const ink = getComputedStyle(canvas).color;
  Object.assign(pen, { font: "14px system-ui, sans-serif", fillStyle: ink, strokeStyle: ink, globalAlpha: 0.65 });
  Object.assign(pen, { textAlign: "right", textBaseline: "middle" });
  for (const value of [low, high]) pen.fillText(short(value), left - 6, y(value));
  pen.textBaseline = "bottom";
  pen.fillText(String(last), width - 6, height);
  pen.globalAlpha = 0.2;
  for (const value of [low, high]) stroke(pen, [[left, y(value)], [right, y(value)]]);
  Object.assign(pen, { globalAlpha: 1, lineWidth: 2.5, lineJoin: "round" });
  pen.beginPath();
  pen.rect(left - 6, 2, width - 60, height - 20);
  pen.clip();
  lines.forEach((line, i) => {
    pen.strokeStyle = pen.fillStyle = COLOURS[i];
    const places = line.map(([step, value]) => /** @type {[number, number]} */ ([x(step), y(value)]));
    if (places.length === 1) pen.fillRect(places[0][0] - 3, places[0][1] - 3, 6, 6);
    stroke(pen, places);
  });
}

/** @param {number} value */
function short(value) {
  const size = Math.abs(value);
  return size >= 1e4 || (value && size < 1e-3) ? value.toExponential(0) : String(+value.toPrecision(3));
}
