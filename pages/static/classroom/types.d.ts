import type { RunState, Sentence } from "../common/types.js";

export type Rule = "minutes" | "parameters" | "tries" | "waiting" | "upload_mb" | "keep_days" | "disk_mb";

/** Who asks: in no class nothing is said. */
export type Me = Record<string, never> | Person;

export interface Person {
  name: string;
  teacher: boolean;
  code: string;
  used_mb: number;
  rules: Record<Rule, number>;
}

export interface Student {
  name: string;
  code: string;
  runs: number;
  mb: number;
  state: RunState | "";
}

export interface Training {
  run: string;
  owner: string;
  state: RunState;
  step: number;
  total_steps: number;
  eta_s: number | null;
  message: Sentence | null;
}

/** The whole class, for a teacher. */
export interface Overview {
  students: Student[];
  trainings: Training[];
  slots: number;
  code: string;
}

/** What a lesson link can say. */
export interface Lessons {
  families: Record<string, { presets: Record<string, object>; data: string[] }>;
  groups: string[];
}

/** The functions of `pages/classroom.py`. */
export interface Server {
  me(values: object): Me;
  overview(values: object): Overview;
  stop(values: { run: string }): boolean;
  stop_all(values: object): number;
  resume_all(values: object): number;
  forget(values: { name: string }): boolean;
  sweep(values: object): string[];
  lessons(values: object): Lessons;
}
