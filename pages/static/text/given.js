// A given text: how much of it surprises the model, whether it was copied, and what it was like during training.

// -- surprise -------------------------------------------------------------------------------------------
async function measure(text) {
  const found = await call("surprise", here({ text }));
  if (!found) return;
  message("");
  const figures = [
    ["nats", found.nats.toFixed(3)], ["perplexity", found.perplexity.toFixed(2)],
    ["bits", found.bits_per_byte.toFixed(3)], ["tokens", found.n.toLocaleString()],
  ];
  part("figures").replaceChildren(...figures.map(([key, value]) => {
    const cell = make("div"), title = make("dt", say(`surprise.${key}`));
    title.append(question(`surprise.${key}.help`));
    cell.append(title, make("dd", value));
    return cell;
  }));
  part("measure-notes").textContent = [found.cut ? say("surprise.cut") : "", found.unknown ? say("surprise.unknown", { characters: found.unknown }) : ""].join(" ");
  part("measured-spans").replaceChildren(...found.tokens.map(({ text: piece, nats }) => {
    const chance = nats === null ? 1 : Math.exp(-nats), span = tokenSpan(piece, chance);
    span.title = nats === null ? named(piece) : say("surprise.token", { token: named(piece), nats: nats.toFixed(2), percent: percent(chance) });
    return span;
  }));
}
button("measure").addEventListener("click", () => measure(part("measured").value));
button("measure-written").addEventListener("click", () => { part("measured").value = wholeText(); measure(wholeText()); });
part("measured").setAttribute("aria-label", say("text.tab.surprise"));

// -- copied? --------------------------------------------------------------------------------------------
button("compare-source").addEventListener("click", async () => {
  message("");
  part("copied-source").hidden = true;
  part("copied-verdict").textContent = "";
  part("copied-text").replaceChildren();
  const text = branch ? branch.leadText + sampleText(branch.samples[chosenSample]) : "", letters = [...text];
  const found = await work("copied", there({ text }), part("copied-job"));
  if (!found) return;
  const between = (from, to) => letters.slice(from, to).join(""), end = found.start + found.length, copied = between(found.start, end);
  part("copied-text").replaceChildren(between(0, found.start), make("mark", copied), between(end));
  const values = { length: found.length, usual: found.usual ?? "–", size: found.size.toLocaleString(), percent: percent(found.place) };
  const verdict = found.usual === null ? "only" : found.length > 2 * found.usual ? "copied" : "usual";
  part("copied-verdict").textContent = say(`copied.${verdict}`, values) + (found.began ? ` ${say("copied.began", { name: found.began })}` : "");
  part("copied-source").hidden = !found.length;
  part("copied-place").replaceChildren(found.before, make("mark", copied), found.after);
});

// -- during training ------------------------------------------------------------------------------------
let past = []; // [{step, text}]
let pastPrompt = "", playing = null;

function showPast() {
  const row = past[Number(part("history-step").value)];
  part("history-row").hidden = !past.length;
  part("history-step").max = Math.max(0, past.length - 1);
  part("history-shown").textContent = row ? row.step : "";
  part("history-text").replaceChildren(make("span", pastPrompt, { class: "lead" }), visible(row?.text ?? ""));
}
part("history-step").addEventListener("input", showPast);
button("history").addEventListener("click", async () => {
  if (part("history-job").dataset.busy) return;
  message(model.steps.length < 2 ? say("history.one") : "", false);
  pastPrompt = promptText(); past = [];
  const show = (rows) => { past = rows; part("history-step").max = rows.length - 1; part("history-step").value = rows.length - 1; showPast(); };
  const rows = await work("history", { run: model.run, beginning: { prompt: pastPrompt, chosen: [] }, knobs: knobs() }, part("history-job"), show);
  if (rows) show(rows);
});
button("history-play").addEventListener("click", () => {
  clearInterval(playing);
  part("history-step").value = 0; showPast();
  playing = setInterval(() => {
    part("history-step").value = Number(part("history-step").value) + 1; showPast();
    if (Number(part("history-step").value) >= past.length - 1) clearInterval(playing);
  }, 900);
});
opened.push(() => { past = []; clearInterval(playing); showPast(); part("copied-verdict").textContent = ""; part("copied-text").replaceChildren(); part("copied-source").hidden = true; part("figures").replaceChildren(); part("measured-spans").replaceChildren(); });
