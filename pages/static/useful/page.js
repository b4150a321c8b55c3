// The page “Is it useful?”: a card for each task; its figures appear when it has been measured.
const TIMELESS = ["scenarios", "measure", "job", "cancel"];

function card(name) {
  const box = make("section", null, { class: "box", "data-task": name }), place = make("div"), found = make("div");
  const start = make("button", say("useful.measure"), { class: "main" });
  start.addEventListener("click", async () => {
    start.disabled = true;
    const result = await work("measure", { scenario: name }, place);
    start.disabled = false;
    if (result) found.replaceChildren(...shown(name, result));
  });
  const title = make("h3", say(`useful.${name}`));
  title.append(question(`useful.${name}.help`));
  box.append(title, make("p", say(`useful.${name}.about`)), start, place, found);
  return box;
}

function shown(name, { verdict, good, rows, sheet, texts, curves, seconds }) {
  const parts = [make("p", AIGC.sentence(verdict), { class: `verdict ${good ? "gold" : "bubble"}` }), table(name, rows)];
  if (sheet) parts.push(make("img", null, { src: `data:image/png;base64,${sheet}`, class: "picture", alt: say(`useful.${name}.sheet`) }), make("p", say(`useful.${name}.sheet`), { class: "quiet" }));
  if (curves) parts.push(roc(curves));
  if (texts) parts.push(make("p", say("useful.copywriting.some"), { class: "quiet" }), make("pre", texts.join("\n\n")));
  parts.push(make("p", say("useful.took", { time: AIGC.duration(seconds) }), { class: "quiet" }));
  return parts;
}

function table(name, rows) {
  const keys = Object.keys(rows[0]), made = make("table"), head = make("tr");
  head.append(...keys.map((key) => make("th", say(`useful.${name}.column.${key}`))));
  made.append(head, ...rows.map((row) => {
    const line = make("tr");
    line.append(...keys.map((key) => make("td", typeof row[key] === "number" ? AIGC.number(+row[key].toFixed(3)) : AIGC.known(`useful.${name}.row.${row[key]}`) ?? row[key])));
    return line;
  }));
  return made;
}

// False alarms along, found ones up; the diagonal is guessing.
function roc(curves) {
  const COLOURS = ["--aigc-1", "--aigc-2", "--aigc-3"], figure = make("figure");
  const space = "http://www.w3.org/2000/svg", draw = document.createElementNS(space, "svg");
  draw.setAttribute("viewBox", "-4 -4 108 108"); draw.setAttribute("role", "img"); draw.setAttribute("aria-label", say("useful.anomaly.roc"));
  const line = (points, colour, dash = "") => {
    const one = document.createElementNS(space, "polyline");
    one.setAttribute("points", points.map(([a, b]) => `${100 * a},${100 - 100 * b}`).join(" "));
    one.setAttribute("style", `fill: none; stroke: ${colour}; stroke-width: 1.5; stroke-dasharray: ${dash}`);
    draw.append(one);
  };
  line([[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]], "var(--border-color-primary)");
  line([[0, 0], [1, 1]], "var(--aigc-quiet)", "3 3");
  const words = make("figcaption", null, { class: "legend" });
  Object.entries(curves).forEach(([digit, points], i) => {
    line(points, `var(${COLOURS[i]})`);
    const one = make("span");
    one.append(make("i", null, { style: `background: var(${COLOURS[i]})` }), say("useful.anomaly.without", { digit }));
    words.append(one);
  });
  figure.append(draw, words, make("p", say("useful.anomaly.roc"), { class: "quiet" }));
  return figure;
}

(async () => {
  const names = await call("scenarios");
  if (names) part("tasks").replaceChildren(...names.map(card));
})();
