// What follows a hand: however often it is asked for meanwhile, the last state is done last.

/**
 * Work that is done once at a time. Who asks while it goes on has it done once more, with the newest values; the
 * answer of whoever began it comes when nothing is left to do.
 * @template {unknown[]} Values
 * @param {(...values: Values) => Promise<void>} work
 * @returns {(...values: Values) => Promise<void>}
 */
export function latest(work) {
  /** @type {Values | null} */
  let next = null;
  let busy = false;
  return async (...values) => {
    next = values;
    if (busy) return;
    busy = true;
    try {
      while (next) {
        const now = next;
        next = null;
        await work(...now);
      }
    } finally {
      busy = false;
    }
  };
}
