import type { Job, Jobs } from "../common/types.js";

/** What can be moved: parameters as name, least, most, usual. */
export interface Parameters {
  distributions: Record<string, [name: string, least: number, most: number, usual: number][]>;
  surfaces: string[];
}

export interface Distribution {
  outcomes: number[];
  exact: number[];
  drawn: number[];
  mean: number;
  variance: number;
  drawn_mean: number;
  drawn_variance: number;
}

/** Two losses over the probability of the truth, and how hard each pulls. */
export interface Losses {
  p: number[];
  squared: number[];
  cross_entropy: number[];
  squared_pull: number[];
  cross_entropy_pull: number[];
}

/** Optimisers on a surface: the way of each, how high it is there, and the surface itself. */
export interface Race {
  paths: Record<string, [number, number][]>;
  heights: Record<string, number[]>;
  map: number[][];
  reach: number;
  lowest: [number, number] | null;
}

export interface Side {
  sheet: string;
  figures: Record<string, number>;
}

/** The functions of `pages/basics.py`. */
export interface Server extends Jobs {
  parameters(values: object): Parameters;
  distribution(values: {
    kind: string; values: Record<string, number>; draws: number; seed: number;
  }): Distribution;
  losses(values: object): Losses;
  race(values: { surface: string; lr: number; steps: number }): Race;
  mistake(values: { mistake: string }): Job<{ right: Side; wrong: Side }>;
}
