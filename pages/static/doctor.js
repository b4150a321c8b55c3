// What the doctor and the gate say of the run on screen. Comes after watch.js, whose `run`, `call`, `part` it uses.
const EXAMINE_MS = 5000;
let active = false; // whether the run trains, as showStatus() saw it
let examined = ""; // what is drawn, so that nothing is drawn twice

part("doctor-title").textContent = say("doctor.title");
part("doctor-title").append(question("doctor.help"));
part("gate-title").textContent = say("gate.title");
part("gate-title").append(question("gate.help"));
part("cost-title").textContent = say("cost.title");
part("cost-title").append(question("cost.help"));
for (const name of ["kwh", "hour"]) {
  const input = part(`price-${name}`);
  input.before(say(`cost.price.${name}`));
  input.value = AIGC.local.getItem(`aigc-price-${name}`) ?? { kwh: 0.2, hour: 0 }[name];
  input.addEventListener("input", () => { AIGC.local.setItem(`aigc-price-${name}`, input.value); examine(); });
}

async function examine() {
  if (!run) return;
  const name = run.name, price = (one) => +part(`price-${one}`).value;
  const found = await call("examine", { run: name, per_kwh: price("kwh"), per_hour: price("hour") });
  if (!found || !run || run.name !== name) return;
  active = found.active;
  const text = JSON.stringify([name, found]);
  if (text === examined) return;
  examined = text;
  drawFindings(found);
  drawGate(found);
}

function drawFindings({ findings, young }) {
  const list = findings.map((one) => {
    const item = make("li", null, { class: one.level, "data-finding": one.name });
    item.append(make("b", say(`finding.${one.name}`)), make("p", AIGC.sentence(one.evidence)), make("p", AIGC.sentence(one.advice)));
    item.append(remedies(one));
    return item;
  });
  if (!list.length) list.push(make("li", say(young ? "doctor.young" : "doctor.well"), { class: "well" }));
  part("findings").replaceChildren(...list);
}

function remedies({ changes, back_to }) {
  const row = make("div", null, { class: "row" }), name = run.name; // a button stays that of its run
  const shown = (some) => Object.entries(some).map(([key, value]) => `${say("field." + key)} = ${value}`).join(", ");
  const now = Object.fromEntries(Object.entries(changes).filter(([key]) => run.live.includes(key)));
  if (active && Object.keys(now).length) row.append(action(say("doctor.now", { changes: shown(now) }), () => call("ask", { run: name, what: "set", changes: now })));
  if (Object.keys(changes).length) row.append(action(say("doctor.again", { changes: shown(changes) }), () => again(name, changes)));
  if (back_to != null) {
    const link = make("a", say("doctor.back", { step: back_to }));
    link.href = `./${run.makes === "text" ? "text" : "latent"}?run=${encodeURIComponent(run.name)}&step=${back_to}`;
    if (run.data !== "points") row.append(link);
  }
  return row;
}

function action(text, work) {
  const button = make("button", text);
  button.addEventListener("click", async () => { button.disabled = true; await work(); button.disabled = false; });
  return button;
}

async function again(name, changes) {
  const made = await call("again", { run: name, changes });
  if (made) await open(made).then(refreshRuns);
}

// Nothing of the run before stays on the screen.
function forgetVerdict() {
  examined = "";
  part("findings").replaceChildren();
  part("gate-box").hidden = part("cost-box").hidden = true;
}

const figureName = (name) => AIGC.known(`metric.val:${name}`) ?? AIGC.known(`figure.${name}`) ?? name;

function drawGate({ judgement, judging, unjudged, following }) {
  const box = part("gate"), name = run.name;
  part("gate-box").hidden = !judgement && !judging && !unjudged && !following;
  part("cost-box").hidden = !judgement;
  const go = following && action(say("gate.following", { name: following }), () => open(following).then(refreshRuns));
  if (!judgement) {
    const measure = unjudged && run.mine && action(say("gate.measure"), () => call("ask", { run: name, what: "resume" }));
    box.replaceChildren(make("p", judging ? say("gate.judging") : unjudged ? say("gate.unjudged") : ""), go || measure || "");
    return;
  }
  const head = make("p", say(judgement.passed ? "gate.passed" : "gate.failed"), { class: `verdict ${judgement.passed ? "gold" : "bubble"}` });
  const table = make("table");
  for (const one of judgement.conditions) {
    const row = make("tr", null, { class: one.passed === false ? "no" : one.passed ? "yes" : "none" });
    row.append(make("td", one.passed === false ? "✗" : one.passed ? "✓" : "–"), make("th", figureName(one.figure)),
      make("td", one.value == null ? say("gate.unmeasured") : AIGC.number(one.value)), make("td", `${one.sign} ${one.limit}`));
    table.append(row);
  }
  const facts = make("p", say("gate.facts", { n: judgement.figures.n, features: judgement.figures.features ? say("gate.features", { name: AIGC.known(`data.${judgement.figures.features}`) ?? judgement.figures.features }) : "", seed: judgement.figures.seed }), { class: "quiet" });
  box.replaceChildren(head, table, facts);
  if (go) box.append(go);
  else if (!judgement.passed && Object.keys(judgement.changes).length) {
    const changes = Object.entries(judgement.changes).map(([key, value]) => `${say("field." + key)} = ${value}`).join(", ");
    box.append(make("p", say("gate.next", { changes })), action(say("gate.again"), () => again(name, judgement.changes)));
  }
  drawCost(judgement);
}

function drawCost({ cost, figures }) {
  const number = AIGC.number, money = (value) => (value && value < 0.001 ? "< 0.001" : number(value)), energy = (joules) => say("cost.wh", { n: number(joules / 3600) });
  const rows = [
    ["cost.train", AIGC.duration(cost.train_s), energy(cost.train_j), money(cost.train_money)],
    [run.makes === "text" ? "cost.thousand.text" : "cost.thousand.pictures", AIGC.duration(cost.use_s), energy(cost.use_j), money(cost.use_money)],
  ];
  const table = make("table"), top = make("tr");
  top.append(...["", "cost.time", "cost.energy", "cost.money"].map((key) => make("th", key && say(key))));
  table.append(top, ...rows.map(([key, ...values]) => {
    const row = make("tr");
    row.append(make("th", say(key)), ...values.map((one) => make("td", one)));
    return row;
  }));
  const quality = figures[run.headline];
  part("cost").replaceChildren(table,
    make("p", say("cost.quality", { figure: figureName(run.headline), value: number(quality) }), { class: "quiet" }),
    make("p", say(`cost.${cost.how}`), { class: "quiet" }));
}

(async function () {
  while (element.isConnected) {
    if (run && !document.hidden) await examine();
    await new Promise((done) => setTimeout(done, EXAMINE_MS));
  }
})();
