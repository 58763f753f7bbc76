/** The most free RAM in each row of hosts, by free vCPUs: what a search looks at before it looks at hosts. */
export class RowTops {
  /** Of each row, MiB; -1 for a row without hosts. For reading. */
  readonly mib: Float64Array;
  /** The last row that has hosts; -1 when none has. */
  top = -1;
  #mostMib = -1;
  /** Whether the row that had the most has it no longer. */
  #isMostGone = false;

  constructor(rows: number) {
    this.mib = new Float64Array(rows).fill(-1);
  }

  /** The most in any row, MiB; -1 without hosts. */
  get mostMib(): number {
    if (this.#isMostGone) {
      this.#mostMib = -1;
      for (let row = 0; row <= this.top; row++) if (this.mib[row]! > this.#mostMib) this.#mostMib = this.mib[row]!;
      this.#isMostGone = false;
    }
    return this.#mostMib;
  }

  set(row: number, mib: number): void {
    const before = this.mib[row]!;
    if (mib === before) return;
    this.mib[row] = mib;
    if (row > this.top) this.top = row;
    else if (row === this.top) while (this.top >= 0 && this.mib[this.top]! < 0) this.top--;
    if (mib >= this.#mostMib) {
      this.#mostMib = mib;
      this.#isMostGone = false;
    } else if (before === this.#mostMib) this.#isMostGone = true;
  }
}
