// Running: one request at a time; what was turned meanwhile goes with the next one.
const SPEEDS = [{ wait: 1000, steps: 1 }, { wait: 250, steps: 1 }, { wait: 0, steps: 1 }, { wait: 0, steps: 4 }, { wait: 0, steps: 16 }, { wait: 0, steps: 50 }, { wait: 0, steps: 200 }];
const PICTURE_MS = 50; // pictures come no faster than that
let lab = null, shown = null, playing = false, asking = false, wanted = null; // a request that waits for the one under way
let pictures = 0; // drawn so far, for tests and benchmarks

const speed = () => SPEEDS[Number(part("speed").value)];
function tellSpeed() { const { wait, steps } = speed(); part("speed-shown").textContent = wait ? say("lab.speed.slow", { n: 1000 / wait }) : say("lab.speed.steps", { n: steps }); }
part("speed").addEventListener("input", tellSpeed);

async function look(steps, which = "both") {
  if (asking) { wanted = { steps, which }; return; }
  asking = true;
  let answer = await server.advance({ lab, settings, steps, which }).catch(() => null);
  if (answer && !answer.ok && answer.error.key === "lab.gone") answer = await openAnew();
  asking = false;
  if (!answer) { message(say("watch.lost")); playing = false; tellPlay(); return; }
  if (!answer.ok) { message(AIGC.sentence(answer.error)); playing = false; tellPlay(); return; }
  shown = answer.value;
  message(shown.finite ? "" : say("lab.not_finite"));
  if (!shown.finite) { playing = false; tellPlay(); }
  draw(shown);
  pictures += 1;
  if (wanted) { const next = wanted; wanted = null; await look(next.steps, next.which); }
}
// The server forgets experiments that were long left alone, or was started anew.
async function openAnew() {
  const answer = await server.begin({ settings }).catch(() => null);
  if (!answer?.ok) return answer;
  lab = answer.value.lab; points = [];
  return { ok: true, value: answer.value.view };
}
function changed() { if (lab && !playing) look(0); }

function tellPlay() { button("play").textContent = say(playing ? "lab.pause" : "lab.play"); }
async function play() {
  playing = !playing;
  tellPlay();
  while (playing && element.isConnected) {
    const begun = performance.now(), { wait, steps } = speed();
    if (!document.hidden) await look(steps);
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.max(wait, PICTURE_MS) - (performance.now() - begun))));
  }
}
button("play").addEventListener("click", play);
for (const [name, which] of [["step", "both"], ["step-d", "d"], ["step-g", "g"]])
  button(name).addEventListener("click", () => { playing = false; tellPlay(); look(1, which); });
button("again").addEventListener("click", async () => {
  lab = null; points = [];
  const answer = await openAnew();
  if (answer?.ok) { shown = answer.value; draw(shown); } else message(answer ? AIGC.sentence(answer.error) : say("watch.lost"));
});
for (const one of ["heat", "manifold", "arrows"]) part(one).addEventListener("change", () => shown && draw(shown));

// -- drawing points of one's own ------------------------------------------------------------------------
let drawing = null;
const MOST_DRAWN = 2000;
function addDrawn(event) {
  const [x, y] = toPlane(part("plane"), event), few = [];
  for (let i = 0; i < 3; i++) few.push([x, y].map((one) => Math.round((one + 0.04 * (Math.random() - 0.5)) * 100) / 100));
  drawing.push(...few);
  dots(part("plane").getContext("2d"), part("plane"), few, REAL, 3);
}
part("plane").addEventListener("pointerdown", (event) => {
  if (settings.pattern !== "drawn") { settings = { ...settings, pattern: "drawn", drawn: [] }; showControls(); }
  drawing = [...settings.drawn];
  part("plane").setPointerCapture(event.pointerId);
  addDrawn(event);
});
part("plane").addEventListener("pointermove", (event) => { if (drawing) addDrawn(event); });
for (const end of ["pointerup", "pointercancel"])
  part("plane").addEventListener(end, () => { if (drawing) set("drawn", drawing.slice(-MOST_DRAWN)); drawing = null; });
button("clear").addEventListener("click", () => set("drawn", []));

// -- a link for a class ---------------------------------------------------------------------------------
part("hiding").addEventListener("change", showControls);
button("link").addEventListener("click", async () => {
  const link = `${location.origin}${address()}`;
  const copied = await navigator.clipboard?.writeText(link).then(() => true, () => false);
  message(copied ? say("lab.link.copied") : link, !copied);
});

root.state = () => ({ lab, settings, playing, pictures, view: shown, hidden: [...hidden] }); // for tests and benchmarks

(async () => {
  tellPlay(); tellSpeed();
  usual = await call("defaults");
  if (!usual) return;
  settings = settingsOfAddress();
  drawControls(); showControls();
  const answer = await openAnew();
  if (answer && !answer.ok) { // an address that says something impossible
    message(AIGC.sentence(answer.error));
    settings = { ...usual }; showControls();
    const again = await openAnew();
    if (again?.ok) { shown = again.value; draw(shown); }
    return;
  }
  if (answer?.ok) { shown = answer.value; draw(shown); }
})();
