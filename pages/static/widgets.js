// What our widgets share: their words, asking the server, work that takes seconds. `element` and `server` come from
// Gradio. A page says in TIMELESS which answers are about no model; all others are dropped if another model or step
// was opened meanwhile.
const { say, make, question } = AIGC;
const root = element.querySelector(".aigc-page");
const part = (role) => root.querySelector(`[data-role="${role}"]`);
const button = (what) => root.querySelector(`[data-do="${what}"]`);

for (const node of root.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
for (const label of root.querySelectorAll("label[data-say]")) { // what follows a label is named by it
  const named = label.querySelector("input") ?? [...label.parentElement.querySelectorAll("select, input")]
    .find((one) => label.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING && !one.hasAttribute("aria-label"));
  named?.setAttribute("aria-label", say(label.dataset.say));
}
for (const canvas of root.querySelectorAll("figure canvas")) {
  const words = canvas.parentElement.querySelector("figcaption[data-say]");
  if (words) canvas.setAttribute("aria-label", say(words.dataset.say));
}
for (const node of root.querySelectorAll("[data-q]")) node.append(question(node.dataset.q));
// What stands in a title is for a mouse; behind each row a “?” tells it to a finger.
function explainRows(place) {
  const explained = [...place.querySelectorAll("[data-tip]")];
  for (const node of explained) {
    node.title = say(node.dataset.tip);
    if (!node.textContent && !node.hasAttribute("aria-label")) node.setAttribute("aria-label", node.title);
  }
  for (const row of new Set(explained.map((node) => node.parentElement))) {
    const told = explained.filter((node) => node.parentElement === row);
    const mark = make("span", "?", { class: "q tips", tabindex: "0", role: "note",
      "aria-label": told.map((node) => [node.textContent, node.title].filter(Boolean).join(" — ")).join("\n") });
    row.append(mark);
  }
}
explainRows(root);

// An explanation stands below its “?”, or above it in the lower half of the view: always whole.
function placeExplanation({ target }) {
  if (!target.matches?.(".q")) return;
  const { left, top, bottom } = target.getBoundingClientRect(), low = top > innerHeight / 2;
  target.classList.add("placed");
  target.style.setProperty("--left", `${left}px`);
  target.style.setProperty("--top", low ? "auto" : `${bottom + 6}px`);
  target.style.setProperty("--bottom", low ? `${innerHeight - top + 6}px` : "auto");
}
for (const kind of ["pointerover", "focusin"]) root.addEventListener(kind, placeExplanation);

// -- saying and asking ----------------------------------------------------------------------------------
root.prepend(part("message")); // where it can stay in sight wherever one acts
let act = 0, saidAt = 0; // how often the person has done something; and when the message was said
for (const kind of ["pointerdown", "keydown", "click", "input", "change", "drop"]) root.addEventListener(kind, () => { act += 1; }, true);

// A message that comes or goes moves the page, and never under a finger: its click would be lost.
let pressed = false, waiting = null;
root.addEventListener("pointerdown", () => { pressed = true; }, true);
for (const kind of ["pointerup", "pointercancel"]) window.addEventListener(kind, () => setTimeout(() => { // after the click
  pressed = false;
  if (waiting) message(...waiting);
}), true);

function message(text, bad = true) {
  if (pressed) { waiting = [text, bad]; return; }
  waiting = null;
  const line = part("message");
  line.textContent = text || "";
  line.classList.toggle("bad", bad);
  saidAt = act;
}

let era = 0; // raised whenever a model or step is opened

// The answer's value, or undefined after showing what went wrong (or if it is out of date). What was wrong before is
// over once something goes well that the person did since.
async function call(name, values = {}, timeless = TIMELESS.includes(name)) {
  const asked = era, asker = act;
  const answer = await server[name](values).catch(() => null);
  if (asked !== era && !timeless) return undefined;
  if (answer && answer.ok) {
    if (asker > saidAt && name !== "job") message(""); // a look at work that goes on is nobody's doing
    return answer.value;
  }
  message(answer ? AIGC.sentence(answer.error) : say("watch.lost"));
  return undefined;
}

// Start work that takes seconds, with a bar and a way to cancel in `place`; resolves to its result or null. One
// piece of work at a time in a place, and none outlives the model it is about, or is `wanted` no more.
async function work(name, values, place, onShown = () => {}, wanted = () => true) {
  if (place.dataset.busy) return null;
  place.dataset.busy = "yes";
  try { return await watched(name, values, place, onShown, wanted); } finally { delete place.dataset.busy; place.replaceChildren(); }
}

async function watched(name, values, place, onShown, wanted) {
  const timeless = TIMELESS.includes(name), asked = era, current = () => timeless || asked === era;
  const job = await call(name, values);
  if (!job) return null;
  const bar = make("div", null, { class: "bar" }), line = make("i"), stop = make("button", say("job.cancel"));
  bar.append(line);
  const row = make("div", null, { class: "row job" });
  row.append(bar, stop);
  place.replaceChildren(row);
  stop.addEventListener("click", () => call("cancel", { job }));
  let shown = null;
  while (element.isConnected && current() && wanted()) {
    const now = await call("job", { job }, timeless);
    if (!now || !wanted()) break;
    line.style.width = `${100 * now.part}%`;
    if (now.shown && JSON.stringify(now.shown) !== shown) { shown = JSON.stringify(now.shown); onShown(now.shown); }
    if (now.state === "done") return now.result;
    if (now.state === "failed") { message(AIGC.sentence(now.error)); return null; }
    if (now.state === "cancelled") return null;
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
  if (!current() || !wanted()) call("cancel", { job });
  return null;
}

// -- files and labels -----------------------------------------------------------------------------------
const bytesOf = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
const base64Of = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));

function download(file) {
  const link = make("a", null, { href: URL.createObjectURL(new Blob([bytesOf(file.content)], { type: file.type })), download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const labelLanguage = () => (part("label").checked ? AIGC.language : "");
