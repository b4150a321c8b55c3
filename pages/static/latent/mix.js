// Arithmetic with positions, and one picture's content with another one's style.
const slots = { a: null, b: null, c: null, style: null };
let sum = null;

function showSlots() {
  for (const [name, stop] of Object.entries(slots)) {
    const place = root.querySelector(`[data-slot="${name}"]`);
    place.replaceChildren(stop ? thumbnail(stop, say("mix.slot")) : make("span", say("mix.slot"), { class: "quiet" }));
  }
}

let adding = 0;
async function addUp() {
  const mine = ++adding;
  sum = null;
  button("mix-take").disabled = true;
  if (!slots.a || !slots.b || !slots.c) { blank(part("sum")); return; }
  const position = await call("combine", { a: slots.a.point, b: slots.b.point, c: slots.c.point });
  const drawn = position && (await call("draw", here({ points: [position] })));
  if (!drawn || mine !== adding) return;
  sum = position;
  paint(part("sum"), drawn);
  button("mix-take").disabled = false;
}

function mixStyle() {
  if (slots.style) go({ other: slots.style.point.z, mix_from: Number(part("mix-from").value) }, { from: seed });
}

for (const place of root.querySelectorAll("[data-slot]"))
  place.addEventListener("click", () => {
    const name = place.dataset.slot, now = onScreen;
    if (!now) return;
    slots[name] = now;
    showSlots();
    if (name === "style") mixStyle(); else addUp();
  });
button("mix-take").addEventListener("click", () => go(sum));
button("mix-off").addEventListener("click", () => { slots.style = null; showSlots(); go({ other: null }, { from: seed }); });
part("mix-from").addEventListener("input", () => {
  part("mix-from-shown").textContent = part("mix-from").value;
  mixStyle();
});

moved.push(() => {
  if (point.other) part("mix-from").value = part("mix-from-shown").textContent = point.mix_from;
});
opened.push((another) => {
  if (!another) return;
  for (const name of Object.keys(slots)) slots[name] = null;
  part("mix-none").hidden = model.layers > 1;
  part("mix-styles").hidden = model.layers < 2;
  part("mix-from").max = model.layers - 1;
  part("mix-from").value = 1; // the shape of the one, the stroke of the other
  part("mix-from-shown").textContent = 1;
  showSlots();
  addUp();
});
