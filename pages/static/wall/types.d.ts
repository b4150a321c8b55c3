import type { RunState, Sentence, Verdict } from "../common/types.js";

/** A sample: a picture as an address, or a text. */
export type WallSample = { picture: string; text?: never } | { text: string; picture?: never };

export interface WallRun {
  name: string;
  owner: string;
  family: string;
  data: string;
  state: RunState;
  step: number;
  total_steps: number;
  eta_s: number | null;
  message: Sentence | null;
  headline: string;
  figure: number | null | undefined;
  verdict: Verdict | null;
  sample: WallSample | null;
}

/** The run in the middle, with its curves: groups of names, and points by name. */
export interface LargeRun extends Omit<WallRun, "verdict"> {
  groups: string[][];
  curves: Record<string, [step: number, value: number][]>;
}

export interface Ranking {
  family: string;
  data: string;
  headline: string;
  best: Pick<WallRun, "name" | "owner" | "figure" | "verdict">[];
}

/** What `board.py` sends every second or two. */
export interface WallData {
  runs: WallRun[];
  ranking: Ranking[];
  large: LargeRun | null;
  active: number;
  waiting: number;
  words: Record<string, string>;
  language: string;
}

/** What Streamlit gives to the script of a component. */
export interface Streamlit {
  data: WallData;
  parentElement: ParentNode;
  setStateValue: (name: "chosen", value: string) => void;
}
