// The Basics page: what is moved asks the server, and what it answers is drawn.
const TIMELESS = ["parameters", "distribution", "losses", "race", "mistake", "job", "cancel"];
const DRAWS = 500, STEPS = 150, FRAME_MS = 40;
const MISTAKES = ["generator-by-error", "two-likelihoods", "averaged-pixels", "averaged-kl"];
const FIGURES = ["negative_elbo", "reconstruction", "kl", "active_units", "diversity", "classes_missing", "coverage"];
let known = null, drawnNow = null, costs = null, running = null, seed = 0, frame = 0;

// -- distributions ----------------------------------------------------------------------------------------
function sliders() {
  const kind = part("kind").value;
  part("kind-formula").textContent = say(`basics.${kind}.formula`);
  part("sliders").replaceChildren(...known.distributions[kind].map(([name, least, most, usual]) => {
    const label = make("label", null, { class: "slider" }), input = make("input", null, { type: "range", min: least, max: most, step: name === "n" ? 1 : most - least > 1 ? 0.05 : 0.01, "data-parameter": name }), shown = make("b");
    input.value = usual;
    const tell = () => { shown.textContent = AIGC.number(+(+input.value).toFixed(3)); };
    tell();
    input.addEventListener("input", () => { tell(); distribute(); });
    label.append(make("span", say(`basics.parameter.${name}`)), input, shown);
    return label;
  }));
  distribute();
}

let distributing = false, again = false;
async function distribute() { // the last position always wins
  if (distributing) { again = true; return; }
  distributing = true;
  do {
    again = false;
    const kind = part("kind").value, values = {};
    for (const one of part("sliders").querySelectorAll("input")) values[one.dataset.parameter] = +one.value;
    const found = await call("distribution", { kind, values, draws: DRAWS, seed });
    if (found && kind === part("kind").value) { drawnNow = { found, kind }; showBars(); }
  } while (again);
  distributing = false;
}

function showBars() {
  if (!drawnNow) return;
  const { found, kind } = drawnNow;
  drawBars(found, kind);
  legend("bars-legend", [
    [EXACT, say("basics.exact", { mean: AIGC.number(found.mean), variance: AIGC.number(found.variance) })],
    [DRAWN, say("basics.drawn", { n: DRAWS, mean: AIGC.number(found.drawn_mean), variance: AIGC.number(found.drawn_variance) })],
  ]);
}

function legend(role, entries) {
  part(role).replaceChildren(...entries.map(([colour, words]) => { const one = make("span"); one.append(make("i", null, { style: `background: ${colour}` }), words); return one; }));
}

// -- losses -----------------------------------------------------------------------------------------------
function showLosses() {
  if (!costs) return;
  drawCurves("costs", costs.p, [[DRAWN, costs.squared], [EXACT, costs.cross_entropy]], 4);
  drawCurves("pulls", costs.p, [[DRAWN, costs.squared_pull], [EXACT, costs.cross_entropy_pull]], 1);
}

// -- the race ---------------------------------------------------------------------------------------------
const rate = () => 10 ** (+part("rate").value / 10);

async function race() {
  part("rate-shown").textContent = AIGC.number(rate());
  const asked = (races += 1), found = await call("race", { surface: part("surface").value, lr: rate(), steps: STEPS });
  if (!found || asked !== races) return; // the newest wins
  clearInterval(running);
  frame = 0;
  const show = () => { drawRace(found, frame); tellRace(found); };
  show();
  running = setInterval(() => {
    frame += 1;
    show();
    if (frame >= STEPS || !element.isConnected) clearInterval(running);
  }, FRAME_MS);
  redraw = show;
}
let redraw = () => {}, races = 0;

function tellRace({ heights, paths }) {
  part("racers").replaceChildren(...Object.keys(paths).map((racer) => {
    const item = make("li"), at = Math.min(frame, heights[racer].length - 1), lost = frame > heights[racer].length - 1;
    item.append(make("i", null, { style: `background: ${RACING[racer]}` }), make("b", say(`basics.racer.${racer}`)), make("span", lost ? say("basics.lost", { step: at }) : say("basics.height", { value: Math.abs(heights[racer][at]) < 0.001 ? "< 0.001" : AIGC.number(heights[racer][at]) })), make("small", say(`basics.racer.${racer}.formula`)));
    return item;
  }));
}

// -- wrong formulas ---------------------------------------------------------------------------------------
function mistakes() {
  part("mistakes").replaceChildren(...MISTAKES.map((name) => {
    const box = make("article", null, { "data-mistake": name }), place = make("div"), shown = make("div", null, { class: "two" });
    const start = make("button", say("basics.show"));
    start.addEventListener("click", async () => {
      start.disabled = true;
      const found = await work("mistake", { mistake: name }, place);
      start.disabled = false;
      if (found) shown.replaceChildren(side("right", name, found.right), side("wrong", name, found.wrong));
    });
    box.append(make("b", say(`basics.mistake.${name}`)), make("p", say(`basics.mistake.${name}.about`)), start, place, shown);
    return box;
  }));
}

function side(which, name, { sheet, figures }) {
  const figure = make("figure", null, { class: which }), facts = make("dl", null, { class: "facts" });
  for (const one of FIGURES.filter((one) => one in figures)) {
    const fact = make("div");
    fact.append(make("dt", AIGC.known(`figure.${one}`) ?? say(`metric.${one}`)), make("dd", AIGC.number(figures[one])));
    facts.append(fact);
  }
  figure.append(make("figcaption", say(`basics.${which}_side`)), make("img", null, { src: `data:image/png;base64,${sheet}`, class: "picture", alt: say(`basics.${which}_side`) }), facts);
  return figure;
}

// -- the page ---------------------------------------------------------------------------------------------
part("kind").addEventListener("change", sliders);
button("draw").addEventListener("click", () => { seed += 1; distribute(); });
button("race").addEventListener("click", race);
part("surface").addEventListener("change", race);
part("rate").addEventListener("input", () => { part("rate-shown").textContent = AIGC.number(rate()); });
part("rate").addEventListener("change", race);
new ResizeObserver(() => { showBars(); showLosses(); redraw(); }).observe(root);

(async () => {
  [known, costs] = await Promise.all([call("parameters"), call("losses")]);
  if (!known) return;
  part("kind").replaceChildren(...Object.keys(known.distributions).map((kind) => make("option", say(`basics.${kind}`), { value: kind })));
  part("surface").replaceChildren(...known.surfaces.map((one) => make("option", say(`basics.surface.${one}`), { value: one })));
  part("loss-formula").textContent = say("basics.loss.formula");
  part("loss-said").textContent = say("basics.loss.said");
  legend("loss-legend", [[DRAWN, say("basics.squared")], [EXACT, say("basics.cross_entropy")]]);
  mistakes();
  sliders();
  showLosses();
  race();
})();
