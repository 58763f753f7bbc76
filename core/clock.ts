/** Time, simulated or real: what runs on a schedule takes a Clock and never asks which. */
export interface Clock {
  /** Seconds since the clock's origin. */
  readonly nowS: number;
  /** Runs `action` once, `delayS` seconds from now; the function returned cancels it. */
  after(delayS: number, action: () => void): () => void;
}
