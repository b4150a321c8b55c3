// The Compare page: which runs, one curve of all of them over steps or seconds, samples at equal time, a table.
const TIMELESS = ["runs", "sample", "job", "cancel"];
const MOST_RUNS = 8, REFRESH_MS = 3000;
const COLOURS = ["#2563eb", "#ea580c", "#059669", "#9333ea", "#db2777", "#0891b2", "#ca8a04", "#64748b"];
let chosen = new URLSearchParams(location.search).getAll("run").slice(0, MOST_RUNS);
let found = null; // what compare() said
let sorting = { key: null, down: false };
const kept = new Map(); // run/file -> {kind, content}

const colour = (name) => COLOURS[chosen.indexOf(name) % COLOURS.length];
const overTime = () => (part("by-seconds").checked ? 1 : 0); // which column of a point is the way along

// -- which runs -----------------------------------------------------------------------------------------
let listed = "";
async function list() {
  const runs = await call("runs");
  if (!runs) return;
  const usable = runs.filter((one) => one.state !== "damaged");
  chosen = chosen.filter((name) => usable.some((one) => one.name === name));
  const text = JSON.stringify([usable.map((one) => [one.name, one.state, one.ready]), chosen]);
  if (text === listed) return false;
  listed = text;
  part("choices").replaceChildren(...usable.map((one) => {
    const item = make("li"), label = make("label", null, { class: "check" }), box = make("input", null, { type: "checkbox", value: one.name });
    box.checked = chosen.includes(one.name);
    const mark = make("i", null, { style: `background: ${box.checked ? colour(one.name) : "transparent"}` });
    const words = make("span", one.name), quiet = make("small", `${say("family." + one.family)} · ${say("data." + one.data)} · ${say("state." + one.state)}${one.ready ? " · " + say("gate.ready") : ""}`);
    label.append(box, mark, words);
    item.append(label, quiet);
    box.addEventListener("change", () => choose(one.name, box.checked));
    return item;
  }));
  return true;
}

async function choose(name, wanted) {
  chosen = chosen.filter((one) => one !== name);
  if (wanted) chosen.push(name);
  if (chosen.length > MOST_RUNS) { chosen.shift(); message(say("compare.most", { n: MOST_RUNS })); }
  const address = new URLSearchParams(chosen.map((one) => ["run", one]));
  history.replaceState(null, "", `${location.pathname}?${address}`);
  era += 1; // answers about an earlier choice are of no use
  await Promise.all([list(), look()]);
}

// -- looking --------------------------------------------------------------------------------------------
async function look() {
  part("shown").hidden = !chosen.length;
  part("empty").hidden = chosen.length > 0;
  if (!chosen.length) { found = null; return; }
  const answer = await call("compare", { runs: chosen });
  if (!answer) return;
  const changed = JSON.stringify(answer) !== JSON.stringify(found);
  found = answer;
  if (changed) { offerCurves(); drawAll(); }
}

const curveName = (name) => AIGC.known(`metric.${name}`) ?? AIGC.known(`figure.${name.replace("val:", "")}`) ?? name;
const figureName = (name) => AIGC.known(`metric.val:${name}`) ?? AIGC.known(`figure.${name}`) ?? name;

function offerCurves() {
  const select = part("curve"), before = select.value;
  if (JSON.stringify(found.curves) === select.dataset.names) return;
  select.dataset.names = JSON.stringify(found.curves);
  select.replaceChildren(...found.curves.map((name) => make("option", curveName(name), { value: name })));
  const shared = found.curves.filter((name) => found.runs.every((one) => one.curves[name]));
  const best = shared.find((name) => name.startsWith("val:")) ?? shared[0] ?? found.curves[0];
  select.value = found.curves.includes(before) ? before : best;
}

function drawAll() { drawChart(); drawSamples(); drawTable(); }

// -- the chart ------------------------------------------------------------------------------------------
function drawChart() {
  const canvas = part("chart"), name = part("curve").value, along = overTime();
  const width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio || 1;
  if (!width || !found) return;
  canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
  canvas.setAttribute("aria-label", curveName(name));
  const pen = canvas.getContext("2d"), style = getComputedStyle(root);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const lines = found.runs.map((one) => ({ name: one.name, points: one.curves[name] ?? [] }));
  const all = lines.flatMap((one) => one.points);
  legend(lines, all.length ? along : null);
  if (!all.length) return;
  const values = all.map((one) => one[2]).sort((a, b) => a - b), at = (part) => values[Math.round(part * (values.length - 1))];
  let low = at(0.01), high = at(0.99); // one spike shall not flatten the rest
  const room = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  low -= room; high += room;
  const last = Math.max(1e-9, ...all.map((one) => one[along])), left = 56, right = width - 14, top = 8, bottom = height - 24;
  const x = (value) => left + ((right - left) * value) / last, y = (value) => bottom - ((bottom - top) * (value - low)) / (high - low);
  pen.font = "12px system-ui, sans-serif"; pen.lineWidth = 1;
  pen.fillStyle = style.getPropertyValue("--aigc-quiet"); pen.strokeStyle = style.getPropertyValue("--border-color-primary");
  pen.textAlign = "right"; pen.textBaseline = "middle";
  for (const value of AIGC.ticks(low, high, 5)) {
    pen.beginPath(); pen.moveTo(left, y(value)); pen.lineTo(right, y(value)); pen.stroke();
    pen.fillText(AIGC.number(value), left - 6, y(value));
  }
  pen.textAlign = "center"; pen.textBaseline = "top";
  for (const value of AIGC.ticks(0, last, 5)) pen.fillText(along ? AIGC.duration(value) : AIGC.number(value), Math.min(x(value), right - 14), bottom + 6);
  pen.save(); pen.beginPath(); pen.rect(left, top - 4, right - left + 6, bottom - top + 8); pen.clip();
  pen.lineWidth = 2; pen.lineJoin = "round";
  for (const { name: run, points } of lines) {
    pen.strokeStyle = colour(run);
    pen.beginPath();
    points.forEach((one, i) => (i ? pen.lineTo(x(one[along]), y(one[2])) : pen.moveTo(x(one[along]), y(one[2]))));
    pen.stroke();
  }
  pen.restore();
}

function legend(lines, along) {
  part("legend").replaceChildren(...lines.map(({ name, points }) => {
    const item = make("span"), value = along === null || !points.length ? "–" : AIGC.number(points.at(-1)[2]);
    item.append(make("i", null, { style: `background: ${colour(name)}` }), `${name} `, make("b", value));
    return item;
  }));
}

// -- samples at equal time ------------------------------------------------------------------------------
async function drawSamples() {
  const along = overTime(), share = +part("time").value / 1000;
  const last = Math.max(1e-9, ...found.runs.map((one) => (along ? one.seconds : one.step))), limit = share * last;
  part("time-shown").textContent = along ? AIGC.duration(limit) : `${say("watch.step")} ${Math.round(limit)}`;
  const wanted = found.runs.map((run) => ({ run, sample: run.samples.filter((one) => one[along] <= limit * (1 + 1e-9)).at(-1) ?? run.samples[0] }));
  const asked = era;
  const boxes = await Promise.all(wanted.map(async ({ run, sample }) => {
    const box = make("figure"), words = make("figcaption");
    words.append(make("i", null, { style: `background: ${colour(run.name)}` }), sample ? `${run.name} · ${say("watch.step")} ${sample[0]} · ${AIGC.duration(sample[1])}` : run.name);
    const content = sample && (await sampleOf(run.name, sample[2]));
    if (content?.kind === "picture") box.append(make("img", null, { src: content.content, alt: `${run.name} ${sample[0]}`, class: "picture" }));
    else if (content) box.append(make("pre", content.content));
    box.append(words);
    return box;
  }));
  if (asked === era && share === +part("time").value / 1000) part("samples").replaceChildren(...boxes);
}

async function sampleOf(run, file) {
  const key = `${run}/${file}`;
  if (!kept.has(key)) {
    const content = await call("sample", { run, file });
    if (!content) return null;
    kept.set(key, content);
  }
  return kept.get(key);
}

// -- the table ------------------------------------------------------------------------------------------
function columns() {
  const fixed = [
    { key: "name", title: say("watch.run"), of: (run) => run.name },
    { key: "ready", title: say("gate.title"), of: (run) => (run.ready ? 1 : 0), shown: (run) => (run.ready ? say("gate.ready") : "–") },
    { key: "step", title: say("watch.step"), of: (run) => run.step },
    { key: "seconds", title: say("watch.elapsed"), of: (run) => run.seconds, shown: (run) => AIGC.duration(run.seconds) },
    { key: "joules", title: say("cost.energy"), of: (run) => run.joules, shown: (run) => (run.joules ? say("cost.wh", { n: AIGC.number(run.joules / 3600) }) : "–") },
  ];
  const settings = found.differing.map((key) => ({ key: `set.${key}`, title: AIGC.known(`field.${key}`) ?? key, of: (run) => run.settings[key], differs: true }));
  const figures = found.figures.map((key) => ({ key: `fig.${key}`, title: figureName(key), of: (run) => run.figures[key] }));
  return [...fixed, ...figures, ...settings];
}

function drawTable() {
  const all = columns(), sorted = [...found.runs], by = all.find((one) => one.key === sorting.key);
  if (by) sorted.sort((a, b) => order(by.of(a), by.of(b)) * (sorting.down ? -1 : 1));
  const head = make("tr");
  for (const one of all) {
    const cell = make("th", null, { class: one.differs ? "differs" : "", scope: "col" }), title = make("button", one.title + (sorting.key === one.key ? (sorting.down ? " ↓" : " ↑") : ""));
    title.addEventListener("click", () => { sorting = { key: one.key, down: sorting.key === one.key && !sorting.down }; drawTable(); });
    cell.append(title);
    head.append(cell);
  }
  part("table").replaceChildren(head, ...sorted.map((run) => {
    const row = make("tr");
    for (const one of all) {
      const value = one.of(run), text = one.shown ? one.shown(run) : typeof value === "number" ? AIGC.number(value) : value === "" || value == null ? "–" : String(value);
      const cell = make("td", text, { class: one.differs ? "differs" : "" });
      if (one.key === "name") cell.prepend(make("i", null, { style: `background: ${colour(run.name)}` }));
      row.append(cell);
    }
    return row;
  }));
}

// Numbers by size, words by alphabet, what is missing last.
function order(a, b) {
  if (a == null || b == null) return (a == null) - (b == null);
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
}

// -- what one does --------------------------------------------------------------------------------------
part("curve").addEventListener("change", drawChart);
for (const role of ["by-step", "by-seconds"]) part(role).addEventListener("change", () => { if (found) { drawChart(); drawSamples(); } });
part("time").addEventListener("input", () => found && drawSamples());
for (const [what, name] of [["csv", "table"], ["points", "curves"]]) {
  button(what).addEventListener("click", async () => { const file = await call(name, { runs: chosen }); if (file) download(file); });
}
button("tensorboard").addEventListener("click", async () => {
  part("written").textContent = "";
  const folder = await work("tensorboard", { runs: chosen }, part("job"));
  if (folder) part("written").textContent = say("compare.written", { command: `tensorboard --logdir ${folder}` });
});
new ResizeObserver(() => drawChart()).observe(part("chart"));

(async () => {
  await list();
  await look();
  while (element.isConnected) {
    await new Promise((done) => setTimeout(done, REFRESH_MS));
    if (document.hidden) continue;
    const changed = await list();
    if (changed || found?.runs.some((one) => ["queued", "running", "paused"].includes(one.state))) await look();
  }
})();
