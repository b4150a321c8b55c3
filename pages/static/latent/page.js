// The page as a whole: which model, which tab, saving, sharing, opening again.
const POLL_MS = 4000;
const TABS = ["sliders", "map", "draw", "repair", "journey", "mix"];
let models = [];
let ready = false; // whether the server can draw without loading its engine first

// -- tabs -----------------------------------------------------------------------------------------------
function openTab(name) {
  for (const panel of root.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== name;
  for (const tab of root.querySelectorAll("[data-tab]")) {
    tab.classList.toggle("on", tab.dataset.tab === name);
    tab.setAttribute("aria-selected", tab.dataset.tab === name);
  }
  if (name === "map") drawMap();
  if (name === "mix" && point) showStyle();
  if (name === "repair" && !whole && onScreen) damage(onScreen.picture);
}
for (const name of TABS) {
  const tab = make("button", say(`latent.tab.${name}`), { "data-tab": name, "data-tip": `latent.tab.${name}.help`, role: "tab" });
  tab.addEventListener("click", () => openTab(name));
  part("tabs").append(tab);
}
explainRows(part("tabs"));

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

part("models").addEventListener("change", async () => { if (!(await openModel(part("models").value))) showModels(); });
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
  const words = found.own ? [`new.${verdict}`, "new.usual", "new.compared"] : ["new.substitute", `new.substitute.${verdict}`, "new.usual"];
  const values = {
    distance: nearest.toFixed(3), low: low.toFixed(3), middle: middle.toFixed(3), high: high.toFixed(3),
    count: found.count.toLocaleString(), data: say(`data.${found.data}`),
  };
  part("verdict").replaceChildren(...words.map((key) => make("p", say(key, values))));
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
  const position = positionIn(asked.get("at"));
  return { name: asked.get("run"), at: Number.isInteger(at) && asked.has("step") ? at : null, position, from: position ? null : 0 };
}

// What a link gives as a position, or null where it gives none; whether it is one is seen when it is opened.
function positionIn(code) {
  if (!code) return null;
  try { return JSON.parse(atob(code)) ?? {}; } catch { return {}; }
}

// A page that is loaded again, as when its language is switched, goes on where it was.
const LEFT = "aigc-latent-left";
window.addEventListener("pagehide", () => {
  if (!onScreen) return;
  const tab = root.querySelector(".tabs .on").dataset.tab;
  AIGC.session.setItem(LEFT, JSON.stringify({ name: model.run, at: step, position: point, from: seed, tab }));
  try { AIGC.session.setItem(`${LEFT}-shelf`, JSON.stringify(kept)); } catch { AIGC.session.removeItem(`${LEFT}-shelf`); } // no room
});

function whatWasLeft() { // once
  const [left, shelf] = [LEFT, `${LEFT}-shelf`].map((key) => {
    const value = JSON.parse(AIGC.session.getItem(key));
    AIGC.session.removeItem(key);
    return value;
  });
  const again = performance.getEntriesByType("navigation")[0].type === "reload";
  return left && again ? { ...left, shelf: shelf ?? [] } : null;
}

// What the address asks for, what was open last, or the first model that can be opened.
async function openFirst() {
  const left = whatWasLeft(), asked = left ?? fromAddress(), last = AIGC.local.getItem("aigc-latent-run");
  const first = models.some((one) => one.name === last) ? last : models[0].name;
  if (!ready) await showFormer(first);
  let problem = "";
  if (asked) {
    const opens = await openModel(asked.name, asked);
    if (opens && left) { kept.push(...left.shelf); showShelf(); openTab(left.tab); }
    if (opens) return;
    problem = part("message").textContent;
    if (asked.at !== null && (await openModel(asked.name, { ...asked, at: null }))) { message(problem); return; } // at its best step
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
