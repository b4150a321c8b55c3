import type { Job, Jobs, ModelRow, SavedFile } from "../common/types.js";

/** What may be chosen, and whether this machine can write to the Hub. */
export interface Offers {
  licences: Record<string, string>;
  token: boolean;
  hub: string;
}

/** What a person has chosen to publish. */
export interface Chosen {
  run: string;
  licence: string;
  place: string;
}

/** The functions of `pages/publish.py`. */
export interface Server extends Jobs {
  runs(values: object): ModelRow[];
  offers(values: object): Offers;
  card(values: Chosen): string;
  pack(values: Chosen): Job<SavedFile>;
  push(values: Chosen & { private: boolean }): Job<string>;
  pull(values: { place: string }): Job<string>;
}
