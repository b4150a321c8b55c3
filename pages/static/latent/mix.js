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

// The second picture is part of the position: its place shows it, wherever the position came from.
async function showStyle() {
  const { other } = point, shown = slots.style;
  const right = other ? shown?.step === step && String(shown.point.z) === String(other) : !shown;
  if (right || root.querySelector('[data-panel="mix"]').hidden) return;
  const second = other && here({ point: { ...point, z: other, other: null } });
  const picture = second && (await call("draw", here({ points: [second.point] })));
  if (point.other !== other || (other && !picture)) return;
  slots.style = second && { ...second, seed: null, picture };
  showSlots();
}

for (const place of root.querySelectorAll("[data-slot]"))
  place.addEventListener("click", () => {
    const name = place.dataset.slot, now = onScreen;
    if (!now) return;
    slots[name] = now;
    showSlots();
    if (name === "style") go({ other: now.point.z, mix_from: Number(part("mix-from").value) }, { from: seed }); else addUp();
  });
button("mix-take").addEventListener("click", () => go(sum));
button("mix-off").addEventListener("click", () => go({ other: null }, { from: seed }));
part("mix-from").addEventListener("input", () => {
  part("mix-from-shown").textContent = part("mix-from").value;
  if (point.other) glide({ mix_from: Number(part("mix-from").value) }, seed);
});

moved.push(() => {
  if (point.other) part("mix-from").value = part("mix-from-shown").textContent = point.mix_from;
  showStyle();
});
opened.push((another) => {
  if (!another) { showStyle(); return; }
  for (const name of Object.keys(slots)) slots[name] = null;
  part("mix-none").hidden = model.layers > 1;
  part("mix-styles").hidden = model.layers < 2;
  part("mix-from").max = model.layers - 1;
  part("mix-from").value = 1; // the shape of the one, the stroke of the other
  part("mix-from-shown").textContent = 1;
  showSlots();
  addUp();
});
