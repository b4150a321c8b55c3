// words.js is made by pages/words.py when the app starts.

/** Every word of the pages: by language, by key. */
export const WORDS: Record<string, Record<string, string>>;

/** Where the names of settings, figures and data have their words: prefixes of keys, by the field of a sentence. */
export const NAMES: Record<string, string[]>;

/** Fields of a sentence that name a file. */
export const FILES: string[];
