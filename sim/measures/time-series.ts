/** Levels that change at events, averaged over the run and over equal intervals; memory is bounded whatever the length of the run. */

const maxIntervals = 4096;

/** Levels are numbered from 0; `levels` is written by the owner after `advance`. */
export class TimeSeries {
  readonly levels: Float64Array;
  /** ∫ level dt since the start, one per level. */
  readonly integrals: Float64Array;
  readonly #integrated: number;
  #intervalS: number;
  #nowS = 0;
  /** ∫ level dt per interval: one row per interval, one column per level. */
  #rows: Float64Array[] = [];
  #row: Float64Array;
  #rowEndS: number;

  /**
   * @param intervalS length of an interval; doubled, neighbours added up, each time there are more than 4096
   * @param integrated how many of the levels, the first ones, are ever above 0; the others are only counted. Defaults to all
   */
  constructor(levels: number, intervalS: number, integrated = levels) {
    this.#integrated = integrated;
    this.levels = new Float64Array(levels);
    this.integrals = new Float64Array(levels);
    this.#intervalS = intervalS;
    this.#row = new Float64Array(levels);
    this.#rowEndS = intervalS;
  }

  get nowS(): number {
    return this.#nowS;
  }

  get intervalS(): number {
    return this.#intervalS;
  }

  /** Moves time on; the levels were what they are since the last call. */
  advance(nowS: number): void {
    while (nowS >= this.#rowEndS) {
      this.#integrate(this.#rowEndS);
      this.#rows.push(this.#row);
      this.#row = new Float64Array(this.levels.length);
      if (this.#rows.length === maxIntervals) this.#halve();
      this.#rowEndS += this.#intervalS;
    }
    this.#integrate(nowS);
  }

  /** Adds to the current interval what is counted, not integrated. */
  count(level: number, amount = 1): void {
    this.#row[level]! += amount;
    this.integrals[level]! += amount;
  }

  /** The intervals of one level: ∫ level dt, or what was counted, in each. The last one ends now, with what was counted now; a run of no length has none. */
  column(level: number): number[] {
    const values = this.#rows.map((row) => row[level]!);
    if (this.#lastRowS() > 0) values.push(this.#row[level]!);
    else if (values.length > 0) values[values.length - 1]! += this.#row[level]!;
    return values;
  }

  /** Lengths of the intervals, s; the last may be short. */
  lengthsS(): number[] {
    const whole = this.#rows.map(() => this.#intervalS);
    return this.#lastRowS() > 0 ? [...whole, this.#lastRowS()] : whole;
  }

  #lastRowS(): number {
    return this.#nowS - this.#rows.length * this.#intervalS;
  }

  #integrate(untilS: number): void {
    const spanS = untilS - this.#nowS;
    if (spanS === 0) return;
    const { levels, integrals } = this;
    const row = this.#row;
    for (let level = 0; level < this.#integrated; level++) {
      const area = levels[level]! * spanS;
      row[level]! += area;
      integrals[level]! += area;
    }
    this.#nowS = untilS;
  }

  #halve(): void {
    const pairs: Float64Array[] = [];
    for (let index = 0; index < this.#rows.length; index += 2) {
      const second = this.#rows[index + 1]!;
      pairs.push(this.#rows[index]!.map((value, level) => value + second[level]!));
    }
    this.#rows = pairs;
    this.#intervalS *= 2;
  }
}
