// Writing: a branch is a prompt, tokens chosen after it, and samples that continue both.
const branches = [];
const MOST_BRANCHES = 60; // that one can go back to
let branch = null; // the one on the screen
let chosenSample = 0; // the sample that “Continue” and the other tabs are about
let running = null; // the jobs that are writing
let stopping = false; // the person said so, perhaps before a job has its number

const strength = (chance) => Math.min(1, -Math.log(Math.max(chance, 1e-9)) / 6); // 0 certain, 1 far from expected
const percent = (value) => `${(100 * value).toFixed(value < 0.0995 ? 1 : 0)}%`;
const visible = (text) => text.replaceAll("\n", "⏎\n");
const named = (text) => text.replaceAll("\n", "⏎").replaceAll(" ", "␣") || "…"; // a token by itself
const promptText = () => part("prompt").value;
const lead = (one) => one.prompt + one.leadText;
const sampleText = (sample) => sample.texts.join("");
const wholeText = (one = branch, number = chosenSample) => (one ? lead(one) + sampleText(one.samples[number] ?? { texts: [] }) : promptText());
// What stands on the screen as a beginning, for whoever looks into it.
function beginningOnScreen() {
  if (!branch) return { prompt: promptText(), chosen: [] };
  return { prompt: branch.prompt, chosen: [...branch.chosen, ...(branch.samples[chosenSample]?.tokens ?? [])] };
}
// What stands on the screen was written at a step of the model, and is looked into and gone on with at that step.
const there = (values = {}) => ({ ...here(values), step: branch?.step ?? step });
const lastOf = (text, count) => [...text].slice(-count).join(""); // never half a character

// A token as it is shown: coloured by how likely it was for the model.
function tokenSpan(text, chance) {
  const span = make("span", visible(text), { class: "token", style: `--strength: ${strength(chance)}`, title: `${named(text)} · ${percent(chance)}` });
  if (!text) span.classList.add("part");
  return span;
}

function drawBranch() {
  part("samples").replaceChildren();
  part("choices").hidden = true;
  if (!branch) return;
  branch.samples.forEach((sample, number) => {
    const card = make("article", null, { class: "sample", "data-sample": number });
    const head = make("button", say("text.sample", { n: number + 1 }), { class: "sample-head" });
    head.addEventListener("click", () => choose(number));
    const body = make("p", null, { class: "spans" });
    body.append(make("span", lastOf(lead(branch), 400).trimStart(), { class: "lead" }));
    sample.body = body;
    sample.texts.forEach((text, i) => body.append(tokenSpan(text, sample.chances[i])));
    card.append(head, body);
    part("samples").append(card);
  });
  choose(Math.min(chosenSample, branch.samples.length - 1));
  drawBranches();
}

function choose(number) {
  chosenSample = Math.max(0, number);
  for (const card of part("samples").children) card.classList.toggle("on", Number(card.dataset.sample) === chosenSample && branch.samples.length > 1);
}

function drawBranches() {
  part("branches").replaceChildren(...branches.slice(-MOST_BRANCHES).map((one) => {
    const at = one.step === step ? "" : ` · ${say("text.at_step", { n: one.step })}`;
    const words = (one.parent ? `${one.id} ← ${one.parent} ${named(one.last)}` : `${one.id}`) + at;
    const chip = make("button", words, { class: "chip", title: say(one.parent ? "text.branch.from" : "text.branch.first", { n: one.parent ?? one.id }) });
    chip.classList.toggle("on", one === branch);
    chip.addEventListener("click", () => { branch = one; chosenSample = 0; drawBranch(); });
    return chip;
  }));
  part("branches").hidden = branches.length < 2;
}

part("samples").addEventListener("click", (event) => {
  const span = event.target.closest(".token");
  if (!span || !branch) return;
  const number = Number(span.closest(".sample").dataset.sample), tokens = [...span.parentElement.querySelectorAll(".token")];
  choose(number);
  openChoices(number, tokens.indexOf(span), span);
});

function busy(on) {
  button("write").disabled = on;
  button("stop").disabled = !on;
  button("continue").disabled = on || !branch;
}

async function whileBusy(work) {
  stopping = false;
  busy(true);
  try { await work(); } finally { busy(false); }
}

// Write on after a beginning; each sample grows where `samples` says. Resolves when it has ended.
async function grow(beginning, several, seed, samples, place = {}) {
  samples.forEach(forgetUnfinished);
  const asked = era, before = samples.map((one) => one.texts.length);
  const values = { beginning, knobs: { ...knobs(), seed }, count: several, stop: part("blank-line").checked ? "\n\n" : "" };
  const job = await call("write", { ...(place.run ? place : there()), ...values });
  if (!job) return;
  running = [...(running ?? []), job];
  if (stopping) call("cancel", { job });
  let seen = 0, state = "waiting";
  while (asked === era && element.isConnected && ["waiting", "running"].includes(state)) {
    const now = await call("written", { job, seen });
    if (!now) break;
    state = now.state;
    now.samples.forEach((news, number) => merge(samples[number], news, before[number] + now.from));
    seen = now.seen;
    tellPrompt(state, now);
    if (state === "failed") message(AIGC.sentence(now.error));
    if (state === "running") await new Promise((resolve) => setTimeout(resolve, 60));
    if (state === "waiting") await new Promise((resolve) => setTimeout(resolve, 250));
  }
  if (["waiting", "running"].includes(state)) call("cancel", { job });
  running = running?.filter((one) => one !== job) ?? null;
}

// A character that was cut by a stop is spelled out when the text goes on.
function forgetUnfinished(sample) {
  const last = sample.texts.length - 1;
  if (!sample.texts[last]?.endsWith("\ufffd")) return;
  sample.texts[last] = sample.texts[last].slice(0, -1);
  sample.body?.querySelectorAll(".token")[last]?.replaceWith(tokenSpan(sample.texts[last], sample.chances[last]));
}
// What the model did not see of the prompt, and that others are before.
function tellPrompt(state, { unknown, cut }) {
  const said = [state === "waiting" ? say("text.waiting") : "", cut ? say("text.prompt.cut") : "", unknown ? say("text.prompt.unknown", { characters: unknown }) : ""];
  part("prompt-notes").textContent = said.join(" ").trim();
}

function merge(sample, news, from) {
  const known = sample.texts.length;
  for (const key of ["tokens", "texts", "chances"]) sample[key].splice(from, sample[key].length - from, ...news[key]);
  if (!sample.body?.isConnected) return;
  const spans = sample.body.querySelectorAll(".token");
  for (let i = from; i < sample.texts.length; i++) {
    if (i >= known) sample.body.append(tokenSpan(sample.texts[i], sample.chances[i]));
    else if (spans[i] && spans[i].textContent !== visible(sample.texts[i])) spans[i].replaceWith(tokenSpan(sample.texts[i], sample.chances[i]));
  }
}

const empty = (several) => Array.from({ length: several }, () => ({ tokens: [], texts: [], chances: [], body: null }));

async function writeBranch(prompt, chosen, leadText, last, parent, several) {
  message("");
  branch = { id: (branches.at(-1)?.id ?? 0) + 1, prompt, chosen, leadText, last, parent, seed: knobs().seed, step: parent ? branch.step : step, samples: empty(several) };
  branches.push(branch);
  chosenSample = 0;
  const mine = branch;
  drawBranch();
  await whileBusy(() => grow({ prompt, chosen }, several, mine.seed, mine.samples));
  if (!mine.samples[0].texts.length && branches.includes(mine)) { // nothing came of it
    branches.splice(branches.indexOf(mine), 1);
    if (branch === mine) { branch = branches.at(-1) ?? null; drawBranch(); busy(false); }
  }
  root.dispatchEvent(new CustomEvent("written"));
}

button("write").addEventListener("click", () => writeBranch(promptText(), [], "", "", null, count()));
button("stop").addEventListener("click", () => { stopping = true; running?.forEach((job) => call("cancel", { job })); });
button("continue").addEventListener("click", async () => {
  const number = chosenSample, sample = branch.samples[number];
  await whileBusy(() => grow({ prompt: branch.prompt, chosen: [...branch.chosen, ...sample.tokens] }, 1, branch.seed + number, [sample]));
  root.dispatchEvent(new CustomEvent("written"));
});
part("prompt").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !button("write").disabled) button("write").click();
});

part("colour").addEventListener("change", () => part("samples").classList.toggle("plain", !part("colour").checked));
for (const chance of [1, 0.3, 0.05, 0.003]) part("scale").append(make("span", percent(chance), { class: "token", style: `--strength: ${strength(chance)}` }));

// -- taking away ----------------------------------------------------------------------------------------
part("label").checked = true;
async function file() { return call("saved", { text: wholeText(), label: labelLanguage() }); }
button("save").addEventListener("click", async () => { const made = await file(); if (made) download(made); });
button("copy").addEventListener("click", async () => {
  const made = await file();
  if (!made) return;
  const text = new TextDecoder().decode(bytesOf(made.content));
  const copied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  message(say(copied ? "text.copied" : "text.copied.not"), !copied);
});

// -- purposes -------------------------------------------------------------------------------------------
const PURPOSES = [
  { name: "story", temperature: 0.8, top_p: 0.95, max_new_tokens: 300 },
  { name: "poem", temperature: 0.9, top_p: 0.95, max_new_tokens: 120 },
  { name: "headline", temperature: 0.7, top_p: 0.9, max_new_tokens: 30 },
  { name: "product", temperature: 0.7, top_p: 0.9, max_new_tokens: 120 },
  { name: "reply", temperature: 0.5, top_p: 0.9, max_new_tokens: 120 },
  { name: "level", temperature: 0.6, top_p: 0.9, max_new_tokens: 300 },
];
// The prompt of a purpose, in a language that the model knows the letters of.
function usual(name) {
  const known = model.languages.includes(AIGC.language) || !model.languages.length;
  return AIGC_WORDS[known ? AIGC.language : model.languages[0]][`purpose.${name}.prompt`];
}
for (const purpose of PURPOSES) {
  const chip = make("button", say(`purpose.${purpose.name}`), { class: "chip" });
  chip.addEventListener("click", () => {
    part("prompt").value = purpose.name === "poem" && model.prompt.startsWith("《") ? `${model.prompt}\n` : usual(purpose.name);
    for (const [name, value] of Object.entries(purpose)) if (name !== "name") turn(name, value);
    part("blank-line").checked = ["story", "poem"].includes(purpose.name);
    part("honest").textContent = say(`purpose.${purpose.name}.honest`);
    for (const one of part("purposes").children) one.classList.toggle("on", one === chip);
    turned.forEach((hear) => hear("temperature"));
  });
  part("purposes").append(chip);
}

// Another model starts anew, with what it wrote last during its training.
opened.push(async (another) => {
  if (!another) return;
  branches.length = 0; branch = null; running = null;
  drawBranches(); drawBranch(); busy(false);
  part("prompt").value = model.prompt ? `${model.prompt}\n` : usual("story");
  const run = model.run, newest = models.find((one) => one.name === run)?.sample;
  const sample = newest && (await call("sample", { run, file: newest }));
  if (!sample || branch || model.run !== run) return;
  const card = make("article", null, { class: "sample" });
  card.append(make("p", say("text.former"), { class: "quiet" }), make("p", sample.content, { class: "spans" }));
  part("samples").replaceChildren(card);
});
