// What can be turned, what stands in the address, and which of it a teacher has hidden.
const TIMELESS = ["defaults", "begin", "advance"];
const CONTROLS = [
  { name: "model", choices: ["gan", "vae"] },
  { name: "pattern", choices: ["ring", "grid", "line", "spiral", "moons", "drawn"] },
  { name: "objective", choices: ["non-saturating", "minimax", "least-squares", "hinge", "wasserstein", "relativistic"], of: "gan" },
  { name: "lr_d", log: [-5, -1], of: "gan" },
  { name: "lr_g", log: [-5, -1], of: "gan" },
  { name: "d_steps", min: 0, max: 10, step: 1, of: "gan" },
  { name: "g_steps", min: 0, max: 10, step: 1, of: "gan" },
  { name: "penalty", min: 0, max: 20, step: 0.1, of: "gan" },
  { name: "blur", min: 0, max: 0.5, step: 0.01, of: "gan" },
  { name: "lr", log: [-5, -1], of: "vae" },
  { name: "beta", min: 0, max: 10, step: 0.1, of: "vae" },
  { name: "latent_size", min: 1, max: 16, step: 1 },
  { name: "latent", choices: ["normal", "uniform"], of: "gan" },
  { name: "depth", min: 1, max: 4, step: 1 },
  { name: "width", min: 2, max: 128, step: 2 },
  { name: "batch_size", min: 4, max: 1024, step: 4 },
  { name: "seed", number: true },
];
const MOST_IN_ADDRESS = 300; // drawn points
let usual = null; // every setting's default
let settings = null;
let hidden = new Set();
const fields = {}; // by name: { row, show }

const shownNumber = (control, value) => (control.log ? value.toExponential(1) : String(Math.round(value * 1000) / 1000));

// The address says what differs from the usual, and what is hidden.
function settingsOfAddress() {
  const asked = new URLSearchParams(location.search), found = { ...usual };
  for (const { name, choices } of CONTROLS) {
    if (!asked.has(name)) continue;
    const value = asked.get(name);
    found[name] = choices ? value : Number(value);
  }
  if (asked.has("drawn")) found.drawn = asked.get("drawn").split(";").map((one) => one.split(",").map(Number)).filter((one) => one.length === 2);
  hidden = new Set((asked.get("hide") ?? "").split(",").filter((one) => CONTROLS.some(({ name }) => name === one)));
  return found;
}
function address() {
  const asked = new URLSearchParams();
  for (const { name } of CONTROLS) if (settings[name] !== usual[name]) asked.set(name, settings[name]);
  if (settings.pattern === "drawn" && settings.drawn.length) asked.set("drawn", settings.drawn.slice(0, MOST_IN_ADDRESS).map((one) => one.join(",")).join(";"));
  if (hidden.size) asked.set("hide", [...hidden].join(","));
  const query = asked.toString().replaceAll("%2C", ",").replaceAll("%3B", ";");
  return `${location.pathname}${query ? `?${query}` : ""}`;
}
function set(name, value) {
  settings = { ...settings, [name]: value };
  history.replaceState(null, "", address());
  showControls();
  changed();
}

function drawControls() {
  for (const control of CONTROLS) {
    const row = make("div", null, { class: "control", "data-control": control.name });
    const hide = make("input", null, { type: "checkbox", "aria-label": say("lab.hide", { name: say(`lab.${control.name}`) }) });
    hide.addEventListener("change", () => {
      hidden[hide.checked ? "add" : "delete"](control.name);
      history.replaceState(null, "", address());
    });
    const label = make("label", say(`lab.${control.name}`));
    label.append(question(`lab.${control.name}.help`));
    row.append(hide, label, ...inputOf(control));
    fields[control.name].row = row;
    fields[control.name].hide = hide;
    part("controls").append(row);
  }
}
function inputOf(control) {
  const { name } = control, named = { "aria-label": say(`lab.${name}`) };
  if (control.choices) {
    const select = make("select", null, named);
    select.append(...control.choices.map((one) => make("option", say(`lab.${name}.${one}`), { value: one })));
    select.addEventListener("change", () => set(name, select.value));
    fields[name] = { show: (value) => { select.value = value; } };
    return [select];
  }
  if (control.number) {
    const field = make("input", null, { type: "number", min: 0, max: 2 ** 31 - 1, step: 1, ...named });
    field.addEventListener("change", () => set(name, Math.min(2 ** 31 - 1, Math.max(0, Math.floor(Number(field.value)) || 0))));
    fields[name] = { show: (value) => { field.value = value; } };
    return [field];
  }
  const [min, max, step] = control.log ? [...control.log, 0.05] : [control.min, control.max, control.step];
  const slider = make("input", null, { type: "range", min, max, step, ...named }), shown = make("b");
  const value = () => (control.log ? Number((10 ** Number(slider.value)).toPrecision(3)) : Number(slider.value));
  slider.addEventListener("input", () => set(name, value()));
  fields[name] = { show: (now) => { if (value() !== now) slider.value = control.log ? Math.log10(now) : now; shown.textContent = shownNumber(control, now); } };
  return [slider, shown];
}
function showControls() {
  const hiding = part("hiding").checked;
  for (const { name, of } of CONTROLS) {
    const { row, show, hide } = fields[name];
    row.hidden = (of && of !== settings.model) || (hidden.has(name) && !hiding);
    hide.hidden = !hiding;
    hide.checked = hidden.has(name);
    show(settings[name]);
  }
  for (const one of ["step-d", "step-g"]) button(one).hidden = settings.model !== "gan";
  button("clear").hidden = settings.pattern !== "drawn";
  part("arrows").parentElement.hidden = settings.model !== "gan";
  part("codes-box").hidden = settings.model !== "vae";
}
