// Drawing: bars beside an exact curve, curves over p, paths on a surface.
const EXACT = "#2563eb", DRAWN = "#ea580c";
const RACING = { gradient: "#2563eb", momentum: "#ea580c", adam: "#059669", adam_uncorrected: "#9333ea", adam_without_root: "#db2777" };

// A canvas as sharp as the screen; null while it is not shown.
function prepared(role) {
  const canvas = part(role), width = canvas.clientWidth, height = canvas.clientHeight, ratio = devicePixelRatio || 1;
  if (!width) return null;
  canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d"), style = getComputedStyle(root);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.font = "12px system-ui, sans-serif";
  return { pen, width, height, ink: style.getPropertyValue("--aigc-quiet"), faint: style.getPropertyValue("--border-color-primary") };
}

// Axes with round numbers; returns how values become places.
function axes({ pen, width, height, ink, faint }, [x0, x1], [y0, y1]) {
  const left = 44, right = width - 10, top = 10, bottom = height - 22;
  const x = (value) => left + ((right - left) * (value - x0)) / (x1 - x0 || 1), y = (value) => bottom - ((bottom - top) * (value - y0)) / (y1 - y0 || 1);
  pen.fillStyle = ink; pen.strokeStyle = faint; pen.lineWidth = 1;
  pen.textAlign = "right"; pen.textBaseline = "middle";
  for (const value of AIGC.ticks(y0, y1, 4)) { pen.beginPath(); pen.moveTo(left, y(value)); pen.lineTo(right, y(value)); pen.stroke(); pen.fillText(AIGC.number(value), left - 6, y(value)); }
  pen.textAlign = "center"; pen.textBaseline = "top";
  for (const value of AIGC.ticks(x0, x1, 6)) pen.fillText(AIGC.number(value), x(value), bottom + 5);
  return { x, y, bottom, top };
}

function drawBars({ outcomes, exact, drawn }, kind) {
  const place = prepared("bars");
  if (!place) return;
  const step = outcomes[1] - outcomes[0], half = step / 2;
  const { x, y, bottom } = axes(place, [outcomes[0] - half, outcomes.at(-1) + half], [0, 1.08 * Math.max(...exact, ...drawn, 1e-9)]);
  const { pen } = place;
  outcomes.forEach((value, i) => {
    const wide = x(value + half) - x(value - half);
    pen.fillStyle = DRAWN; pen.globalAlpha = 0.75;
    pen.fillRect(x(value) - 0.42 * wide, y(drawn[i]), 0.84 * wide, bottom - y(drawn[i]));
    pen.globalAlpha = 1;
  });
  pen.strokeStyle = pen.fillStyle = EXACT; pen.lineWidth = 2.5;
  if (kind === "normal") { pen.beginPath(); outcomes.forEach((value, i) => (i ? pen.lineTo(x(value), y(exact[i])) : pen.moveTo(x(value), y(exact[i])))); pen.stroke(); }
  else outcomes.forEach((value, i) => { pen.beginPath(); pen.moveTo(x(value - 0.45 * step), y(exact[i])); pen.lineTo(x(value + 0.45 * step), y(exact[i])); pen.stroke(); });
}

function drawCurves(role, p, curves, most) {
  const place = prepared(role);
  if (!place) return;
  const { x, y, top } = axes(place, [0, 1], [0, most]), { pen, width } = place;
  pen.save(); pen.beginPath(); pen.rect(44, top - 4, width, place.height); pen.clip();
  pen.lineWidth = 2.5;
  for (const [colour, values] of curves) {
    pen.strokeStyle = colour; pen.beginPath();
    p.forEach((at, i) => (i ? pen.lineTo(x(at), y(values[i])) : pen.moveTo(x(at), y(values[i]))));
    pen.stroke();
  }
  pen.restore();
}

// The surface as shades of one colour (lines of equal height show as edges), drawn once for each surface and theme.
let ground = { map: null, dark: null, canvas: null };
function groundOf(map) {
  const dark = document.body.classList.contains("dark");
  if (ground.map === map && ground.dark === dark) return ground.canvas;
  const side = map.length, all = map.flat(), least = Math.min(...all), most = Math.max(...all);
  const canvas = make("canvas", null, { width: side, height: side }), pen = canvas.getContext("2d");
  map.forEach((row, j) => row.forEach((value, i) => {
    const level = Math.floor(14 * Math.sqrt((value - least) / (most - least))) / 14; // the square root shows the low ground
    pen.fillStyle = dark ? `hsl(215 25% ${10 + 34 * level}%)` : `hsl(215 45% ${98 - 34 * level}%)`;
    pen.fillRect(i, side - 1 - j, 1, 1);
  }));
  ground = { map, dark, canvas };
  return canvas;
}

// The surface, and each racer up to a moment.
function drawRace({ map, reach, lowest, paths }, moment) {
  const place = prepared("surface-map");
  if (!place) return;
  const { pen, width, height } = place, dark = document.body.classList.contains("dark");
  pen.imageSmoothingEnabled = false;
  pen.drawImage(groundOf(map), 0, 0, width, height);
  const x = (value) => (width * (value + reach)) / (2 * reach), y = (value) => height - (height * (value + reach)) / (2 * reach);
  if (lowest) { pen.fillStyle = dark ? "#fff" : "#000"; pen.font = "20px system-ui"; pen.textAlign = "center"; pen.textBaseline = "middle"; pen.fillText("★", x(lowest[0]), y(lowest[1])); }
  for (const [racer, path] of Object.entries(paths)) {
    const seen = path.slice(0, moment + 1);
    pen.strokeStyle = pen.fillStyle = RACING[racer]; pen.lineWidth = 2.5; pen.lineJoin = "round";
    pen.beginPath(); seen.forEach(([a, b], i) => (i ? pen.lineTo(x(a), y(b)) : pen.moveTo(x(a), y(b)))); pen.stroke();
    pen.beginPath(); pen.arc(x(seen.at(-1)[0]), y(seen.at(-1)[1]), 5, 0, 7); pen.fill();
  }
}
