// The wall: draws what the server sends every second or two. Nothing here asks for anything but which run is large.
const COLOURS = ["#2563eb", "#ea580c", "#059669", "#9333ea"];
const make = (tag, text, attributes = {}) => {
  const node = document.createElement(tag);
  if (text != null) node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
};
const number = (value) => (value == null ? "–" : String(+value.toPrecision(4)));

export default function wall({ data, parentElement, setStateValue }) {
  const part = (role) => parentElement.querySelector(`[data-role="${role}"]`);
  const fill = (text, values = {}) => text.replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole);
  const say = (key, values) => (key in data.words ? fill(data.words[key], values) : key);
  const sentence = ({ key, text, values }) => (data.words[`error.${key}`] ? fill(data.words[`error.${key}`], values) : text);
  const left = (s) => (s == null ? "" : s < 90 ? say("time.s", { n: Math.round(s) }) : s < 5400 ? say("time.min", { n: Math.round(s / 60) }) : say("time.h", { n: (s / 3600).toFixed(1) }));
  const title = (one) => one.owner || one.name;
  const what = (one) => `${say(`family.${one.family}`)} · ${say(`data.${one.data}`)}`;
  const badge = (one) => make("span", say(`state.${one.state}`), { class: `state ${one.state}` });
  const figure = (name) => say(`metric.val:${name}` in data.words ? `metric.val:${name}` : `figure.${name}`);
  const show = (sample) => (sample?.picture ? make("img", null, { src: sample.picture, alt: "" }) : sample?.text ? make("pre", sample.text) : make("p", say("wall.no_sample"), { class: "line" }));
  const bar = (one) => {
    const box = make("div", null, { class: "bar" });
    box.append(make("i", null, { style: `width: ${one.total_steps ? (100 * one.step) / one.total_steps : 0}%` }));
    return box;
  };

  parentElement.querySelector("h1").textContent = say("wall.title");
  part("facts").textContent = say("wall.facts", { running: data.active, waiting: data.waiting, all: data.runs.length });
  part("language").textContent = say("wall.language");
  part("language").href = `?lang=${data.language === "zh" ? "en" : "zh"}`;

  const place = part("large");
  if (!data.large) place.replaceChildren(make("p", say("wall.empty"), { class: "empty" }));
  else {
    const run = data.large, line = make("p", null, { class: "line" }), side = make("div"), charts = make("div");
    line.append(badge(run), make("span", what(run)), make("span", `${say("watch.step")} ${run.step} / ${run.total_steps || "–"}`));
    if (run.state === "queued" && run.message) line.append(make("span", sentence(run.message)));
    else if (run.eta_s != null && run.state === "running") line.append(make("span", say("wall.left", { time: left(run.eta_s) })));
    if (run.figure != null) {
      const shown = make("span", `${figure(run.headline)} `);
      shown.append(make("b", number(run.figure)));
      line.append(shown);
    }
    const drawn = run.groups.filter((names) => names.some((name) => run.curves[name])).slice(0, 3).map((names) => {
      const legend = make("div", null, { class: "legend" }), canvas = make("canvas", null, { role: "img", "aria-label": names.join(", ") });
      names.forEach((name, i) => {
        const item = make("span"), points = run.curves[name];
        item.append(make("i", null, { style: `background: ${COLOURS[i]}` }), `${say(`metric.${name}`)} ${points ? number(points.at(-1)[1]) : ""}`);
        legend.append(item);
      });
      charts.append(legend, canvas);
      return { names, canvas };
    });
    side.append(show(run.sample));
    const both = make("div", null, { class: "show" });
    both.append(charts, side);
    place.replaceChildren(make("h2", run.owner ? `${run.owner} · ${run.name}` : run.name), line, bar(run), both);
    for (const { names, canvas } of drawn) draw(canvas, names.map((name) => run.curves[name] ?? []));
  }

  const ranks = [make("h2", say("wall.ranking"))];
  for (const { family, data: source, headline, best } of data.ranking) {
    const list = make("ol");
    list.append(...best.map((one) => {
      const item = make("li", `${title(one)} `);
      item.append(make("small", `${number(one.figure)}${one.ready ? " ✓" : ""}`));
      return item;
    }));
    ranks.push(make("p", what({ family, data: source })), make("p", figure(headline), { class: "line" }), list);
  }
  if (!data.ranking.length) ranks.push(make("p", say("wall.no_ranking"), { class: "line" }));
  else ranks.push(make("p", say("wall.ready"), { class: "line" }));
  part("ranking").replaceChildren(...ranks);

  part("cards").replaceChildren(...data.runs.map((one) => {
    const card = make("button", null, { class: "card", "aria-current": String(one.name === data.large?.name) }), line = make("span", null, { class: "line" });
    line.append(badge(one), make("span", one.figure == null ? "" : number(one.figure)));
    card.append(make("strong", title(one)), make("span", what(one), { class: "line" }), show(one.sample), line, bar(one));
    card.addEventListener("click", () => setStateValue("chosen", one.name));
    return card;
  }));
}

function draw(canvas, lines) {
  const width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio || 1, all = lines.flat();
  if (!width || !all.length) return;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d"), ink = getComputedStyle(canvas).color;
  pen.scale(ratio, ratio);
  const values = all.map((point) => point[1]).sort((a, b) => a - b); // the wildest percent does not set the scale
  const low = values[Math.floor(0.01 * (values.length - 1))], high = values[Math.ceil(0.99 * (values.length - 1))];
  const last = Math.max(1, ...all.map((point) => point[0])), room = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  const x = (step) => 62 + ((width - 74) * step) / last, y = (value) => 8 + (height - 30) * (1 - (value - low + room) / (high - low + 2 * room));
  pen.font = "14px system-ui, sans-serif"; pen.fillStyle = ink; pen.strokeStyle = ink; pen.globalAlpha = 0.65;
  pen.textAlign = "right"; pen.textBaseline = "middle";
  for (const value of [low, high]) pen.fillText(Math.abs(value) >= 1e4 || (value && Math.abs(value) < 1e-3) ? value.toExponential(0) : String(+value.toPrecision(3)), 56, y(value));
  pen.textBaseline = "bottom";
  pen.fillText(String(last), width - 6, height);
  pen.globalAlpha = 0.2;
  for (const value of [low, high]) { pen.beginPath(); pen.moveTo(62, y(value)); pen.lineTo(width - 12, y(value)); pen.stroke(); }
  pen.globalAlpha = 1; pen.lineWidth = 2.5; pen.lineJoin = "round";
  pen.beginPath(); pen.rect(56, 2, width - 60, height - 20); pen.clip();
  lines.forEach((line, i) => {
    pen.strokeStyle = pen.fillStyle = COLOURS[i];
    if (line.length === 1) pen.fillRect(x(line[0][0]) - 3, y(line[0][1]) - 3, 6, 6);
    pen.beginPath();
    line.forEach(([step, value], j) => (j ? pen.lineTo(x(step), y(value)) : pen.moveTo(x(step), y(value))));
    pen.stroke();
  });
}
