// A given picture: drawn, uploaded, damaged or small. The model finds its place in the space.
const BRUSH = 22; // pixels of a sketch of 280, about as thick as the strokes of handwritten digits

// A canvas that is drawn on with mouse, pen or finger; `done` after each stroke. The paint goes `on` it, or on another
// canvas of its size.
function sketchable(canvas, { on = canvas, width, colour, done }) {
  const context = on.getContext("2d");
  let last = null;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
  };
  const stroke = (event) => {
    const now = at(event);
    context.lineWidth = width; context.lineCap = "round"; context.strokeStyle = colour();
    context.beginPath(); context.moveTo(...last); context.lineTo(...now); context.stroke();
    last = now;
  };
  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); last = at(event); stroke(event); done(false); });
  canvas.addEventListener("pointermove", (event) => { if (last) { stroke(event); done(false); } });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => { if (last) { last = null; done(true); } });
}

// -- draw or upload -------------------------------------------------------------------------------------
const sketch = part("sketch");
let given = null; // the picture as the model sees it
let takes = null; // the position found for it
let turn = 0; // raised when the sketch is cleared: answers about an older one are dropped
const isColour = () => model.shape[0] === 3;

function clearSketch() {
  const context = sketch.getContext("2d");
  context.fillStyle = "#000";
  context.fillRect(0, 0, sketch.width, sketch.height);
  blank(part("framed")); blank(part("rebuilt"));
  given = takes = null;
  turn += 1; // a search for the old one ends, too
  button("draw-take").disabled = button("draw-search").disabled = true;
}

async function showGiven(content) {
  const mine = turn, answer = await call("upload", here({ file: content }));
  if (!answer || mine !== turn) return;
  given = answer.picture;
  paint(part("framed"), given);
  button("draw-search").disabled = false;
  if (answer.point) await showTake(answer.point);
}

async function showTake(found) {
  const taken = (takes = plain(found.z, found.label));
  const drawn = await call("draw", here({ points: [taken] }));
  if (taken !== takes) return;
  if (drawn) paint(part("rebuilt"), drawn);
  button("draw-take").disabled = false;
}

let sketchDirty = false, sketchBusy = false;
async function sketchChanged(finished) {
  if (!finished && !model.encodes) return; // nothing to see before the search
  sketchDirty = true;
  if (sketchBusy) return;
  sketchBusy = true;
  while (sketchDirty && element.isConnected) {
    sketchDirty = false;
    await showGiven(sketch.toDataURL("image/png").split(",")[1]);
  }
  sketchBusy = false;
}
sketchable(sketch, { width: BRUSH, colour: () => (isColour() ? part("draw-colour").value : "#fff"), done: sketchChanged });

async function uploaded(file) {
  const content = file && (await fileContent(file));
  if (!content) return;
  clearSketch();
  const mine = turn, picture = new Image();
  picture.onload = () => { // shown whole, on the sketch
    if (mine !== turn) return;
    const scale = Math.min(sketch.width / picture.width, sketch.height / picture.height);
    const width = picture.width * scale, height = picture.height * scale;
    sketch.getContext("2d").drawImage(picture, (sketch.width - width) / 2, (sketch.height - height) / 2, width, height);
    URL.revokeObjectURL(picture.src);
  };
  picture.src = URL.createObjectURL(file);
  await showGiven(content);
}

button("draw-clear").addEventListener("click", clearSketch);
button("draw-upload").addEventListener("click", () => part("draw-file").click());
part("draw-file").addEventListener("change", () => { uploaded(part("draw-file").files[0]); part("draw-file").value = ""; });
button("draw-take").addEventListener("click", () => go(takes));
button("draw-search").addEventListener("click", async () => {
  const mine = turn, asked = here({ picture: single(given), shrink: 1 });
  const found = await work("search", asked, part("draw-job"), showTake, () => mine === turn);
  if (found) await showTake(found);
});

// -- repair and doubling --------------------------------------------------------------------------------
const hide = part("hide");
const HIDING = "#ff2d78";
const clean = document.createElement("canvas"), covering = document.createElement("canvas"); // two layers of `hide`
covering.width = hide.width; covering.height = hide.height;
let whole = null; // the picture to be damaged

function showDamage() {
  const context = hide.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(clean, 0, 0, hide.width, hide.height);
  context.drawImage(covering, 0, 0);
}

function damage(picture) {
  whole = picture;
  paint(clean, picture);
  blank(covering);
  showDamage();
  for (const role of ["repair-seen", "repair-done"]) blank(part(role));
  part("repair-seen-words").textContent = say("repair.seen");
  part("repair-done-words").textContent = say("repair.done");
}

// Which pixels of the picture the person has painted over, be it ever so little: a byte each.
function hiddenPixels() {
  const [, height, width] = whole.shape, mask = new Uint8Array(height * width);
  const { data } = covering.getContext("2d").getImageData(0, 0, hide.width, hide.height);
  for (let y = 0; y < hide.height; y++) for (let x = 0; x < hide.width; x++)
    if (data[4 * (y * hide.width + x) + 3])
      mask[Math.floor(y * height / hide.height) * width + Math.floor(x * width / hide.width)] = 1;
  return mask;
}

// The picture with what is hidden in grey.
function withHoles(mask) {
  const bytes = bytesOf(whole.pixels), channels = whole.shape[3];
  mask.forEach((covered, i) => { if (covered) bytes.fill(110, i * channels, (i + 1) * channels); });
  return { pixels: base64Of(bytes), shape: whole.shape };
}

sketchable(hide, { on: covering, width: 40, colour: () => HIDING, done: showDamage });
button("repair-current").addEventListener("click", () => { if (onScreen) damage(onScreen.picture); });
button("repair-drawn").addEventListener("click", () => { if (given) damage(given); else message(say("repair.nothing")); });
button("repair-fill").addEventListener("click", async () => {
  if (!whole) { message(say("repair.nothing")); return; }
  const mask = hiddenPixels();
  if (!mask.some(Boolean)) { message(say("repair.hide.first")); return; }
  paint(part("repair-seen"), withHoles(mask));
  let result = null;
  const preview = async ({ z, label }) => {
    const drawn = await call("draw", here({ points: [plain(z, label)] }));
    if (drawn && !result) paint(part("repair-done"), drawn);
  };
  result = await work("search", here({ picture: single(whole), hidden: base64Of(mask), shrink: 1 }), part("repair-job"), preview);
  if (!result) return;
  paint(part("repair-done"), result.filled);
});
button("repair-double").addEventListener("click", async () => {
  if (!whole) { message(say("repair.nothing")); return; }
  const result = await work("search", here({ picture: single(whole), shrink: 2 }), part("repair-job"));
  if (!result) return;
  part("repair-seen-words").textContent = say("repair.small");
  part("repair-done-words").textContent = say("repair.doubled");
  paint(part("repair-seen"), result.small);
  paint(part("repair-done"), result.filled);
});

opened.push((another) => {
  if (!another) return;
  clearSketch();
  part("draw-about").textContent = say(model.encodes ? "draw.about.encodes" : "draw.about.search");
  part("draw-colour").hidden = !isColour();
  whole = null;
  for (const canvas of [hide, clean, covering, part("repair-seen"), part("repair-done")]) blank(canvas);
});
root.addEventListener("drawn", () => { // the first picture of a model waits on the Repair tab
  if (!whole && onScreen && !root.querySelector('[data-panel="repair"]').hidden) damage(onScreen.picture);
});
