import type { RunRow, RunState, Sample, SavedFile, Sentence, Verdict } from "../common/types.js";

export type Settings = Record<string, string | number | boolean>;
export type Changes = Record<string, string | number>;

/** A piece of a formula: text, or a symbol with the figure below it. */
export type FormulaPart = string | { symbol: string; figure: string };

export interface Formula {
  name: string;
  parts: FormulaPart[];
  code: { file: string; line: number; text: string };
}

/** The range that is usual for a figure: at each step the low and the high end. */
export type Usual = [step: number, low: number, high: number][];

/** What does not change while a run trains. */
export interface Run {
  name: string;
  owner: string;
  mine: boolean;
  pinned: boolean;
  /** whether it came with the program */
  shipped: boolean;
  family: string;
  makes: string;
  capabilities: string[];
  data: string;
  device: string;
  settings: Settings;
  live: string[];
  curves: string[][];
  headline: string;
  usual: Record<string, Usual>;
  formulas: Formula[];
}

export interface Status {
  state: RunState;
  step: number;
  total_steps: number;
  elapsed_s: number;
  eta_s: number | null;
  steps_per_s: number | null;
  message: Sentence | null;
}

/** The held-out figures that stand for the run: the verdict's, or the newest. */
export interface Standing {
  figures: Record<string, unknown>;
  judged: boolean;
}

/** Why a training does not come to its end, and the finished run that stands in. */
export interface Outlook {
  why: "slow" | "ended" | "waits";
  minutes: number;
  reaches: number;
  steps: number;
  wait: number;
  stand_in: { name: string; data: string; steps: number; same: boolean } | null;
}

export type RunEvent =
  | { kind: "restart"; step: number }
  | { kind: "metrics"; step: number; values: Record<string, number | null> }
  | { kind: "eval"; step: number; figures: Record<string, number | null> }
  | { kind: "sample"; step: number; file: string }
  | { kind: "set"; step: number; changes: Changes }
  | ({ kind: "note" | "finding"; step: number } & Sentence);

export interface News {
  status: Status;
  standing: Standing;
  outlook: Outlook | null;
  events: RunEvent[];
  cursor: string;
}

export interface Finding {
  name: string;
  level: string;
  evidence: Sentence;
  advice: Sentence;
  changes: Changes;
  back_to: number | null;
}

export interface Cost {
  how: string;
  train_s: number;
  train_j: number;
  train_money: number;
  use_s: number;
  use_j: number;
  use_money: number;
}

export interface Condition {
  figure: string;
  sign: string;
  limit: number;
  value: number | null;
  passed: boolean | null;
  /** whether data of this kind can have the figure */
  applies?: boolean;
}

export interface Judgement {
  verdict: Verdict;
  /** why it cannot be judged */
  why: Sentence | null;
  conditions: Condition[];
  /** numbers by name; `features` names the source of data that they were measured with */
  figures: Record<string, number | string | null | undefined>;
  changes: Changes;
  cost: Cost;
}

/** What doctor and gate say. */
export interface Examined {
  findings: Finding[];
  young: boolean;
  judgement: Judgement | null;
  judging: boolean;
  unjudged: boolean;
  following: string | null;
  active: boolean;
}

export type Request = "pause" | "resume" | "stop" | "set";

/** The functions of `pages/train.py`. */
export interface Server {
  runs(values: object): RunRow[];
  describe(values: { run: string }): Run;
  follow(values: { run: string; cursor: string }): News;
  sample(values: { run: string; file: string }): Sample;
  ask(values: { run: string; what: Request; changes?: Changes }): boolean;
  examine(values: { run: string; per_kwh: number; per_hour: number }): Examined;
  again(values: { run: string; changes: Changes }): string;
  pin(values: { run: string; keep: boolean }): boolean;
  remove(values: { run: string }): boolean;
  save_curves(values: { run: string; format: string; language: string }): SavedFile;
  save_report(values: { run: string; format: string; language: string }): SavedFile;
}
