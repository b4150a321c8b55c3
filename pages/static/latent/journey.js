// Kept pictures, and journeys through them.
function thumbnail(stop, title) {
  const canvas = make("canvas", null, { class: "pixels thumb", title, tabindex: "0", role: "button", "aria-label": title });
  paint(canvas, stop.picture);
  canvas.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); canvas.click(); } });
  return canvas;
}

const removable = (stop, title, onClick, onRemove) => {
  const box = make("span", null, { class: "kept" }), cross = make("button", "×", { class: "tool", title: say("shelf.remove") });
  const canvas = thumbnail(stop, title);
  canvas.addEventListener("click", onClick);
  cross.addEventListener("click", onRemove);
  box.append(canvas, cross);
  return box;
};

function showShelf() {
  const shelf = part("shelf");
  shelf.replaceChildren(...kept.map((one, i) =>
    removable(one, say("shelf.back"), () => goBack(one), () => { kept.splice(i, 1); showShelf(); })));
  if (!kept.length) shelf.append(make("span", say("shelf.empty"), { class: "quiet" }));
}

button("keep").addEventListener("click", () => { if (onScreen) { kept.push(onScreen); if (kept.length > 24) kept.shift(); showShelf(); } });

// -- journeys -------------------------------------------------------------------------------------------
const MOST_STOPS = 8;
let stops = [];

function showStops() {
  part("stops").replaceChildren(...stops.map((one, i) =>
    removable(one, String(i + 1), () => depart(stops.length > 1 ? i / (stops.length - 1) : 0), () => { stops.splice(i, 1); showStops(); })));
  if (stops.length < 2) part("stops").append(make("span", say("journey.few"), { class: "quiet" }));
  for (const one of root.querySelectorAll("[data-save], [data-do=journey-play], [data-role=journey-part]")) one.disabled = stops.length < 2;
}

function addStops(list) {
  stops.push(...list);
  if (stops.length > MOST_STOPS) { stops = stops.slice(0, MOST_STOPS); message(say("journey.full"), false); }
  showStops();
}

const kindOfWay = () => part("journey-kind").value;
function depart(place) { // one move, whatever happens on the way
  if (stops.length > 1 && !dragging) remember();
  travelling = null;
  return travel(place);
}

let wayDirty = false, wayBusy = false;
async function travel(place) {
  part("journey-part").value = place;
  wayDirty = true;
  if (wayBusy || stops.length < 2) return;
  wayBusy = true;
  while (wayDirty && element.isConnected) {
    wayDirty = false;
    const asked = here({ stops: stops.map((one) => one.point), part: Number(part("journey-part").value), kind: kindOfWay() });
    const before = point, arrived = await call("journey", asked);
    if (point !== before) travelling = null; // moved by hand meanwhile
    if (!arrived || point !== before) continue;
    point = arrived.point; seed = null;
    show({ run: asked.run, step: asked.step, point, seed, picture: arrived.picture });
    tellMoved();
  }
  wayBusy = false;
}

let travelling = null;
button("journey-play").addEventListener("click", async () => {
  if (travelling) { travelling = null; return; }
  remember();
  const started = (travelling = performance.now()), length = 1000 * (Number(part("journey-seconds").value) || 4);
  while (travelling === started && element.isConnected) {
    const place = Math.min(1, (performance.now() - started) / length);
    await travel(place);
    if (place === 1) break;
    await new Promise(requestAnimationFrame);
  }
  if (travelling === started) travelling = null;
});
part("journey-part").addEventListener("input", () => { depart(Number(part("journey-part").value)); dragging = true; });
part("journey-kind").addEventListener("change", () => depart(Number(part("journey-part").value)));
button("journey-add").addEventListener("click", () => { if (onScreen) addStops([onScreen]); });
button("journey-shelf").addEventListener("click", () => addStops(kept));
button("journey-clear").addEventListener("click", () => { stops = []; showStops(); });
for (const save of root.querySelectorAll("[data-save]"))
  save.addEventListener("click", async () => {
    const file = await work("film", here({
      form: save.dataset.save, stops: stops.map((one) => one.point), kind: kindOfWay(),
      seconds: Number(part("journey-seconds").value), label: labelLanguage(),
    }), part("journey-job"));
    if (file) download(file);
  });

opened.push((another) => { travelling = null; if (another) { stops = []; showStops(); showShelf(); } });
