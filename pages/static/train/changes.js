// Changes of a run's settings.
import { say, settingValue } from "../common/language.js";

/**
 * As a person reads them.
 * @param {import("./types.js").Changes} changes
 */
export function saidChanges(changes) {
  return Object.entries(changes).map(([name, value]) => `${say(`field.${name}`)} = ${settingValue(name, value)}`).join(", ");
}
