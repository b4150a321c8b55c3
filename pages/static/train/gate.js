// Whether the run passed its gate, and what it cost.
import { action, holding, make } from "../common/dom.js";
import { duration, figureName, known, language, number, say, sentence } from "../common/language.js";
import { saidChanges } from "./changes.js";

/** @typedef {import("./types.js").Condition} Condition */
/** @typedef {import("./types.js").Examined} Examined */
/** @typedef {import("./types.js").Judgement} Judgement */
/** @typedef {import("./types.js").Run} Run */

const LEAST_MONEY = 0.001;

export class Gate {
  /**
   * @param {import("./watch.js").Widget} widget
   * @param {import("./doctor.js").Doctor} doctor
   */
  constructor(widget, doctor) {
    this.widget = widget;
    this.doctor = doctor;
  }

  /**
   * @param {Run} run
   * @param {Examined} found
   */
  draw(run, found) {
    const { judgement, judging, unjudged, following } = found;
    this.widget.part("gate-box").hidden = !judgement && !judging && !unjudged && !following;
    this.widget.part("cost-box").hidden = !judgement;
    const shown = judgement ? this.#verdict(run, judgement, following) : this.#waiting(run, found);
    this.widget.part("gate").replaceChildren(...shown);
    if (judgement) this.#drawCost(run, judgement);
  }

  /**
   * @param {Run} run
   * @param {Examined} found
   */
  #waiting(run, { judging, unjudged, following }) {
    const said = make("p", judging ? say("gate.judging") : unjudged ? say("gate.unjudged") : "");
    if (following) return [said, this.#goTo(following)];
    if (!unjudged || !run.mine) return [said];
    const measure = () => this.widget.ask("ask", { run: run.name, what: "resume" });
    return [said, action(say("gate.measure"), measure)];
  }

  /** @param {string} name of the next attempt */
  #goTo(name) {
    return action(say("gate.following", { name }), () => this.doctor.watch.follow(name));
  }

  /**
   * @param {Run} run
   * @param {Judgement} judgement
   * @param {string | null} following
   */
  #verdict(run, { verdict, why, conditions, figures, changes }, following) {
    const head = make("p", say(`gate.head.${verdict}`), { class: `verdict ${verdict}` });
    const reason = why ? [make("p", sentence(why))] : [];
    const source = figures.features;
    const features = source ? say("gate.features", { name: known(`data.${source}`) ?? source }) : "";
    const real = say(`gate.real.${figures.reference ?? "held-out"}`, { n: Number(figures.n ?? 0).toLocaleString(language) });
    const facts = make("p", say("gate.facts", { real, features, seed: figures.seed }), { class: "quiet" });
    const shown = [head, ...reason, holding(make("table"), ...conditions.map(conditionRow)), facts];
    if (following) return [...shown, this.#goTo(following)];
    if (!Object.keys(changes).length) return shown;
    const next = make("p", say("gate.next", { changes: saidChanges(changes) }));
    return [...shown, next, action(say("gate.again"), () => this.doctor.again(run, changes))];
  }

  /**
   * @param {Run} run
   * @param {Judgement} judgement
   */
  #drawCost(run, { cost, figures }) {
    const using = known(`cost.thousand.${run.makes}`) ? `cost.thousand.${run.makes}` : "cost.thousand.results";
    const titles = ["", "cost.time", "cost.energy", "cost.money"].map((key) => make("th", key && say(key)));
    const table = holding(
      make("table"),
      holding(make("tr"), ...titles),
      costRow("cost.train", cost.train_s, cost.train_j, cost.train_money),
      costRow(using, cost.use_s, cost.use_j, cost.use_money),
    );
    const quality = figures[run.headline];
    const value = typeof quality === "number" ? number(quality) : "–";
    const about = [say("cost.quality", { figure: figureName(run.headline), value }), say(`cost.${cost.how}`)];
    this.widget.part("cost").replaceChildren(table, ...about.map((one) => make("p", one, { class: "quiet" })));
  }
}

/** @param {Condition} condition */
function conditionRow({ figure, value, sign, limit, passed, applies = true }) {
  const [kind, mark] = !applies ? ["none", "–"] : passed === null ? ["none", "?"] : passed ? ["yes", "✓"] : ["no", "✗"];
  return holding(
    make("tr", null, { class: kind }),
    make("td", mark),
    make("th", figureName(figure)),
    make("td", value === null ? say(applies ? "gate.unmeasured" : "gate.not_applicable") : number(value)),
    make("td", `${sign} ${limit}`),
  );
}

/**
 * @param {string} key
 * @param {number} seconds
 * @param {number} joules
 * @param {number} money
 */
function costRow(key, seconds, joules, money) {
  const energy = say("cost.wh", { n: number(joules / 3600) });
  const price = money && money < LEAST_MONEY ? `< ${LEAST_MONEY}` : number(money);
  const cells = [duration(seconds), energy, price].map((one) => make("td", one));
  return holding(make("tr"), make("th", say(key)), ...cells);
}
