// Two models on one prompt, side by side.
function showOthers() {
  const before = part("other").value, others = models.filter((one) => one.name !== model?.run);
  part("other").replaceChildren(...others.map((one) => make("option", titled(one), { value: one.name })));
  if (others.some((one) => one.name === before)) part("other").value = before;
  button("compare").disabled = !others.length;
}

button("compare").addEventListener("click", async () => {
  const other = part("other").value, prompt = promptText(), pair = [{ run: model.run, step }, { run: other, step: null }];
  message("");
  part("pair").replaceChildren();
  const grown = pair.map(({ run }) => {
    const card = make("article", null, { class: "sample" }), body = make("p", null, { class: "spans" });
    body.append(make("span", lastOf(prompt, 400), { class: "lead" }));
    card.append(make("p", run, { class: "sample-head" }), body);
    part("pair").append(card);
    return { tokens: [], texts: [], chances: [], body };
  });
  button("compare").disabled = true;
  await whileBusy(() => Promise.all(pair.map((place, i) => grow({ prompt, chosen: [] }, 1, knobs().seed, [grown[i]], place))));
  button("compare").disabled = false;
});
