/** A sentence of the core, which `sentence()` says in the page's language. */
export interface Sentence {
  key: string;
  text: string;
  values: Record<string, unknown>;
  /** the English text before its values were filled in; what older versions wrote has none */
  template?: string;
}

/** What a server function of `pages/` answers. */
export type Answer<Value> = { ok: true; value: Value } | { ok: false; error: Sentence };

/** Functions by name, each with one object of values and what it answers. Every page's `Server` is one. */
export type Functions<Server> = Record<keyof Server, (values: never) => unknown>;

/** The same functions as Gradio offers them to the page. */
export type Asked<Server extends Functions<Server>> = {
  [Name in keyof Server]: (values: Parameters<Server[Name]>[0]) => Promise<Answer<ReturnType<Server[Name]>>>;
};

/** What Gradio gives to a widget's script, as far as ours use it. */
export interface Gradio<Server extends Functions<Server> = object> {
  element: HTMLElement;
  server: Asked<Server>;
  props: { value: unknown };
  watch: (property: string, changed: () => void) => void;
}

/** The name of work that takes seconds. What it comes to is known to the type checker only. */
export type Job<Result, Shown = unknown> = string & { readonly result?: Result; readonly shown?: Shown };

export type ResultOf<Work> = Work extends { readonly result?: infer Result } ? Result : never;
export type ShownBy<Work> = Work extends { readonly shown?: infer Shown } ? Shown : never;

/** Where a piece of work stands. */
export type JobState =
  | { state: "waiting" | "running" | "done" | "cancelled"; part: number; shown: unknown; result: unknown }
  | { state: "failed"; part: number; shown: unknown; error: Sentence };

/** The functions of every page that starts work. */
export interface Jobs {
  job(values: { job: string }): JobState;
  cancel(values: { job: string }): boolean;
}

/** A file for the person; its content is base64. */
export interface SavedFile {
  name: string;
  type: string;
  content: string;
}

/** A sample of a run: a text, or the address of anything else; `kind` names its viewer. */
export interface Sample {
  kind: string;
  content: string;
}

export type RunState =
  | "queued" | "running" | "paused" | "stopped" | "failed" | "interrupted" | "done" | "damaged";

/** Whether a model meets the conditions of its recipe; null in lists where it was not measured. */
export type Verdict = "ready" | "not-ready" | "cannot-judge";

/** A run as the lists show it. */
export interface RunRow {
  /** whether it came with the program */
  shipped: boolean;
  name: string;
  family: string;
  data: string;
  state: RunState;
  step: number;
  verdict: Verdict | null;
  owner: string;
}

/** A run that has a checkpoint to use. */
export interface ModelRow {
  /** whether it came with the program */
  shipped: boolean;
  name: string;
  family: string;
  data: string;
  state: RunState;
  steps: number[];
  sample: string;
  verdict: Verdict | null;
}
