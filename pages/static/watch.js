// The live view of one run: asks the server for what is new, draws only what changed.
// `element`, `server`, `props` and `watch` come from Gradio.
const POLL_MS = 1000; // more often would cost the training on the same machine
const QUIET_TICKS = 5; // between two looks at a run that does nothing: thirty people may have one open
const MOST_POINTS = 3000;
const COLOURS = ["--aigc-1", "--aigc-2", "--aigc-3", "--aigc-4"];
const { say, make, question } = AIGC;
const part = (role) => element.querySelector(`[data-role="${role}"]`);

let run = null; // what describe() said of it
let working = false; // whether it trains, waits or pauses
let cursor = "";
let series = {}; // name -> [[step, value], …]
let samples = []; // [{step, file}, …]
let shown = null; // file on screen
let following = true; // the scrubber stays at the newest sample
let playing = null;
let charts = [];
const cache = new Map(); // file -> {kind, content}

// -- words that never change --------------------------------------------------------------------------
part("empty").children[0].textContent = say("watch.empty.title");
part("empty").children[1].textContent = say("watch.empty.text");
part("run-label").textContent = say("watch.run");
part("run-label").append(question("watch.run.help"));
part("samples-title").textContent = say("watch.samples");
part("samples-title").append(question("watch.samples.help"));
part("samples-wait").textContent = say("watch.samples.wait");
part("curves-title").textContent = say("watch.curves");
part("curves-title").append(question("watch.curves.help"));
part("live").children[0].textContent = say("watch.live");
part("live").children[0].append(question("watch.live.help"));
part("notes-box").children[0].textContent = say("watch.notes");
part("play").textContent = say("watch.play");
part("explore").textContent = say("watch.explore");
part("explore").title = say("watch.explore.help");
part("pin").title = say("watch.pin.help");
part("delete").title = say("watch.delete.help");
for (const what of ["pause", "resume", "stop"]) element.querySelector(`[data-ask=${what}]`).textContent = say(`watch.${what}`);

// -- asking the server --------------------------------------------------------------------------------
async function call(name, values) {
  const answer = await server[name](values).catch(() => null);
  if (answer && answer.ok) return answer.value;
  message(answer ? AIGC.sentence(answer.error) : say("watch.lost"), true);
  return null;
}

async function open(name) {
  const described = await call("describe", { run: name });
  if (!described) { AIGC.local.removeItem("aigc-run"); return; }
  run = described;
  cursor = ""; forget(); cache.clear(); forgetVerdict();
  AIGC.local.setItem("aigc-run", name);
  part("head").hidden = part("panels").hidden = part("doctor-box").hidden = false;
  part("empty").hidden = true;
  part("explore").hidden = run.makes !== "pictures" || run.data === "points";
  part("explore").href = `./latent?run=${encodeURIComponent(name)}`;
  showOwner();
  buildCharts(); buildLive(); buildFormulas();
  await poll();
  await examine();
}

function forget() {
  series = {}; samples = []; shown = null; following = true;
  part("notes").replaceChildren(); part("notes-box").hidden = true;
}

async function poll() {
  const asked = run.name;
  const news = await call("follow", { run: asked, cursor });
  if (!news || run.name !== asked) return;
  cursor = news.cursor;
  for (const event of news.events) take(event);
  if (news.events.length) { charts.forEach(draw); updateScrub(); fillFormulas(); }
  showStatus(news.status);
}

function take(event) {
  if (event.kind === "restart") forget();
  else if (event.kind === "metrics") for (const [name, value] of Object.entries(event.values)) add(name, event.step, value);
  else if (event.kind === "eval") for (const [name, value] of Object.entries(event.figures)) add("val:" + name, event.step, value);
  else if (event.kind === "sample") samples.push({ step: event.step, file: event.file });
  else if (event.kind === "set") note(event.step, say("note.set", { changes: Object.entries(event.changes).map(([k, v]) => `${say("field." + k)} = ${v}`).join(", ") }));
  else if (event.kind === "note" || event.kind === "finding") note(event.step, AIGC.sentence(event));
}

function add(name, step, value) {
  if (typeof value !== "number") return;
  const line = (series[name] ||= []);
  line.push([step, value]);
  if (line.length > MOST_POINTS) series[name] = line.filter((_, i) => i % 2 === 0 || i === line.length - 1);
}

function note(step, text) {
  part("notes-box").hidden = false;
  part("notes").append(make("li", `${say("watch.step")} ${step}: ${text}`));
}

// -- status -------------------------------------------------------------------------------------------
function setText(node, text) { if (node.textContent !== text) node.textContent = text; }

function message(text, bad = false) {
  setText(part("message"), text);
  part("message").classList.toggle("bad", bad);
}

const factNodes = {};
function fact(key, text) {
  if (!factNodes[key]) {
    const box = make("div");
    box.append(make("dt", say(key)), (factNodes[key] = make("dd")));
    part("facts").append(box);
  }
  setText(factNodes[key], text);
}

function showStatus(status) {
  const badge = part("state");
  setText(badge, say("state." + status.state));
  badge.className = "state " + status.state;
  const active = working = ["queued", "running", "paused"].includes(status.state);
  element.querySelector("[data-ask=pause]").disabled = !run.mine || status.state !== "running";
  element.querySelector("[data-ask=resume]").disabled = !run.mine || !["paused", "stopped", "failed", "interrupted"].includes(status.state);
  element.querySelector("[data-ask=stop]").disabled = !run.mine || !active;
  part("delete").disabled = active;
  part("live").hidden = !run.mine || !active || !run.live.length;
  fact("watch.step", status.total_steps ? `${status.step} / ${status.total_steps}` : `${status.step}`);
  fact("watch.speed", status.steps_per_s ? say("watch.speed.unit", { value: status.steps_per_s.toPrecision(3) }) : "–");
  fact("watch.left", active ? AIGC.duration(status.eta_s) : "–");
  fact("watch.elapsed", AIGC.duration(status.elapsed_s));
  fact("watch.device", run.device || "–");
  const figure = status.figures[run.headline];
  if (figure !== undefined) fact("metric.val:" + run.headline, figure.toPrecision(4));
  element.querySelector(".bar i").style.width = status.total_steps ? `${(100 * status.step) / status.total_steps}%` : "0";
  if (status.message) message(AIGC.sentence(status.message), ["failed", "interrupted"].includes(status.state));
  else if (status.state === "interrupted") message(say("note.interrupted"), true);
  else message("");
  if (!run.device && status.state === "running" && status.step > 0) call("describe", { run: run.name }).then((d) => { if (d && d.name === run.name) run.device = d.device; });
}

// -- samples and their history ------------------------------------------------------------------------
function updateScrub() {
  const scrub = part("scrub");
  scrub.max = Math.max(0, samples.length - 1);
  if (following) scrub.value = scrub.max;
  part("samples-wait").hidden = samples.length > 0;
  showSample();
}

async function showSample() {
  const sample = samples[+part("scrub").value];
  if (!sample || sample.file === shown) return;
  shown = sample.file;
  setText(part("sample-step"), `${say("watch.step")} ${sample.step}`);
  if (!cache.has(sample.file)) {
    const content = await call("sample", { run: run.name, file: sample.file });
    if (!content) return;
    cache.set(sample.file, content);
  }
  if (shown !== sample.file) return; // the thumb has moved on meanwhile
  const { kind, content } = cache.get(sample.file);
  part("picture").hidden = kind !== "picture";
  part("text").hidden = kind !== "text";
  if (kind === "picture") { part("picture").src = content; part("picture").alt = `${say("watch.samples")} ${sample.step}`; }
  else part("text").textContent = content;
}

part("scrub").addEventListener("input", () => {
  following = +part("scrub").value === samples.length - 1;
  showSample();
});
part("play").addEventListener("click", () => {
  clearInterval(playing);
  part("scrub").value = 0; following = false; showSample();
  playing = setInterval(() => {
    const next = +part("scrub").value + 1;
    if (next >= samples.length || !element.isConnected) { clearInterval(playing); following = true; return; }
    part("scrub").value = next; showSample();
  }, 250);
});

// -- curves -------------------------------------------------------------------------------------------
function buildCharts() {
  charts = run.curves.map((names) => {
    const box = make("div", null, { class: "chart" });
    const legend = make("div", null, { class: "legend" });
    const canvas = make("canvas", null, { role: "img", "aria-label": names.map((name) => say("metric." + name)).join(", ") });
    const usuals = [];
    const values = names.map((name, i) => {
      const item = make("span"), value = make("b", "–"), usual = make("span", "", { class: "quiet" });
      item.append(make("i", null, { style: `background: var(${COLOURS[i]})` }), say("metric." + name) + " ", value, usual);
      legend.append(item);
      usuals.push(usual);
      return value;
    });
    box.append(legend, canvas);
    const chart = { names, canvas, values, usual: usuals, pointer: null };
    canvas.addEventListener("pointermove", (event) => { chart.pointer = event.offsetX; draw(chart); });
    canvas.addEventListener("pointerleave", () => { chart.pointer = null; draw(chart); });
    return { ...chart, box, chart };
  });
  part("charts").replaceChildren(...charts.map((one) => one.box));
  charts = charts.map((one) => one.chart);
}

const short = (value) => {
  const size = Math.abs(value);
  if (size >= 1e7 || (value && size < 1e-3)) return value.toExponential(0);
  return size >= 1e4 ? (+value.toPrecision(3)).toLocaleString(AIGC.language) : String(+value.toPrecision(3));
};

// The range that is usual at a step, in words; empty where none was recorded.
function usualAt(range, step) {
  if (!range) return "";
  const after = range.find(([at]) => at >= step);
  return after ? " " + say("watch.usual", { low: short(after[1]), high: short(after[2]) }) : "";
}

function draw(chart) {
  const { canvas, names } = chart;
  const width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio || 1;
  if (!width) return;
  if (canvas.width !== Math.round(width * ratio)) { canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio); }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const style = getComputedStyle(element);
  const ink = style.getPropertyValue("--body-text-color-subdued") || "#666", faint = style.getPropertyValue("--border-color-primary") || "#ddd";
  const lines = names.map((name) => series[name] || []);
  const all = lines.flat();
  if (!all.length) return;
  // The scale ignores the wildest percent, so that one spike at the start does not flatten the rest.
  const sorted = all.map((p) => p[1]).sort((a, b) => a - b);
  let low = sorted[Math.floor(0.01 * (sorted.length - 1))], high = sorted[Math.ceil(0.99 * (sorted.length - 1))];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.1 || 1;
  low -= room; high += room;
  const last = Math.max(1, ...all.map((p) => p[0]));
  const left = 48, right = width - 18, top = 8, bottom = height - 22;
  const x = (step) => left + ((right - left) * step) / last;
  const y = (value) => bottom - ((bottom - top) * (value - low)) / (high - low);
  pen.font = "12px system-ui, sans-serif"; pen.fillStyle = ink; pen.strokeStyle = faint; pen.lineWidth = 1;
  pen.textAlign = "right"; pen.textBaseline = "middle";
  for (const value of AIGC.ticks(low, high, 4)) {
    pen.beginPath(); pen.moveTo(left, y(value)); pen.lineTo(right, y(value)); pen.stroke();
    pen.fillText(short(value), left - 6, y(value));
  }
  pen.textAlign = "center"; pen.textBaseline = "top";
  for (const step of AIGC.ticks(0, last, 5)) pen.fillText(short(step), x(step), bottom + 6);
  pen.save(); pen.beginPath(); pen.rect(left, top - 4, right - left + 8, bottom - top + 8); pen.clip();
  names.forEach((name, i) => {
    const range = run.usual[name];
    if (!range) return;
    pen.fillStyle = style.getPropertyValue(COLOURS[i]); pen.globalAlpha = 0.14;
    pen.beginPath();
    range.forEach(([step, bottom], j) => (j ? pen.lineTo(x(step), y(bottom)) : pen.moveTo(x(step), y(bottom))));
    for (const [step, , top] of [...range].reverse()) pen.lineTo(x(step), y(top));
    pen.fill(); pen.globalAlpha = 1;
  });
  lines.forEach((line, i) => {
    const colour = style.getPropertyValue(COLOURS[i]);
    pen.strokeStyle = pen.fillStyle = colour; pen.lineWidth = 2; pen.lineJoin = "round";
    pen.beginPath();
    line.forEach(([step, value], j) => (j ? pen.lineTo(x(step), y(value)) : pen.moveTo(x(step), y(value))));
    pen.stroke();
    if (names[i].startsWith("val:")) for (const [step, value] of line) { pen.beginPath(); pen.arc(x(step), y(value), 4, 0, 7); pen.fill(); }
  });
  pen.restore();
  let at = null;
  if (chart.pointer != null) {
    at = ((chart.pointer - left) / (right - left)) * last;
    pen.strokeStyle = ink; pen.lineWidth = 1; pen.beginPath(); pen.moveTo(chart.pointer, top); pen.lineTo(chart.pointer, bottom); pen.stroke();
    pen.fillStyle = ink; pen.textAlign = chart.pointer > width / 2 ? "right" : "left"; pen.textBaseline = "top";
    pen.fillText(`${say("watch.step")} ${Math.max(0, Math.round(at))}`, chart.pointer + (chart.pointer > width / 2 ? -6 : 6), top);
  }
  lines.forEach((line, i) => {
    const point = at == null ? line.at(-1) : line.reduce((best, p) => (!best || Math.abs(p[0] - at) < Math.abs(best[0] - at) ? p : best), null);
    setText(chart.values[i], point ? String(+point[1].toPrecision(4)) : "–");
    setText(chart.usual[i], point ? usualAt(run.usual[names[i]], point[0]) : "");
  });
}
new ResizeObserver(() => charts.forEach(draw)).observe(part("charts"));

// -- buttons ------------------------------------------------------------------------------------------
element.querySelectorAll("[data-ask]").forEach((button) => button.addEventListener("click", async () => {
  button.disabled = true;
  await call("ask", { run: run.name, what: button.dataset.ask });
  await poll();
}));

// Whose it is, and what only its owner may do with it.
function showOwner() {
  part("pin").hidden = part("delete").hidden = !run.mine;
  part("pin").textContent = say(run.pinned ? "watch.unpin" : "watch.pin");
  part("delete").textContent = say("watch.delete");
  if (run.owner || factNodes["watch.owner"]) fact("watch.owner", run.owner || "–");
}
part("pin").addEventListener("click", async () => {
  if (await call("pin", { run: run.name, keep: !run.pinned })) { run.pinned = !run.pinned; showOwner(); }
});
part("delete").addEventListener("click", async () => {
  if (part("delete").textContent !== say("watch.delete.really")) { // asked once more, for a moment
    part("delete").textContent = say("watch.delete.really");
    setTimeout(() => { part("delete").textContent = say("watch.delete"); }, 4000);
    return;
  }
  if (!(await call("remove", { run: run.name }))) return;
  AIGC.local.removeItem("aigc-run");
  const left = (await refreshRuns()).filter((one) => one.state !== "damaged");
  if (left.length) await open(left[0].name);
  await refreshRuns();
});

function buildLive() {
  const row = part("live").children[1];
  const inputs = run.live.map((name) => {
    const label = make("label", say("field." + name));
    const input = make("input", null, { type: "number", step: "any", name });
    input.value = run.settings[name];
    label.append(input);
    return { label, input, name };
  });
  const apply = make("button", say("watch.apply"));
  apply.addEventListener("click", async () => {
    const changes = {};
    for (const { input, name } of inputs) if (input.value !== "" && +input.value !== run.settings[name]) changes[name] = +input.value;
    if (!Object.keys(changes).length) return;
    if (await call("ask", { run: run.name, what: "set", changes })) Object.assign(run.settings, changes);
  });
  row.replaceChildren(...inputs.map((one) => one.label), apply);
}

// -- choosing a run -----------------------------------------------------------------------------------
let listed = "";
async function refreshRuns() {
  const runs = await call("runs", {});
  if (!runs) return [];
  const text = JSON.stringify(runs.map((one) => [one.name, one.state, one.ready]));
  if (text !== listed || part("runs").value !== (run && run.name)) {
    listed = text;
    part("runs").replaceChildren(...runs.filter((one) => one.state !== "damaged").map((one) => {
      const option = make("option", `${one.owner ? one.owner + " · " : ""}${one.name} · ${say("state." + one.state)}${one.ready ? " · " + say("gate.ready") : ""}`);
      option.value = one.name;
      option.selected = run && one.name === run.name;
      return option;
    }));
  }
  return runs;
}
part("runs").addEventListener("change", () => open(part("runs").value));
watch("value", () => { if (props.value) open(props.value).then(refreshRuns); });

(async () => {
  const asked = new URLSearchParams(location.search).get("run") || AIGC.local.getItem("aigc-run");
  const runs = await refreshRuns();
  const active = runs.find((one) => one.state === "running") || runs.find((one) => one.state !== "damaged");
  const first = runs.some((one) => one.name === asked) ? asked : active && active.name;
  if (first) await open(first);
  else part("empty").hidden = false;
  await refreshRuns();
  let ticks = 0;
  while (element.isConnected) {
    await new Promise((done) => setTimeout(done, POLL_MS));
    if (document.hidden) continue;
    ticks += 1;
    if (run && (working || ticks % QUIET_TICKS === 0)) await poll();
    if (ticks % QUIET_TICKS === 0) await refreshRuns();
  }
})();
