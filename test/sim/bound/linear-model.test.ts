import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dualBound, LinearModel } from '../../../sim/bound/linear-model.ts';
import { solveInteger, solveLinear } from '../../../sim/bound/solver.ts';

/** Maximise 3x + 2y with x + y ≤ 1.5 and 0 ≤ x, y ≤ 1: 4 at x = 1, y = ½; over whole numbers 3. */
function example(): LinearModel {
  const model = new LinearModel();
  const x = model.addColumn(3, 1);
  const y = model.addColumn(2, 1);
  model.addRow([x, y], [1, 1], 1.5);
  return model;
}

test('the solver finds both optima', async () => {
  expect((await solveLinear(example(), 10)).bound).toBeCloseTo(4);
  expect((await solveInteger(example(), 10)).bound).toBeCloseTo(3);
});

test('weak duality: the right price gives the optimum, any other gives more', () => {
  // Price 2: 2 · 1.5 + (3 − 2) + 0 = 4. Price 0: 3 + 2. Price 3: 3 · 1.5. A negative price counts as 0.
  expect([2, 0, 3, -1].map((price) => dualBound(example(), [price]))).toEqual([4, 5, 4.5, 5]);
});

test('a capacity that nobody can break is no row', () => {
  const model = example();
  model.addCapacity([0, 1], [1, 1], 2);
  expect(model.limit).toEqual([1.5]);
  model.addCapacity([0, 1], [1, 1], 1.9);
  expect(model.limit).toEqual([1.5, 1.9]);
});

test('no feasible point is worth more than the bound, whatever the prices', () => {
  const amount = fc.integer({ min: -3, max: 5 });
  fc.assert(
    fc.property(
      fc.array(fc.tuple(amount, fc.nat(4)), { minLength: 3, maxLength: 3 }),
      fc.array(fc.tuple(fc.tuple(amount, amount, amount), fc.nat(9), amount), { maxLength: 4 }),
      fc.tuple(fc.nat(4), fc.nat(4), fc.nat(4)),
      (columns, rows, point) => {
        const model = new LinearModel();
        for (const [cost, upper] of columns) model.addColumn(cost, upper);
        for (const [values, limit] of rows) model.addRow([0, 1, 2], values, limit);
        const dot = (values: readonly number[]) => values.reduce((sum, value, index) => sum + value * point[index]!, 0);
        fc.pre(point.every((value, index) => value <= columns[index]![1]));
        fc.pre(rows.every(([values, limit]) => dot(values) <= limit));
        const worth = dot(columns.map(([cost]) => cost));
        expect(
          dualBound(
            model,
            rows.map(([, , price]) => price),
          ),
        ).toBeGreaterThanOrEqual(worth);
      },
    ),
  );
});
