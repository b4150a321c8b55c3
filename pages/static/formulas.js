// What the run on screen makes small: formulas with the newest numbers under their terms, and the code. After watch.js.
part("formulas-title").textContent = say("formulas.title");
part("formulas-title").append(question("formulas.help"));
let terms = []; // [{node, figure}]: where a number stands

function buildFormulas() {
  terms = [];
  part("formulas-box").hidden = !run.formulas.length;
  part("formulas").replaceChildren(...run.formulas.map((one) => {
    const box = make("div", null, { class: "formula" }), line = make("p", null, { class: "line" });
    for (const piece of one.parts) line.append(typeof piece === "string" ? make("span", piece) : term(piece));
    const code = make("details"), where = make("summary", `${say("formulas.code")} ${one.code.file}:${one.code.line}`);
    code.append(where, make("pre", one.code.text));
    box.append(make("b", say(`formula.${one.name}`)), line, make("p", say(`formula.${one.name}.about`), { class: "quiet" }), code);
    return box;
  }));
  fillFormulas();
}

function term({ symbol, figure }) {
  const box = make("span", null, { class: "term", title: AIGC.known(`metric.${figure}`) ?? figure }), value = make("i", "–");
  box.append(make("b", symbol), value);
  terms.push({ node: value, figure });
  return box;
}

function fillFormulas() {
  for (const { node, figure } of terms) {
    const last = series[figure]?.at(-1);
    setText(node, last ? AIGC.number(last[1]) : "–");
  }
}
