// From numbers to pictures: the plane, the codes of the VAE, the losses.
const PLANE = 1.2; // the plane that is shown reaches from −PLANE to PLANE
const REAL = "#2563eb", MADE = "#ea580c", LINES = "rgba(5, 150, 105, .55)";
const CURVES = { gan: ["d", "g"], vae: ["negative_elbo", "reconstruction", "kl"] };
const COLOURS = { d: "#2563eb", g: "#ea580c", negative_elbo: "#2563eb", reconstruction: "#ea580c", kl: "#059669" };
const MOST_POINTS = 600; // of a curve
let points = []; // what the curves show: { step, losses }

const toPixel = (canvas, x, y, reach = PLANE) => [((x / reach + 1) / 2) * canvas.width, ((1 - y / reach) / 2) * canvas.height];
const toPlane = (canvas, event) => {
  const box = canvas.getBoundingClientRect();
  return [(2 * (event.clientX - box.left) / box.width - 1) * PLANE, (1 - 2 * (event.clientY - box.top) / box.height) * PLANE];
};
const isDark = () => document.body.classList.contains("dark") || document.documentElement.classList.contains("dark");

function dots(context, canvas, places, colour, size) {
  context.fillStyle = colour;
  for (const [x, y] of places) {
    const [left, top] = toPixel(canvas, x, y);
    context.beginPath(); context.arc(left, top, size, 0, 7); context.fill();
  }
}

// Blue where the value is high, orange where it is low, paper where it is in the middle.
function heatPicture(bytes) {
  const side = Math.sqrt(bytes.length), picture = new ImageData(side, side), paper = isDark() ? [31, 41, 55] : [255, 255, 255];
  const vae = settings.model === "vae";
  for (let row = 0; row < side; row++) for (let column = 0; column < side; column++) {
    const value = bytes[(side - 1 - row) * side + column] / 255, place = 4 * (row * side + column);
    const colour = vae || value > 0.5 ? [96, 165, 250] : [251, 146, 60], strength = vae ? value : 2 * Math.abs(value - 0.5);
    for (let i = 0; i < 3; i++) picture.data[place + i] = paper[i] + (colour[i] - paper[i]) * strength * 0.8;
    picture.data[place + 3] = 255;
  }
  return picture;
}

const heatCanvas = make("canvas");
function drawPlane(view) {
  const canvas = part("plane"), context = canvas.getContext("2d");
  context.fillStyle = isDark() ? "#1f2937" : "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  if (part("heat").checked) {
    const picture = heatPicture(bytesOf(view.heat));
    heatCanvas.width = picture.width; heatCanvas.height = picture.height;
    heatCanvas.getContext("2d").putImageData(picture, 0, 0);
    context.drawImage(heatCanvas, 0, 0, canvas.width, canvas.height);
  }
  if (part("manifold").checked) {
    context.strokeStyle = LINES; context.lineWidth = 1.2;
    const lines = view.manifold, columns = lines[0].length, trace = (places) => {
      context.beginPath();
      for (const [x, y] of places) context.lineTo(...toPixel(canvas, x, y));
      context.stroke();
    };
    if (columns === 1) trace(lines.map(([place]) => place));
    else {
      lines.forEach(trace);
      for (let column = 0; column < columns; column++) trace(lines.map((line) => line[column]));
    }
  }
  dots(context, canvas, view.real, REAL, 3);
  dots(context, canvas, view.made, MADE, 3);
  if (part("arrows").checked && view.arrows.length) drawArrows(context, canvas, view.arrows);
}
// The longest one has a fixed length: what counts is where they point, and which are long.
function drawArrows(context, canvas, arrows) {
  const longest = Math.max(...arrows.map(([, , dx, dy]) => Math.hypot(dx, dy)), 1e-9), scale = 0.25 / longest;
  context.strokeStyle = isDark() ? "#f9fafb" : "#111827"; context.lineWidth = 1.5;
  for (const [x, y, dx, dy] of arrows) {
    const [left, top] = toPixel(canvas, x, y), [right, bottom] = toPixel(canvas, x + dx * scale, y + dy * scale);
    const angle = Math.atan2(bottom - top, right - left), head = Math.min(6, Math.hypot(right - left, bottom - top));
    context.beginPath(); context.moveTo(left, top); context.lineTo(right, bottom);
    for (const turn of [2.6, -2.6]) { context.moveTo(right, bottom); context.lineTo(right + head * Math.cos(angle + turn), bottom + head * Math.sin(angle + turn)); }
    context.stroke();
  }
}

// Where the encoder puts each point, and how sure it is: one ellipse each, over the prior's circles.
function drawCodes(clouds) {
  const canvas = part("codes"), context = canvas.getContext("2d"), reach = 3.2;
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.strokeStyle = isDark() ? "#6b7280" : "#9ca3af"; context.lineWidth = 1;
  for (const radius of [1, 2, 3]) { context.beginPath(); context.arc(canvas.width / 2, canvas.height / 2, (radius / reach) * canvas.width / 2, 0, 7); context.stroke(); }
  context.strokeStyle = REAL; context.fillStyle = "rgba(37, 99, 235, .12)";
  for (const [x, y, sx, sy] of clouds) {
    const [left, top] = toPixel(canvas, x, y, reach), size = canvas.width / 2 / reach;
    context.beginPath(); context.ellipse(left, top, sx * size, sy * size, 0, 0, 7); context.fill(); context.stroke();
  }
}

function drawCurves() {
  const canvas = part("curves"), context = canvas.getContext("2d"), names = CURVES[settings.model];
  context.clearRect(0, 0, canvas.width, canvas.height);
  const values = points.flatMap(({ losses }) => names.map((name) => losses[name])).filter(Number.isFinite).sort((a, b) => a - b);
  if (values.length < 2) return;
  const low = values[Math.floor(0.01 * values.length)], high = values[Math.ceil(0.99 * (values.length - 1))], room = high - low || 1;
  const first = points[0].step, last = points.at(-1).step || 1;
  const top = (value) => 10 + (canvas.height - 30) * (1 - (value - low) / room);
  context.fillStyle = isDark() ? "#d1d5db" : "#4b5563"; context.font = "15px system-ui";
  context.fillText(high.toPrecision(3), 4, 16); context.fillText(low.toPrecision(3), 4, canvas.height - 18);
  for (const name of names) {
    context.strokeStyle = COLOURS[name]; context.lineWidth = 2; context.beginPath();
    for (const { step, losses } of points) if (Number.isFinite(losses[name])) context.lineTo(60 + ((canvas.width - 66) * (step - first)) / Math.max(1, last - first), top(losses[name]));
    context.stroke();
  }
}

function remember(view) {
  if (points.length && view.step < points.at(-1).step) points = [];
  if (!Object.keys(view.losses).length || view.step === points.at(-1)?.step) return;
  points.push({ step: view.step, losses: view.losses });
  if (points.length > MOST_POINTS) points = points.filter((_, i) => i % 2 === 1);
}

function legend(place, entries) {
  place.replaceChildren(...entries.map(([colour, words]) => {
    const one = make("span"), mark = make("i", null, { style: `background: ${colour}` });
    one.append(mark, words);
    return one;
  }));
}
function drawWords(view) {
  const figure = (name, value) => [make("dt", say(name)), make("dd", value)];
  const facts = [];
  if (view.modes) facts.push(["lab.covered", say("lab.covered.of", { n: view.covered, all: view.modes })]);
  facts.push(["lab.near", `${(100 * view.near).toFixed(0)}%`]);
  part("figures").replaceChildren(...facts.map(([name, value]) => { const one = make("div"); one.append(...figure(name, value)); return one; }));
  part("count").textContent = say("lab.count", { n: view.step.toLocaleString() });
  legend(part("legend"), [[REAL, say("lab.real")], [MADE, say("lab.made")]]);
  legend(part("curve-legend"), CURVES[settings.model].map((name) => [COLOURS[name], `${say(`lab.loss.${name}`)} ${Number.isFinite(view.losses[name]) ? view.losses[name].toFixed(3) : "–"}`]));
}

function draw(view) {
  remember(view);
  drawPlane(view); drawCurves(); drawWords(view);
  if (settings.model === "vae") drawCodes(view.clouds);
}
