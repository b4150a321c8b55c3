// Inside the network: where each head looks, with the formula's numbers, and what each layer would say already.
let seen = null; // {tokens, layers, heads, weights}: what the attention tab shows
let head = { layer: 0, head: 0 };
let readAt = null; // the token that is pointed at

async function showAttention() {
  seen = null;
  const beginning = beginningOnScreen(), found = await call("attention", there({ beginning }));
  if (!found) return;
  seen = { ...found, weights: bytesOf(found.weights), beginning };
  head = { layer: Math.min(head.layer, found.layers - 1), head: Math.min(head.head, found.heads - 1) };
  readAt = found.tokens.length - 1;
  drawHeads();
  drawReading();
  pointAt(readAt);
}

const weightsOf = (layer, number) => {
  const size = seen.tokens.length ** 2;
  return seen.weights.subarray((layer * seen.heads + number) * size, (layer * seen.heads + number + 1) * size);
};

function paintHead(canvas, layer, number) {
  const length = seen.tokens.length, image = new ImageData(length, length), weights = weightsOf(layer, number);
  for (let i = 0; i < weights.length; i++) {
    image.data[4 * i] = 37; image.data[4 * i + 1] = 99; image.data[4 * i + 2] = 235;
    image.data[4 * i + 3] = 255 * Math.sqrt(weights[i] / 255); // small weights are seen, too
  }
  canvas.width = canvas.height = length;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function drawHeads() {
  const grid = part("heads");
  grid.style.gridTemplateColumns = `auto repeat(${seen.heads}, minmax(0, 52px))`;
  grid.replaceChildren();
  for (let layer = 0; layer < seen.layers; layer++) {
    grid.append(make("span", say("attention.layer", { n: layer + 1 }), { class: "quiet" }));
    for (let number = 0; number < seen.heads; number++) {
      const canvas = make("canvas", null, { role: "button", tabindex: "0", "data-layer": layer, "data-head": number,
        "aria-label": say("attention.head", { layer: layer + 1, head: number + 1 }) });
      paintHead(canvas, layer, number);
      const pick = () => { head = { layer, head: number }; markHead(); pointAt(readAt); };
      canvas.addEventListener("click", pick);
      canvas.addEventListener("keydown", (event) => { if (event.key === "Enter") pick(); });
      grid.append(canvas);
    }
  }
  markHead();
}

function markHead() {
  for (const canvas of part("heads").querySelectorAll("canvas"))
    canvas.classList.toggle("on", Number(canvas.dataset.layer) === head.layer && Number(canvas.dataset.head) === head.head);
  part("head-name").textContent = say("attention.head", { layer: head.layer + 1, head: head.head + 1 });
  paintHead(part("matrix"), head.layer, head.head);
}

function drawReading() {
  part("reading").replaceChildren(...seen.tokens.map((text, i) => {
    const span = make("span", visible(text) || "▯", { class: "read", tabindex: "0" });
    for (const kind of ["pointerenter", "click", "focus"]) span.addEventListener(kind, () => pointAt(i));
    return span;
  }));
}
part("matrix").setAttribute("aria-label", say("attention.matrix"));
part("matrix").addEventListener("pointermove", (event) => {
  if (!seen) return;
  const box = part("matrix").getBoundingClientRect();
  pointAt(Math.min(seen.tokens.length - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * seen.tokens.length))));
});

function pointAt(at) {
  if (!seen || at === null) return;
  readAt = at;
  const length = seen.tokens.length, row = weightsOf(head.layer, head.head).subarray(at * length, (at + 1) * length);
  [...part("reading").children].forEach((span, i) => {
    span.style.setProperty("--weight", i <= at ? row[i] / 255 : 0);
    span.classList.toggle("at", i === at);
    span.classList.toggle("later", i > at);
    span.title = i <= at ? percent(row[i] / 255) : "";
  });
  showNumbers();
}

let numbersAsked = false, numbersAgain = false;
async function showNumbers() {
  numbersAgain = true;
  if (numbersAsked) return;
  numbersAsked = true;
  while (numbersAgain && seen) {
    numbersAgain = false;
    const mine = seen, at = readAt, where = head;
    const found = await call("attention_numbers", there({ beginning: mine.beginning, ...where, at }));
    if (found && mine === seen && at === readAt && where === head) drawFormula(found, at);
  }
  numbersAsked = false;
}

const vector = (numbers, size) => `[${numbers.map((value) => value.toFixed(2)).join(", ")}${size > numbers.length ? ", …" : ""}]`;

function drawFormula(found, at) {
  const order = found.weights.map((weight, i) => [weight, i]).sort((a, b) => b[0] - a[0]).slice(0, 6);
  const table = make("table"), top = make("tr");
  for (const key of ["token", "key", "score", "weight"]) top.append(make("th", say(`attention.${key}`)));
  table.append(top);
  for (const [weight, i] of order) {
    const row = make("tr");
    row.append(make("td", named(seen.tokens[i])), make("td", vector(found.keys[i], found.size)), make("td", found.scores[i].toFixed(2)), make("td", percent(weight)));
    table.append(row);
  }
  if (found.earlier > 0.0005) {
    const row = make("tr");
    row.append(make("td", say("attention.earlier"), { colspan: 3 }), make("td", percent(found.earlier)));
    table.append(row);
  }
  part("formula").replaceChildren(
    make("p", say("attention.formula"), { class: "equation" }),
    make("p", say("attention.query", { token: named(seen.tokens[at]), q: vector(found.query, found.size), d: found.size })),
    table,
    make("p", say("attention.output", { v: vector(found.output, found.size) })),
  );
}

async function showLens() {
  const found = await call("lens", there({ beginning: beginningOnScreen() }));
  if (!found) return;
  const table = make("table");
  const row = (title, cells, kind) => {
    const line = make("tr");
    line.append(make("th", title), ...cells.map(([text, chance]) => {
      const cell = make(kind, named(text));
      if (chance !== null) { cell.style.setProperty("--weight", chance); cell.title = percent(chance); }
      return cell;
    }));
    return line;
  };
  table.append(row(say("lens.read"), found.tokens.map((text) => [text, null]), "th"));
  found.said.forEach((texts, layer) => {
    const title = layer ? say("attention.layer", { n: layer }) : say("lens.input");
    table.append(row(title, texts.map((text, i) => [text, found.chances[layer][i]]), "td"));
  });
  part("lens").replaceChildren(table);
  part("lens").scrollLeft = part("lens").scrollWidth;
}
