// What the browser keeps for this site. Within a page of another site it may keep nothing: then a page remembers until
// it is left.

/** @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem">} Store */

/**
 * @param {"localStorage" | "sessionStorage"} name
 * @returns {Store}
 */
function store(name) {
  try {
    return window[name];
  } catch {
    /** @type {Map<string, string>} */
    const values = new Map();
    return {
      getItem: (key) => values.get(key) ?? null,
      setItem: (key, value) => void values.set(key, String(value)),
      removeItem: (key) => void values.delete(key),
    };
  }
}

export const local = store("localStorage");
export const session = store("sessionStorage");
