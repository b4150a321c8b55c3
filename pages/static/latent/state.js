// Where the person is: which model, which position in its space, and the picture of it.
// A position is {z, label, truncation, other, mix_from}, as the core has it.
let model = null; // what describe() said
let step = null;
let point = null;
let seed = null; // that the position came from; null once a slider has moved it
let peek = null; // a position only looked at, while the mouse is over the map
let peekStep = null; // and at which step
let onScreen = null; // {run, step, point, seed, picture}: what was drawn last, for whoever keeps, saves or compares it
const past = [];
const moved = []; // called when the position changes
const opened = []; // called when another model or step is opened
const kept = []; // the shelf: what was on the screen when it was kept

const copy = (position) => ({ ...position, z: [...position.z], other: position.other && [...position.other] });
const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const added = (z, direction, amount) => z.map((value, i) => value + amount * direction[i]);
const here = (values = {}) => ({ run: model.run, step, ...values });
const plain = (z, label, classes = model.class_names) => ({ z, label: label ?? (classes.length ? 0 : null), truncation: 1, other: null, mix_from: 0 });

// Back to something seen before, as it was: at its own step.
async function goBack(seen) {
  if (seen.step !== step) await openStep(seen.step);
  if (seen.step === step) go(copy(seen.point), { from: seen.seed });
}

// Change the position. `fresh`: the start of a new move, which undo goes back to.
function go(change, { fresh = true, from = null } = {}) {
  if (fresh && point) remember();
  point = { ...point, ...change };
  seed = from;
  refresh();
  tellMoved();
}

function remember() { // what undo goes back to
  past.push({ point: copy(point), seed });
  if (past.length > 200) past.shift();
}

// A move by a slider: however long it is dragged, it is one move. A slider that is back where it was says no
// “change”: the hand that lets go ends it, too.
let dragging = false;
function glide(change, from = null) {
  go(change, { fresh: !dragging, from });
  dragging = true;
}
const letGo = () => { dragging = false; };
for (const end of ["change", "keyup", "focusout"]) root.addEventListener(end, letGo);
for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, letGo);

function undo() {
  const last = past.pop();
  if (!last) return;
  ({ point, seed } = last);
  refresh();
  tellMoved();
}

// The controls follow at the next frame: the picture's request goes out first.
let telling = false;
function tellMoved() {
  if (telling) return;
  telling = true;
  requestAnimationFrame(() => { telling = false; moved.forEach((tell) => tell()); });
}

// Draw the position; however often it changes meanwhile, the last one is drawn last.
let dirty = false, drawing = false;
async function refresh() {
  dirty = true;
  if (drawing) return;
  drawing = true;
  while (dirty && element.isConnected) {
    dirty = false;
    const position = peek ?? point, looking = position === peek, from = seed;
    const asked = here({ points: [position] });
    if (looking && peekStep !== null) asked.step = peekStep;
    const drawn = await call("draw", asked);
    if (drawn) show({ run: asked.run, step: asked.step, point: position, seed: from, picture: drawn }, looking);
  }
  drawing = false;
}

function show(seen, looking = false) {
  paint(part("picture"), seen.picture);
  if (!looking) onScreen = seen;
  root.dispatchEvent(new CustomEvent("drawn", { detail: seen.point })); // for whoever measures
}

function look(position, moment = null) { // at a place without going there; null = back
  peek = position; peekStep = moment;
  refresh();
}

async function dice(number = Math.floor(Math.random() * 2 ** 31)) {
  const z = await call("code_of_seed", here({ seed: number }));
  if (!z) return;
  const free = heldStill(z); // sliders that are locked keep their place
  go({ z: free }, { from: free === z ? number : null });
}

let opening = 0; // the last one asked for wins
async function openModel(name, { at = null, position = null, from = 0 } = {}) {
  const mine = ++opening;
  const described = await call("describe", { run: name, step: at });
  if (!described || mine !== opening) return false;
  const given = position && { ...plain(null, null, described.class_names), ...position };
  const fits = given && (await call("draw", { run: name, step: described.step, points: [given] })); // the core knows
  if (mine !== opening) return false;
  message("");
  const another = model?.run !== described.run;
  era += 1;
  model = described; step = described.step; past.length = 0; peek = onScreen = null;
  point = plain(Array(model.latent_size).fill(0)); seed = null;
  if (another) kept.length = 0;
  AIGC.local.setItem("aigc-latent-run", name);
  opened.forEach((tell) => tell(another));
  part("halves").hidden = false;
  if (fits) go(given, { fresh: false, from });
  else { await dice(from ?? 0); past.length = 0; }
  if (given && !fits) message(say("latent.bad_link"));
  loadDirections();
  return true;
}

async function openStep(number) { // the same position at another moment of the training
  const mine = ++opening;
  const described = await call("describe", { run: model.run, step: number });
  if (!described || mine !== opening) return;
  era += 1;
  model = described; step = described.step;
  opened.forEach((tell) => tell(false));
  refresh();
  loadDirections();
}
