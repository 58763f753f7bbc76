/** Which VMs run at any moment, found without replaying: checkpoints hold those running at regular numbers of decisions. */

/** Rows are decisions in order of time; a row runs from `decidedS` until `endS`. */
export class History {
  readonly #decidedS: Float64Array;
  readonly #endS: Float64Array;
  /** Decisions between two checkpoints. */
  readonly #step: number;
  /** Row `i`: the rows before `i * step` that still ran when row `i * step` was decided. */
  readonly #checkpoints: Uint32Array[] = [];

  /**
   * @param decidedS ascending
   * @param endS one per row; -Infinity where nothing ran
   * @param step defaults to what keeps the checkpoints about as large as the rows
   */
  constructor(decidedS: Float64Array, endS: Float64Array, step?: number) {
    this.#decidedS = decidedS;
    this.#endS = endS;
    this.#step = step ?? Math.max(1024, Math.ceil(decidedS.length / 128));
    let running: number[] = [];
    for (let row = 0; row < decidedS.length; row++) {
      if (row % this.#step === 0) {
        const nowS = decidedS[row]!;
        running = running.filter((each) => endS[each]! > nowS);
        this.#checkpoints.push(Uint32Array.from(running));
      }
      if (endS[row]! > decidedS[row]!) running.push(row);
    }
  }

  /** How many rows were decided by `atS`, that instant included. */
  decidedBy(atS: number): number {
    let [low, high] = [0, this.#decidedS.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#decidedS[middle]! <= atS) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The rows that run at `atS`, ascending: decided by then and not ended. Written into `into`, which is made longer where it must be. */
  runningAt(atS: number, into: RowList): void {
    into.length = 0;
    const rows = this.decidedBy(atS);
    if (rows === 0) return;
    const place = Math.floor((rows - 1) / this.#step);
    const before = this.#checkpoints[place]!;
    into.reserve(before.length + this.#step);
    const { rows: list } = into;
    let length = 0;
    for (let index = 0; index < before.length; index++) {
      const row = before[index]!;
      if (this.#endS[row]! > atS) list[length++] = row;
    }
    for (let row = place * this.#step; row < rows; row++) {
      if (this.#endS[row]! > atS) list[length++] = row;
    }
    into.length = length;
  }
}

/** A list of row numbers that is filled again and again. */
export class RowList {
  rows = new Uint32Array(1024);
  length = 0;

  /** Makes room for that many; what was in it is lost. */
  reserve(count: number): void {
    if (this.rows.length < count) this.rows = new Uint32Array(2 * count);
  }
}
