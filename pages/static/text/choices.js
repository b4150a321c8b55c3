// One token: what else could have stood there, before and after the knobs; choosing another one is a new branch.
let looked = null; // {branch, number, place}: the token that is looked at
let asking = false, askAgain = false;

function openChoices(number, place, span) {
  root.querySelectorAll(".token.looked").forEach((one) => one.classList.remove("looked"));
  span.classList.add("looked");
  looked = { branch, number, place };
  showChoices();
}

function choicesBeginning() {
  const { branch: one, number, place } = looked;
  return { prompt: one.prompt, chosen: [...one.chosen, ...one.samples[number].tokens.slice(0, place)] };
}

// However fast a knob is turned, the last position is shown last.
async function showChoices() {
  askAgain = true;
  if (asking) return;
  asking = true;
  while (askAgain && looked) {
    askAgain = false;
    const mine = looked, sample = mine.branch.samples[mine.number];
    const found = await call("alternatives", there({ beginning: choicesBeginning(), knobs: knobs(), chosen: sample.tokens[mine.place] }));
    if (found && mine === looked) drawChoices(found, mine, sample);
  }
  asking = false;
}

function drawChoices(found, { branch: from, number, place }, sample) {
  const before = sample.texts.slice(0, place).join("") || lead(from);
  part("choices").hidden = false;
  part("choices-title").firstChild?.remove?.();
  part("choices-title").replaceChildren(say("choices.title", { text: visible(lastOf(before, 24)).replaceAll("\n", "") }), question("choices.help"));
  part("choices-about").textContent = say("choices.about", { kept: found.kept, entropy: found.entropy.toFixed(2), choices: Math.exp(found.entropy).toFixed(1) });
  const rows = found.tokens.map((one) => {
    const row = make("button", null, { class: "choice", "data-token": one.id, title: say("choices.branch") });
    row.classList.toggle("on", one.id === sample.tokens[place]);
    row.classList.toggle("out", one.after === 0);
    const bars = make("span", null, { class: "bars" });
    bars.append(make("i", null, { style: `width: ${100 * one.before}%` }), make("i", null, { class: "after", style: `width: ${100 * one.after}%` }));
    row.append(make("b", named(one.text)), bars, make("span", percent(one.before)), make("span", percent(one.after), { class: "after" }));
    row.addEventListener("click", () => {
      if (running?.length) return;
      const tokens = sample.tokens.slice(0, place), text = sample.texts.slice(0, place).join("");
      looked = null;
      writeBranch(from.prompt, [...from.chosen, ...tokens, one.id], from.leadText + text + one.text, one.text, from.id, 1);
    });
    return row;
  });
  const head = make("div", null, { class: "choice head" });
  head.append(make("b", say("choices.token")), make("span", null, { class: "bars" }), make("span", say("choices.before")), make("span", say("choices.after"), { class: "after" }));
  part("choices-list").replaceChildren(head, ...rows);
}

turned.push(() => { if (looked && !part("choices").hidden) showChoices(); });
opened.push(() => { looked = null; part("choices").hidden = true; });
