// The sliders: directions with a meaning first, raw numbers underneath. Each shows where the position lies along
// its direction, in standard deviations of the code.
const REACH = 4;
let directions = { found: [], learned: null, own: [] };
let rows = []; // {direction, slider, shown, lock}
let naming = false;

const unit = (i) => model.latent_size && Array.from({ length: model.latent_size }, (_, k) => (k === i ? 1 : 0));
const everyDirection = () => [...(directions.learned ?? []), ...directions.own, ...directions.found];

function titleOf(direction) {
  if (direction.kind === "class") return say("direction.class", { name: className(direction.name) });
  if (direction.kind === "attribute") return say(`direction.${direction.name}`);
  if (direction.kind === "found") return say("direction.found", { name: direction.name });
  return direction.name;
}

// The code of a new seed, moved so that locked sliders stay where they are.
function heldStill(z) {
  const locked = rows.filter((row) => row.lock.checked).map((row) => row.direction.vector);
  if (!locked.length) return z;
  let free = z;
  for (let round = 0; round < 30; round++) // directions need not be perpendicular: correct them in turn
    for (const vector of locked) free = added(free, vector, dot(point.z, vector) - dot(free, vector));
  return free;
}

async function loadDirections() {
  const answer = await call("directions", here());
  if (!answer) return;
  while (dragging || naming) await new Promise((resolve) => setTimeout(resolve, 200)); // never under a person's hand
  directions = answer;
  const locked = rows.filter((row) => row.lock.checked).map((row) => row.direction);
  buildSliders();
  for (const row of rows) // a found direction may be another one at another step
    row.lock.checked = locked.some((one) => one.id === row.direction.id && dot(one.vector, row.direction.vector) > 0.99);
  showCoordinates();
  directionsChanged();
}

function buildSliders() {
  rows = [];
  const groups = part("groups"), open = new Set([...groups.querySelectorAll("details[open]")].map((one) => one.dataset.group));
  groups.replaceChildren();
  group("learned", directions.learned ?? [], open.size === 0 || open.has("learned"));
  if (!directions.learned) groups.lastChild.append(learnButton());
  else if (!directions.learned.length) groups.lastChild.append(make("p", say("sliders.learned.none"), { class: "quiet" }));
  if (directions.own.length) group("own", directions.own, true);
  group("found", directions.found, open.size === 0 || open.has("found"));
  const raw = Array.from({ length: model.latent_size }, (_, i) => ({ id: `raw-${i}`, kind: "raw", name: `z${i + 1}`, vector: unit(i) }));
  group("raw", raw, open.has("raw") || model.latent_size === 2);
}

function group(kind, list, open) {
  const box = make("details", null, { "data-group": kind });
  box.open = open;
  box.addEventListener("toggle", showCoordinates);
  const head = make("summary", say(`sliders.${kind}`));
  head.append(question(`sliders.${kind}.help`));
  box.append(head);
  const grid = make("div", null, { class: "sliders" });
  for (const direction of list) grid.append(sliderRow(direction));
  box.append(grid);
  part("groups").append(box);
}

function sliderRow(direction) {
  const line = make("div", null, { class: "slider", "data-direction": direction.id });
  const lock = make("input", null, { type: "checkbox", class: "lock", title: say("sliders.lock"), "aria-label": say("sliders.lock") });
  const name = make("span", titleOf(direction), { class: "name", title: titleOf(direction) }); // whole, where it is cut
  if (direction.quality != null)
    name.title += `\n${say(`sliders.quality.${direction.kind}`, { percent: Math.round(100 * direction.quality) })}`;
  const slider = make("input", null, { type: "range", min: -REACH, max: REACH, step: 0.01, "aria-label": titleOf(direction) });
  const shown = make("b"), tool = make("button", null, { class: "tool" });
  slider.addEventListener("input", () => {
    const amount = Number(slider.value) - dot(point.z, direction.vector);
    glide({ z: added(point.z, direction.vector, amount) });
  });
  slider.addEventListener("dblclick", () => go({ z: added(point.z, direction.vector, -dot(point.z, direction.vector)) }));
  if (direction.kind === "own") {
    tool.textContent = "×"; tool.title = say("sliders.forget");
    tool.addEventListener("click", async () => { if (await call("forget_direction", here({ id: direction.id }))) loadDirections(); });
  } else {
    tool.textContent = "✎"; tool.title = say("sliders.name");
    tool.addEventListener("click", () => nameIt(direction, name));
  }
  line.append(lock, name, slider, shown, tool);
  rows.push({ direction, slider, shown, lock });
  return line;
}

// Name a direction in place: Enter keeps it with the run, Escape leaves it.
function nameIt(direction, label) {
  const field = make("input", null, { type: "text", maxlength: "60", placeholder: say("sliders.name.hint"), class: "naming" });
  label.replaceWith(field);
  field.focus();
  naming = true;
  let over = false;
  const end = async (keep) => {
    if (over || !field.isConnected) return;
    over = true;
    naming = false;
    field.replaceWith(label);
    if (keep && field.value.trim() && (await call("name_direction", here({ name: field.value, vector: direction.vector })))) loadDirections();
  };
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") end(true); if (event.key === "Escape") end(false); });
  field.addEventListener("blur", () => end(true));
}

function learnButton() {
  const box = make("div", null, { class: "row" }), start = make("button", say("sliders.learn"), { class: "main", "data-do": "learn" });
  start.addEventListener("click", async () => {
    const asked = era;
    if (await work("learn", here(), box)) loadDirections();
    else if (asked === era) buildSliders();
  });
  box.append(start);
  return box;
}

function showCoordinates() {
  for (const { direction, slider, shown } of rows) {
    if (!slider.closest("details").open) continue; // seen to when it is opened
    const value = dot(point.z, direction.vector);
    if (document.activeElement !== slider || !dragging) slider.value = value;
    shown.textContent = value.toFixed(2);
  }
}

moved.push(showCoordinates, () => {
  part("truncation").value = point.truncation;
  part("truncation-shown").textContent = point.truncation.toFixed(2);
  part("seed").value = seed ?? "";
  button("undo").disabled = !past.length;
  for (const chip of part("classes").children) chip.classList.toggle("on", Number(chip.dataset.label) === point.label);
});

opened.push((another) => {
  dragging = naming = false;
  if (another) {
    directions = { found: [], learned: null, own: [] };
    part("class-field").hidden = !model.class_names.length;
    part("classes").replaceChildren(...model.class_names.map((name, label) => {
      const chip = make("button", className(name), { class: "chip", "data-label": label });
      chip.addEventListener("click", () => go({ label }, { from: seed }));
      return chip;
    }));
    rows = [];
    part("groups").replaceChildren(make("p", say("sliders.wait"), { class: "quiet" }));
  }
});

part("truncation").addEventListener("input", () => glide({ truncation: Number(part("truncation").value) }, seed));
part("seed").addEventListener("change", () => {
  const number = Number(part("seed").value);
  if (part("seed").value !== "" && Number.isInteger(number) && number >= 0 && number < 2 ** 31) dice(number);
  else message(say("latent.seed.bad"));
});
