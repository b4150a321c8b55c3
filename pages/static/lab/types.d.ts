export type Model = "gan" | "vae";
export type Place = [x: number, y: number];
export type Setting = string | number | Place[];

/** Every setting of the lab. */
export interface Settings {
  [name: string]: Setting;
  model: string;
  pattern: string;
  drawn: Place[];
}

/** What an experiment looks like now. */
export interface View {
  step: number;
  losses: Record<string, number>;
  finite: boolean;
  real: Place[];
  made: Place[];
  manifold: Place[][];
  /** what the discriminator thinks, or how dense the model is, at each place: bytes as base64 */
  heat: string;
  arrows: [x: number, y: number, dx: number, dy: number][];
  clouds: [x: number, y: number, sx: number, sy: number][];
  modes: number;
  covered: number;
  near: number;
}

export type Which = "both" | "d" | "g";

/** The functions of `pages/lab.py`. */
export interface Server {
  defaults(values: object): Settings;
  begin(values: { settings: Settings }): { lab: string; view: View };
  advance(values: { lab: string; settings: Settings; steps: number; which: Which }): View;
}
