// The page as a whole: which model, which tab, saving, sharing, opening again.
const POLL_MS = 4000;
const TABS = ["sliders", "map", "draw", "repair", "journey", "mix"];
let models = [];
let ready = false; // whether the server can draw without loading its engine first

// -- tabs -----------------------------------------------------------------------------------------------
function openTab(name) {
  for (const panel of root.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== name;
  for (const tab of part("tabs").children) {
    tab.classList.toggle("on", tab.dataset.tab === name);
    tab.setAttribute("aria-selected", tab.dataset.tab === name);
  }
  if (name === "map") drawMap();
  if (name === "repair" && !whole && onScreen) damage(onScreen.picture);
}
for (const name of TABS) {
  const tab = make("button", say(`latent.tab.${name}`), { "data-tab": name, role: "tab" });
  tab.addEventListener("click", () => openTab(name));
  part("tabs").append(tab);
}

// -- the model ------------------------------------------------------------------------------------------
const titled = (one) => `${one.name}${one.state === "running" ? ` · ${say("state.running")}` : ""}`;

function showModels() {
  const select = part("models");
  select.replaceChildren(...models.map((one) => make("option", titled(one), { value: one.name })));
  if (model) select.value = model.run;
}

function showSteps() {
  const range = part("step");
  part("steps").hidden = model.steps.length < 2;
  range.max = model.steps.length - 1;
  range.value = Math.max(0, model.steps.indexOf(step));
  part("step-shown").textContent = step;
  const size = say("latent.size", { width: model.shape[2], numbers: model.latent_size });
  part("about").textContent = `${say(`data.${model.data}`)} · ${size}`;
}

part("models").addEventListener("change", () => openModel(part("models").value));
part("step").addEventListener("change", () => openStep(model.steps[Number(part("step").value)]));
part("step").addEventListener("input", () => { part("step-shown").textContent = model.steps[Number(part("step").value)]; });
opened.push(() => { part("models").value = model.run; showSteps(); });

// A training goes on while it is looked at: new checkpoints appear, and whoever looks at the newest goes along.
async function follow() {
  const answer = await server.runs({}).catch(() => null);
  if (!answer?.ok) return;
  models = answer.value.runs;
  ready = answer.value.ready;
  showModels();
  part("empty").hidden = models.length > 0;
  part("head").hidden = !models.length;
  const now = model && models.find((one) => one.name === model.run);
  if (!now || String(now.steps) === String(model.steps)) return;
  const newest = step === model.steps.at(-1);
  model = { ...model, steps: now.steps };
  if (!now.steps.includes(step)) { // a training keeps only some of its checkpoints
    await openStep(now.steps.reduce((best, one) => (Math.abs(one - step) < Math.abs(best - step) ? one : best)));
    message(say("latent.thinned", { step }), false);
  } else if (newest) await openStep(now.steps.at(-1));
  else { showSteps(); showMapHistory(); }
}

// -- buttons --------------------------------------------------------------------------------------------
button("dice").addEventListener("click", () => dice());
button("undo").addEventListener("click", undo);
button("reset").addEventListener("click", () => go(plain(point.z.map(() => 0), point.label)));
button("save").addEventListener("click", async () => {
  const { run, step: at, point: shown, seed: from } = onScreen ?? here({ point, seed });
  const file = await call("save", { run, step: at, point: shown, seed: from, label: labelLanguage() });
  if (file) download(file);
});
button("open").addEventListener("click", () => part("open-file").click());
part("open-file").addEventListener("change", () => { reopen(part("open-file").files[0]); part("open-file").value = ""; });
button("share").addEventListener("click", async () => {
  const short = { ...point, z: point.z.map((value) => Number(value.toFixed(3))), other: point.other?.map((value) => Number(value.toFixed(3))) ?? null };
  const link = `${location.origin}${location.pathname}?run=${encodeURIComponent(model.run)}&step=${step}&at=${encodeURIComponent(btoa(JSON.stringify(short)))}`;
  history.replaceState(null, "", link);
  const copied = await navigator.clipboard?.writeText(link).then(() => true, () => false);
  message(say(copied ? "latent.shared" : "latent.shared.address"), false);
});

async function reopen(file) {
  const content = file && (await fileContent(file));
  const recipe = content && (await call("reopened", { file: content }));
  if (!recipe) return;
  if (await openModel(recipe.run, { at: recipe.step, position: recipe.point, from: recipe.seed })) message(say("latent.reopened"), false);
}
root.addEventListener("dragover", (event) => event.preventDefault());
root.addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer.files[0];
  if (!file || !model) return;
  if (root.querySelector('[data-panel="draw"]').hidden) reopen(file);
  else uploaded(file);
});

button("new").addEventListener("click", async () => {
  const box = part("neighbours");
  part("new-box").hidden = false;
  part("verdict").textContent = "";
  if (!onScreen) return;
  const found = await work("neighbours", here({ picture: single(onScreen.picture) }), box);
  if (!found) return;
  found.distances.forEach((distance, i) => {
    const figure = make("figure"), canvas = make("canvas", null, { class: "pixels" });
    paint(canvas, found.pictures, i);
    figure.append(canvas, make("figcaption", distance.toFixed(3)));
    box.append(figure);
  });
  const [low, middle, high] = found.usual, nearest = found.distances[0];
  const verdict = nearest < low ? "copy" : nearest > high ? "strange" : "new";
  part("verdict").textContent = `${say(`new.${verdict}`)} ${say("new.usual", {
    distance: nearest.toFixed(3), low: low.toFixed(3), middle: middle.toFixed(3), high: high.toFixed(3),
    count: found.count.toLocaleString(), data: say(`data.${found.data}`),
  })}`;
});
moved.push(() => { part("new-box").hidden = true; });

// While the engine loads: what the training itself drew last.
async function showFormer(name) {
  const file = models.find((one) => one.name === name)?.sample;
  const sample = file && (await call("sample", { run: name, file }));
  if (!sample) return;
  const picture = new Image();
  picture.src = sample.content;
  await picture.decode();
  if (onScreen) return;
  const canvas = part("picture");
  canvas.width = picture.width; canvas.height = picture.height;
  canvas.getContext("2d").drawImage(picture, 0, 0);
  part("halves").hidden = false;
}

// -- opening --------------------------------------------------------------------------------------------
root.position = () => ({ run: model?.run, step, point, seed, picture: onScreen?.picture ?? null }); // for tests and benchmarks

function fromAddress() {
  const asked = new URLSearchParams(location.search), at = Number(asked.get("step"));
  if (!asked.get("run")) return null;
  return { name: asked.get("run"), at: Number.isInteger(at) && asked.has("step") ? at : null, position: positionIn(asked.get("at")) };
}

// The position that a link carries, or null; whatever it lacks is as usual.
function positionIn(code) {
  if (!code) return null;
  let given;
  try { given = JSON.parse(atob(code)); } catch { return { z: [] }; }
  const numbers = (one) => Array.isArray(one) && one.every(Number.isFinite);
  if (!numbers(given?.z)) return { z: [] };
  return {
    z: given.z,
    label: Number.isInteger(given.label) ? given.label : null,
    truncation: Number.isFinite(given.truncation) ? given.truncation : 1,
    other: numbers(given.other) && given.other.length === given.z.length ? given.other : null,
    mix_from: Number.isInteger(given.mix_from) ? given.mix_from : 0,
  };
}

// What the address asks for, what was open last, or the first model that can be opened.
async function openFirst() {
  const asked = fromAddress(), last = localStorage.getItem("aigc-latent-run");
  const first = models.some((one) => one.name === last) ? last : models[0].name;
  if (!ready) await showFormer(first);
  let problem = "";
  if (asked) {
    const wanted = { position: asked.position, from: asked.position ? null : 0 };
    if (await openModel(asked.name, { at: asked.at, ...wanted })) return;
    problem = part("message").textContent;
    if (asked.at !== null && (await openModel(asked.name, wanted))) { message(problem); return; } // at its best step
  }
  for (const name of [first, ...models.map((one) => one.name).filter((one) => one !== first)])
    if (await openModel(name)) break; // a damaged run must not close the page for the others
  if (problem) message(problem);
}

(async () => {
  openTab("sliders");
  message(say("latent.loading"), false);
  await follow();
  if (models.length) await openFirst();
  while (element.isConnected) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (document.hidden) continue;
    await follow();
    if (!model && models.length) await openFirst();
  }
})();
