// Where the person is: which model, which step of its training, and how it shall write.
const TIMELESS = ["runs", "sample", "describe", "cancel", "saved", "bring"];
const KNOBS = [
  { name: "temperature", min: 0, max: 2, step: 0.05, value: 0.8 },
  { name: "top_k", min: 0, max: 100, step: 1, value: 0 },
  { name: "top_p", min: 0.05, max: 1, step: 0.01, value: 1 },
  { name: "min_p", min: 0, max: 0.5, step: 0.01, value: 0 },
  { name: "repetition_penalty", min: 1, max: 2, step: 0.05, value: 1 },
  { name: "max_new_tokens", min: 10, max: 1000, step: 10, value: 200 },
  { name: "count", min: 1, max: 8, step: 1, value: 2 },
];
const SEEDS = 2 ** 31 - 1000;
let models = [];
let model = null; // what describe() said
let step = null;
const opened = []; // called when another model or step is opened
const notOpened = []; // called when that failed, and the one before stays
const turned = []; // called when a knob is turned
const inputs = {}; // the slider of each knob

const here = (values = {}) => ({ run: model.run, step, ...values });
const count = () => Number(inputs.count.value);
function knobs() {
  const values = Object.fromEntries(KNOBS.map(({ name }) => [name, Number(inputs[name].value)]));
  const { count: several, ...rest } = values;
  return { ...rest, seed: Number(inputs.seed.value), precision: inputs.precision.value };
}

function drawKnobs() {
  for (const knob of KNOBS) {
    const row = make("div", null, { class: "knob" }), shown = make("b");
    const slider = make("input", null, { type: "range", min: knob.min, max: knob.max, step: knob.step, "data-knob": knob.name });
    slider.value = knob.value;
    slider.setAttribute("aria-label", say(`knob.${knob.name}`));
    const label = make("label", say(`knob.${knob.name}`));
    label.append(question(`knob.${knob.name}.help`));
    const tell = () => { shown.textContent = knob.step < 1 ? Number(slider.value).toFixed(2) : slider.value; };
    slider.addEventListener("input", () => { tell(); turned.forEach((hear) => hear(knob.name)); });
    slider.tell = tell;
    tell();
    inputs[knob.name] = slider;
    row.append(label, slider, shown);
    part("knobs").append(row);
  }
  const row = make("div", null, { class: "knob" }), label = make("label", say("knob.seed")), dice = make("button", say("latent.dice"));
  const seed = make("input", null, { type: "number", min: 0, max: SEEDS, step: 1, "aria-label": say("knob.seed") });
  seed.value = 0;
  seed.addEventListener("change", () => { seed.value = Math.min(SEEDS, Math.max(0, Math.floor(Number(seed.value)) || 0)); });
  dice.addEventListener("click", () => { seed.value = Math.floor(Math.random() * SEEDS); });
  label.append(question("knob.seed.help"));
  row.append(label, seed, dice);
  inputs.seed = seed;
  part("knobs").append(row);
  drawPrecision();
}

// Only large networks gain by another one.
function drawPrecision() {
  const row = make("div", null, { class: "knob", hidden: "" }), label = make("label", say("knob.precision"));
  const kinds = make("select", null, { "aria-label": say("knob.precision") });
  label.append(question("knob.precision.help"));
  row.append(label, kinds);
  part("knobs").append(row);
  inputs.precision = kinds;
  opened.push(() => {
    const before = kinds.value;
    kinds.replaceChildren(...model.precisions.map((one) => make("option", one, { value: one })));
    kinds.value = model.precisions.includes(before) ? before : "float32";
    row.hidden = model.precisions.length < 2;
  });
}
drawKnobs();

function turn(name, value) {
  inputs[name].value = value;
  inputs[name].tell();
}

let opening = 0; // the last one asked for wins
async function openModel(name, at = null, byHand = true) {
  const mine = ++opening;
  part("halves").inert = byHand; // nobody shall write with one model while another's name is shown
  const described = await call("describe", { run: name, step: at });
  if (mine !== opening) return false;
  part("halves").inert = false;
  if (!described) { notOpened.forEach((tell) => tell()); return false; }
  message("");
  const another = model?.run !== described.run;
  era += 1;
  model = described; step = described.step;
  AIGC.local.setItem("aigc-text-run", name);
  part("halves").hidden = false;
  opened.forEach((tell) => tell(another));
  return true;
}
