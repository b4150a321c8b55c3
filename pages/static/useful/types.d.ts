import type { Job, Jobs, Sentence } from "../common/types.js";

/** What measuring a task came to. */
export interface Measured {
  verdict: Sentence;
  good: boolean;
  rows: Record<string, string | number>[];
  seconds: number;
  /** a picture of what was repaired, as base64 */
  sheet?: string;
  texts?: string[];
  /** false against true alarms, by the digit that was left out */
  curves?: Record<string, [number, number][]>;
}

/** The functions of `pages/useful.py`. */
export interface Server extends Jobs {
  scenarios(values: object): string[];
  measure(values: { scenario: string }): Job<Measured>;
}
