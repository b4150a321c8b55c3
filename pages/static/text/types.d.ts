import type { Job, Jobs, JobState, ModelRow, Sample, SavedFile } from "../common/types.js";

/** What does not change while a model is held at a step. */
export interface Model {
  run: string;
  step: number;
  steps: number[];
  data: string;
  origin: string;
  context: number;
  vocabulary: number;
  layers: number;
  heads: number;
  parameters: number;
  precisions: string[];
  prompt: string;
  languages: string[];
}

/** A prompt, and the numbers of the tokens that were chosen after it. */
export interface Beginning {
  prompt: string;
  chosen: number[];
}

/** A run at a step; without a step at its best one. */
export interface Where {
  run: string;
  step: number | null;
}

export interface Knobs {
  [name: string]: number | string;
  seed: number;
  precision: string;
}

/** Tokens by number, the text that each adds, and how likely each was. */
export interface Tokens {
  tokens: number[];
  texts: string[];
  chances: number[];
}

export type Written = {
  state: JobState["state"];
  part: number;
  /** the number of the first token that is told */
  from: number;
  /** what to ask for next */
  seen: number;
  samples: Tokens[];
  /** characters that the model does not know */
  unknown?: string;
  /** whether a part of the prompt was cut off */
  cut?: boolean;
  error: import("../common/types.js").Sentence | null;
};

export interface Alternatives {
  tokens: { id: number; text: string; before: number; after: number }[];
  kept: number;
  entropy: number;
}

export interface Surprise {
  tokens: { text: string; nats: number | null }[];
  n: number;
  nats: number;
  perplexity: number;
  bits_per_byte: number;
  unknown: string;
  cut: boolean;
}

/** The longest passage of a text that stands in what the model learned from. */
export interface Copied {
  verdict: "new" | "copied" | "repeats" | "alone";
  limit: number;
  start: number;
  length: number;
  place: number;
  before: string;
  after: string;
  usual: number | null;
  size: number;
  cut: boolean;
  began: string;
}

/** How much each token looks at each earlier one: bytes (layers · heads · tokens · tokens) as base64. */
export interface Attention {
  tokens: string[];
  layers: number;
  heads: number;
  weights: string;
}

/** The formula's numbers for one token of one head. */
export interface AttentionNumbers {
  size: number;
  query: number[];
  keys: number[][];
  scores: number[];
  weights: number[];
  earlier: number;
  output: number[];
}

/** What each layer would say next, after each token. */
export interface Lens {
  tokens: string[];
  said: string[][];
  chances: number[][];
}

/** The same continuation at a step of the training. */
export interface Moment {
  step: number;
  text: string;
}

/** The functions of `pages/text.py`. */
export interface Server extends Jobs {
  runs(values: object): ModelRow[];
  sample(values: { run: string; file: string }): Sample;
  describe(values: Where): Model;
  write(values: Where & { beginning: Beginning; knobs: Knobs; count: number; stop: string }): string;
  written(values: { job: string; seen: number }): Written;
  alternatives(values: Where & { beginning: Beginning; knobs: Knobs; chosen: number }): Alternatives;
  history(values: { run: string; beginning: Beginning; knobs: Knobs }): Job<Moment[], Moment[]>;
  surprise(values: Where & { text: string }): Surprise;
  copied(values: Where & { text: string }): Job<Copied>;
  attention(values: Where & { beginning: Beginning }): Attention;
  attention_numbers(
    values: Where & { beginning: Beginning; layer: number; head: number; at: number },
  ): AttentionNumbers;
  lens(values: Where & { beginning: Beginning }): Lens;
  bring(values: { source: string }): Job<string, { what: string }>;
  saved(values: { text: string; label: string }): SavedFile;
}
