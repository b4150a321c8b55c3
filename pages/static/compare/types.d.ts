import type { Job, Jobs, RunRow, RunState, Sample, SavedFile, Verdict } from "../common/types.js";

/** Step and seconds of training at which something was so. */
export type Point = [step: number, seconds: number, value: number];

export interface ComparedRun {
  name: string;
  family: string;
  data: string;
  state: RunState;
  verdict: Verdict | null;
  shipped: boolean;
  step: number;
  seconds: number;
  joules: number;
  figures: Record<string, number>;
  settings: Record<string, Value>;
  curves: Record<string, Point[]>;
  samples: [step: number, seconds: number, file: string][];
}

export type Value = string | number | boolean | null | undefined;

/** Runs side by side. */
export interface Compared {
  runs: ComparedRun[];
  /** names of settings in which they differ */
  differing: string[];
  /** names of figures and of curves that any has */
  figures: string[];
  curves: string[];
}

/** The functions of `pages/compare.py`. */
export interface Server extends Jobs {
  runs(values: object): RunRow[];
  compare(values: { runs: string[] }): Compared;
  table(values: { runs: string[] }): SavedFile;
  curves(values: { runs: string[] }): SavedFile;
  tensorboard(values: { runs: string[] }): Job<string>;
  sample(values: { run: string; file: string }): Sample;
}
