// What the page's address says of the page.

/**
 * An address that names a run names the one that is shown now: whoever loads the page again finds it.
 * @param {string} name
 */
export function nameRun(name) {
  const here = new URL(location.href);
  const before = here.searchParams.get("run");
  if (before === null || before === name) return;
  here.searchParams.set("run", name);
  here.searchParams.delete("step");
  history.replaceState(null, "", here);
}
