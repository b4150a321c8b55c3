// The page as a whole: which model, which tab, fetching a model.
const POLL_MS = 4000;
const TABS = { write: null, attention: showAttention, lens: showLens, surprise: null, copied: null, history: null, compare: showOthers };
let tab = "write";

function openTab(name) {
  tab = name;
  for (const panel of root.querySelectorAll("[data-panel]")) panel.hidden = panel.dataset.panel !== name;
  for (const one of part("tabs").children) {
    one.classList.toggle("on", one.dataset.tab === name);
    one.setAttribute("aria-selected", one.dataset.tab === name);
  }
  if (model) TABS[name]?.();
}
for (const name of Object.keys(TABS)) {
  const one = make("button", say(`text.tab.${name}`), { "data-tab": name, role: "tab" });
  one.addEventListener("click", () => openTab(name));
  part("tabs").append(one);
}
root.addEventListener("written", () => TABS[tab]?.());
opened.push(() => TABS[tab]?.());

// -- the model ------------------------------------------------------------------------------------------
function titled(one) { return `${one.name}${one.state === "running" ? ` · ${say("state.running")}` : ""}`; }

function showModels() {
  part("models").replaceChildren(...models.map((one) => make("option", titled(one), { value: one.name })));
  if (model) part("models").value = model.run;
  showOthers();
}

function showSteps() {
  const range = part("step");
  part("steps").hidden = model.steps.length < 2;
  range.max = model.steps.length - 1;
  range.value = Math.max(0, model.steps.indexOf(step));
  part("step-shown").textContent = step;
  part("about").textContent = `${model.origin || say(`data.${model.data}`)} · ${say("text.size", {
    parameters: model.parameters.toLocaleString(), layers: model.layers, heads: model.heads, context: model.context, vocabulary: model.vocabulary.toLocaleString(),
  })}`;
}
part("models").addEventListener("change", () => openModel(part("models").value));
part("step").addEventListener("input", () => { part("step-shown").textContent = model.steps[Number(part("step").value)]; });
part("step").addEventListener("change", () => openModel(model.run, model.steps[Number(part("step").value)]));
opened.push(() => { part("models").value = model.run; showSteps(); showOthers(); });
notOpened.push(() => { if (model) { part("models").value = model.run; showSteps(); } });

async function follow() {
  const answer = await server.runs({}).catch(() => null);
  if (!answer?.ok) return;
  const before = JSON.stringify(models.map((one) => [one.name, one.state]));
  models = answer.value;
  if (JSON.stringify(models.map((one) => [one.name, one.state])) !== before) showModels();
  part("empty").hidden = models.length > 0;
  const now = model && models.find((one) => one.name === model.run);
  if (!now || String(now.steps) === String(model.steps)) return;
  const newest = step === model.steps.at(-1) && !running?.length && !branch; // what stands here stays
  model = { ...model, steps: now.steps };
  if (newest || !now.steps.includes(step)) await openModel(model.run, now.steps.at(-1), false); // who is typing goes on
  else showSteps();
}

// -- fetching -------------------------------------------------------------------------------------------
button("bring").addEventListener("click", () => { part("bring-box").hidden = !part("bring-box").hidden; });
button("bring-go").addEventListener("click", async () => {
  message("");
  const name = await work("bring", { source: part("bring-name").value.trim() }, part("bring-job"), ({ what }) => message(what, false));
  if (!name) return;
  part("bring-box").hidden = true;
  await follow();
  if (await openModel(name)) message(say("bring.done", { name }), false);
});

root.state = () => ({ run: model?.run, step, branch: branch && { prompt: branch.prompt, chosen: branch.chosen, samples: branch.samples.map(({ tokens, texts, chances }) => ({ tokens, texts, chances })) }, busy: Boolean(running?.length) }); // for tests and benchmarks

(async () => {
  openTab("write");
  busy(false);
  message(say("latent.loading"), false);
  await follow();
  const asked = new URLSearchParams(location.search).get("run"), last = AIGC.local.getItem("aigc-text-run");
  const names = models.map((one) => one.name);
  for (const name of [asked, last, ...names]) if (names.includes(name) && (await openModel(name))) break;
  if (!models.length) message("");
  if (asked && !names.includes(asked)) message(AIGC.sentence({ key: "run.gone", text: "", values: { name: asked } }));
  while (element.isConnected) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    if (document.hidden) continue;
    await follow();
    if (!model && models.length) await openModel(models[0].name);
  }
})();
