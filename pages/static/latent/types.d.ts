import type { Job, Jobs, ModelRow, Sample, SavedFile } from "../common/types.js";

/** A place in a model's space, as the core has it. */
export interface Position {
  z: number[];
  label: number | null;
  truncation: number;
  /** the second picture's code, from layer `mix_from` on */
  other: number[] | null;
  mix_from: number;
}

/** Several pictures: bytes as base64, and [N, H, W, C]. */
export interface Pictures {
  pixels: string;
  shape: number[];
}

/** What does not change while a model is held at a step. */
export interface Model {
  run: string;
  step: number;
  steps: number[];
  shape: number[];
  latent_size: number;
  class_names: string[];
  layers: number;
  encodes: boolean;
  data: string;
}

export interface Direction {
  id: string;
  kind: "class" | "attribute" | "found" | "own" | "raw";
  name: string;
  vector: number[];
  quality?: number | null;
}

export interface Directions {
  found: Direction[];
  /** null before they are learned */
  learned: Direction[] | null;
  own: Direction[];
}

/** Codes of labelled pictures. */
export interface Cloud {
  codes: number[][];
  labels: number[];
  names: string[];
  real: boolean;
}

export interface Neighbours {
  pictures: Pictures;
  distances: number[];
  usual: [low: number, middle: number, high: number];
  data: string;
  count: number;
  own: boolean;
}

export interface Code {
  z: number[];
  label: number | null;
}

export interface Search extends Code {
  filled: Pictures;
  small: Pictures;
}

/** What was on the screen: a picture, and everything that it came from. */
export interface Seen {
  run: string;
  step: number;
  point: Position;
  seed: number | null;
  picture: Pictures;
}

/** A run at a step; without a step at its best one. */
export interface Where {
  run: string;
  step: number | null;
}

/** The functions of `pages/latent.py`. */
export interface Server extends Jobs {
  runs(values: object): { runs: ModelRow[]; ready: boolean };
  sample(values: { run: string; file: string }): Sample;
  describe(values: Where): Model;
  draw(values: Where & { points: Position[] }): Pictures;
  code_of_seed(values: Where & { seed: number }): number[];
  directions(values: Where): Directions;
  learn(values: Where): Job<Direction[]>;
  name_direction(values: Where & { name: string; vector: number[] }): Direction;
  forget_direction(values: Where & { id: string }): boolean;
  plane(values: Where & { origin: Position; across: number[]; up: number[]; reach: number; side: number }): Pictures;
  cloud(values: Where): Cloud | null;
  journey(values: Where & { stops: Position[]; part: number; kind: string }): { point: Position; picture: Pictures };
  combine(values: { a: Position; b: Position; c: Position }): Position;
  upload(values: Where & { file: string }): { picture: Pictures; point: Code | null };
  search(values: Where & { picture: Pictures; hidden?: string; shrink: number }): Job<Search, Code>;
  neighbours(values: Where & { picture: Pictures }): Job<Neighbours>;
  save(values: Where & { point: Position; seed: number | null; label: string }): SavedFile;
  film(
    values: Where & { form: string; stops: Position[]; kind: string; seconds: number; label: string },
  ): Job<SavedFile>;
  reopened(values: { file: string }): { run: string; step: number; seed: number | null; point: Position };
}
