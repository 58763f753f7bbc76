/** A linear programme in the one form that the bounds need: maximise cost·x with A·x ≤ limit and 0 ≤ x ≤ upper, every upper finite. */

/** Rows of `A` are compressed: those of row `i` stand at `rowStart[i]` to `rowStart[i + 1] - 1` of `columns` and `values`. */
export class LinearModel {
  readonly cost: number[] = [];
  readonly upper: number[] = [];
  readonly limit: number[] = [];
  readonly rowStart: number[] = [0];
  readonly columns: number[] = [];
  readonly values: number[] = [];

  /** Adds a variable in [0, upper]. @returns its number */
  addColumn(cost: number, upper: number): number {
    this.upper.push(upper);
    return this.cost.push(cost) - 1;
  }

  /** Adds Σ values[i] · x[columns[i]] ≤ limit; no column may come twice. */
  addRow(columns: readonly number[], values: readonly number[], limit: number): void {
    for (const column of columns) this.columns.push(column);
    for (const value of values) this.values.push(value);
    this.rowStart.push(this.columns.length);
    this.limit.push(limit);
  }

  /** As `addRow` with positive values, unless no x within its bounds could break it. */
  addCapacity(columns: readonly number[], values: readonly number[], limit: number): void {
    const most = values.reduce((sum, value, index) => sum + value * this.upper[columns[index]!]!, 0);
    if (most > limit) this.addRow(columns, values, limit);
  }
}

/**
 * What weak duality proves of the model: for any prices y ≥ 0 of the rows, no feasible x is worth more than
 *
 *     Σᵢ yᵢ limitᵢ + Σⱼ upperⱼ · max(0, costⱼ − Σᵢ yᵢ Aᵢⱼ)
 *
 * It holds for prices that are not optimal too, so it does not rest on how exactly, or whether, a solver finished.
 *
 * @param prices one per row; negative ones count as 0
 */
export function dualBound(model: LinearModel, prices: ArrayLike<number>): number {
  const { cost, upper, limit, rowStart, columns, values } = model;
  const reduced = Float64Array.from(cost);
  let bound = 0;
  for (let row = 0; row < limit.length; row++) {
    const price = prices[row]!;
    if (!(price > 0)) continue;
    bound += price * limit[row]!;
    for (let entry = rowStart[row]!; entry < rowStart[row + 1]!; entry++) {
      reduced[columns[entry]!]! -= price * values[entry]!;
    }
  }
  for (let column = 0; column < upper.length; column++) bound += upper[column]! * Math.max(0, reduced[column]!);
  return bound;
}
