// The map: a plane of the space as thumbnails, the classes' clouds on it, and the training's history of it.
const SIDE = 17; // thumbnails along an edge
const COLOURS = ["#e6194b", "#3cb44b", "#ffe119", "#4363d8", "#f58231", "#b455ff", "#42d4f4", "#f032e6", "#bfef45", "#fabed4"];
const map = part("map");
const sheets = new Map(); // "step|axes|reach|label" -> canvas of thumbnails
const clouds = new Map(); // "run|step" -> cloud or null
let mapStep = null; // which moment of the training is shown; null = the one in hand
let mapPlaying = null;

const isFlat = () => model.latent_size === 2;
const reach = () => Number(part("reach").value);
const vectorOf = (id) => (id.startsWith("raw-") ? unit(Number(id.slice(4))) : everyDirection().find((one) => one.id === id)?.vector);

function axes() {
  if (isFlat()) return [unit(0), unit(1)];
  return [vectorOf(part("across").value), vectorOf(part("up").value)];
}

// Where z lies in the plane of u and v, which need not be perpendicular.
function coordinates(z, u, v) {
  const uu = dot(u, u), vv = dot(v, v), uv = dot(u, v), zu = dot(z, u), zv = dot(z, v), det = uu * vv - uv * uv;
  return Math.abs(det) < 1e-9 ? [zu, 0] : [(zu * vv - zv * uv) / det, (zv * uu - zu * uv) / det];
}

function directionsChanged() {
  if (isFlat()) { drawMap(); return; }
  const list = everyDirection();
  for (const [role, fallback] of [["across", 0], ["up", 1]]) {
    const select = part(role), before = select.value;
    select.replaceChildren(...list.map((one) => make("option", titleOf(one), { value: one.id })));
    select.value = list.some((one) => one.id === before) ? before : (directions.found[fallback] ?? list[0])?.id;
  }
  drawMap();
}

async function sheetOf(moment, [u, v]) {
  const still = coordinatesFree(point.z, u, v).map((value) => value.toFixed(3));
  const origin = { ...point, z: isFlat() ? [0, 0] : point.z };
  const key = JSON.stringify([model.run, moment, reach(), { ...point, z: null }, isFlat() ? null : still, u, v]);
  if (!sheets.has(key)) {
    const drawn = await call("plane", here({ step: moment, origin, across: u, up: v, reach: reach(), side: SIDE }));
    if (!drawn) return null;
    const [, height, width] = drawn.shape, sheet = document.createElement("canvas"), bytes = bytesOf(drawn.pixels);
    sheet.width = SIDE * width; sheet.height = SIDE * height;
    for (let i = 0; i < SIDE * SIDE; i++)
      sheet.getContext("2d").putImageData(imageData(drawn, i, bytes), (i % SIDE) * width, Math.floor(i / SIDE) * height);
    if (sheets.size > 60) sheets.delete(sheets.keys().next().value);
    sheets.set(key, sheet);
  }
  return sheets.get(key);
}

// What remains of z outside the plane: the map changes only with this.
function coordinatesFree(z, u, v) {
  const [a, b] = coordinates(z, u, v);
  return added(added(z, u, -a), v, -b);
}

async function cloudOf(moment) {
  const key = `${model.run}|${moment}`;
  if (!clouds.has(key)) {
    const cloud = await call("cloud", here({ step: moment }));
    if (cloud === undefined) return null; // no answer came: ask again next time
    clouds.set(key, cloud);
  }
  return clouds.get(key);
}

let mapDirty = false, mapBusy = false;
async function drawMap() { // however often it is asked for meanwhile, the last state is drawn last
  mapDirty = true;
  if (mapBusy) return;
  mapBusy = true;
  while (mapDirty && element.isConnected) {
    mapDirty = false;
    await drawMapOnce();
  }
  mapBusy = false;
}

async function drawMapOnce() {
  const [u, v] = axes();
  if (root.querySelector('[data-panel="map"]').hidden || !point || !u || !v) return;
  const moment = mapStep ?? step, asked = model.run;
  const [sheet, cloud] = [await sheetOf(moment, [u, v]), await cloudOf(moment)];
  if (!sheet || model.run !== asked) return;
  const context = map.getContext("2d"), size = map.width;
  context.imageSmoothingEnabled = true;
  context.drawImage(sheet, 0, 0, size, size);
  const toPixel = (a, b) => [size * (a / reach() + 1) / 2, size * (1 - b / reach()) / 2];
  // The outermost thumbnails are centred on ±reach: half a thumbnail lies beyond.
  const inner = (value) => size / 2 + (value - size / 2) * (SIDE - 1) / SIDE;
  part("cloud-check").hidden = !cloud;
  part("map-legend").replaceChildren();
  if (cloud && part("cloud-shown").checked) {
    cloud.codes.forEach((code, i) => {
      const [x, y] = toPixel(...coordinates(code, u, v)).map(inner);
      context.beginPath();
      context.arc(x, y, 3.4, 0, 7);
      context.fillStyle = COLOURS[cloud.labels[i] % COLOURS.length];
      context.fill();
    });
    cloud.names.forEach((name, i) => {
      const entry = make("span", className(name)), swatch = make("i");
      swatch.style.background = COLOURS[i % COLOURS.length];
      entry.prepend(swatch);
      part("map-legend").append(entry);
    });
    part("map-legend").append(make("span", say(cloud.real ? "map.cloud.real" : "map.cloud.made"), { class: "quiet" }));
  }
  const [x, y] = toPixel(...coordinates(point.z, u, v)).map(inner);
  context.lineWidth = 3;
  for (const [radius, colour] of [[9, "#000"], [6, "#fff"]]) {
    context.strokeStyle = colour; context.beginPath(); context.arc(x, y, radius, 0, 7); context.stroke();
  }
}

function placeAt(event) {
  const box = map.getBoundingClientRect(), stretch = SIDE / (SIDE - 1), [u, v] = axes();
  const a = (2 * (event.clientX - box.left) / box.width - 1) * reach() * stretch;
  const b = (1 - 2 * (event.clientY - box.top) / box.height) * reach() * stretch;
  const [now, up] = coordinates(point.z, u, v);
  return added(added(point.z, u, a - now), v, b - up);
}

map.addEventListener("pointermove", (event) => { if (point) look({ ...point, z: placeAt(event) }, mapStep); });
map.addEventListener("pointerleave", () => { if (point) look(null); });
map.addEventListener("click", async (event) => { // to what is seen when pointing there: at that step, too
  const z = placeAt(event), moment = mapStep ?? step;
  peek = null;
  if (moment !== step) await openStep(moment);
  if (moment === step) go({ z });
});
for (const role of ["across", "up", "cloud-shown"]) part(role).addEventListener("change", drawMap);
part("reach").addEventListener("input", () => { part("reach-shown").textContent = `±${reach()}`; drawMap(); });
part("reach-shown").textContent = `±${reach()}`;

// -- the history of the map -----------------------------------------------------------------------------
function mapAt(place) {
  mapStep = model.steps[place];
  part("map-step").value = place;
  part("map-step-shown").textContent = mapStep;
  return drawMap();
}
part("map-step").addEventListener("input", () => mapAt(Number(part("map-step").value)));
button("map-play").addEventListener("click", async () => {
  if (mapPlaying) { mapPlaying = null; return; }
  const playing = (mapPlaying = {});
  button("map-play").textContent = say("map.stop");
  for (let place = 0; place < model.steps.length && mapPlaying === playing && element.isConnected; place++) {
    await mapAt(place);
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
  if (mapPlaying === playing) mapPlaying = null;
  button("map-play").textContent = say("map.play");
});

function showMapHistory() {
  part("history").hidden = model.steps.length < 2;
  part("map-step").max = model.steps.length - 1;
  part("map-step").value = model.steps.indexOf(step);
  part("map-step-shown").textContent = step;
}
opened.push((another) => {
  if (another) { sheets.clear(); clouds.clear(); mapPlaying = null; }
  mapStep = null;
  part("axes").hidden = isFlat();
  showMapHistory();
});
moved.push(() => { if (!mapPlaying) drawMap(); });
