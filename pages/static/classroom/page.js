// The Class page: oneself; for a teacher also everybody and everything that trains. After widgets.js.
const TIMELESS = ["me", "overview", "stop", "stop_all", "resume_all", "forget", "sweep", "lessons"];
const REFRESH_MS = 2000;
let person = {};

async function showMe() {
  person = (await call("me")) ?? {};
  const joined = person.rules !== undefined;
  part("none").hidden = joined;
  part("me").hidden = !joined;
  part("trainings-box").hidden = part("students-box").hidden = !person.teacher;
  if (!joined) return;
  part("name").textContent = person.teacher ? say("class.teacher") : person.name;
  part("code").textContent = person.code ? say("class.code", { code: person.code }) : "";
  const facts = person.teacher ? [] : [["class.used", say("class.used.of", { used: AIGC.number(Math.round(person.used_mb)), most: AIGC.number(person.rules.disk_mb) })]];
  for (const key of ["minutes", "parameters", "tries", "waiting", "upload_mb", "keep_days"]) facts.push([`class.rule.${key}`, Number(person.rules[key]).toLocaleString(AIGC.language)]);
  part("rules").replaceChildren(...facts.map(([key, value]) => {
    const fact = make("div");
    fact.append(make("dt", say(key)), make("dd", value));
    return fact;
  }));
}

// A table; each row is the texts of its cells and at most one button.
function fill(role, columns, rows) {
  const head = make("tr");
  head.append(...columns.map((key) => make("th", key && say(key))));
  part(role).replaceChildren(head, ...rows.map(({ cells, act }) => {
    const line = make("tr"), last = make("td");
    line.append(...cells.map((one) => make("td", one)), last);
    if (act) {
      const button = make("button", act.label);
      button.addEventListener("click", async () => { button.disabled = true; await call(act.call, act.values); await showAll(); });
      last.append(button);
    }
    return line;
  }));
}

const where = (one) => (one.message && one.state === "queued" ? AIGC.sentence(one.message) : one.eta_s == null ? "" : say("class.left", { time: AIGC.duration(one.eta_s) }));

let told = "";
async function showAll() {
  if (!person.teacher) return;
  const all = await call("overview");
  if (!all || told === JSON.stringify(all)) return;
  told = JSON.stringify(all);
  part("slots").textContent = say("class.slots", { n: all.slots });
  fill("trainings", ["class.column.owner", "class.column.run", "class.column.state", "class.column.step", "class.column.left", ""], all.trainings.map((one) => ({
    cells: [one.owner || say("class.teacher"), one.run, say(`state.${one.state}`), `${one.step} / ${one.total_steps || "–"}`, where(one)],
    act: one.state === "interrupted" ? null : { label: say("watch.stop"), call: "stop", values: { run: one.run } },
  })));
  if (!all.trainings.length) part("trainings").replaceChildren(make("caption", say("class.no_trainings")));
  fill("students", ["class.column.owner", "class.column.code", "class.column.runs", "class.column.mb", "class.column.state", ""], all.students.map((one) => ({
    cells: [one.name, one.code || "–", one.runs, AIGC.number(Math.round(one.mb)), one.state ? say(`state.${one.state}`) : "–"],
    act: one.code ? { label: say("class.forget"), call: "forget", values: { name: one.name } } : null,
  })));
  if (!all.students.length) part("students").replaceChildren(make("caption", say("class.no_students", { code: all.code || "–" })));
}

button("leave").addEventListener("click", async () => {
  await fetch("./leave", { method: "POST" });
  location.reload();
});
button("stop_all").addEventListener("click", async () => {
  const n = await call("stop_all");
  if (n !== undefined) message(say("class.stopped", { n }), false);
  await showAll();
});
button("resume_all").addEventListener("click", async () => {
  const n = await call("resume_all");
  if (n !== undefined) message(say("class.resumed", { n }), false);
  await showAll();
});
button("sweep").addEventListener("click", async () => {
  const swept = await call("sweep");
  if (swept) message(say("class.swept", { n: swept.length }), false);
  await showAll();
});

(async () => {
  await showMe();
  await showAll();
  await showLesson();
  while (element.isConnected) {
    await new Promise((done) => setTimeout(done, REFRESH_MS));
    if (!document.hidden) await showAll();
  }
})();
