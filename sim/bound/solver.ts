/** The solver HiGHS (WASM, one thread) on the models of the bounds. What it returns is an upper bound whether or not it finished. */
import type { Highs, Model, ModelData } from 'highs';
import { dualBound, type LinearModel } from './linear-model.ts';

/** An upper bound of a model's optimum. */
export interface Solved {
  readonly bound: number;
  /** Whether the bound is the optimum, up to the solver's tolerances; if not, a limit was reached first. */
  readonly isOptimal: boolean;
}

let loading: Promise<Highs> | undefined;

/** Loaded when it is first needed: it takes some MB. */
async function highs(): Promise<Highs> {
  loading ??= import('highs').then(({ default: module }) => {
    // Its types are those of a CommonJS module, whose default TypeScript takes to be one level down.
    const load = module as unknown as typeof module.default;
    return load();
  });
  return loading;
}

/** The optimum of the model, as weak duality proves it from the solver's prices, which need not be exact. */
export async function solveLinear(model: LinearModel, timeLimitS: number): Promise<Solved> {
  return solve(model, false, timeLimitS, (solved) => {
    const { rowDual } = solved.getSolution();
    // HiGHS minimises −cost, where the price of a row that is full is negative.
    return dualBound(model, rowDual.length === model.limit.length ? rowDual.map((dual) => -dual) : []);
  });
}

/** The optimum over whole numbers, or if the time is up what the search has proved so far: HiGHS' dual bound. */
export async function solveInteger(model: LinearModel, timeLimitS: number): Promise<Solved> {
  return solve(model, true, timeLimitS, (solved) => {
    const proved = -Number(solved.info.get('mip_dual_bound'));
    return Number.isFinite(proved) ? proved : Infinity;
  });
}

async function solve(
  model: LinearModel,
  isInteger: boolean,
  timeLimitS: number,
  boundOf: (solved: Model) => number,
): Promise<Solved> {
  // Without rows everything is taken.
  const most = dualBound(model, []);
  if (model.limit.length === 0) return { bound: most, isOptimal: true };
  const solver = await highs();
  return solver.withModel(modelData(model, isInteger, solver), (loaded) => {
    loaded.options.set({ output_flag: false, time_limit: timeLimitS });
    if (isInteger) loaded.options.set({ mip_rel_gap: 0, mip_abs_gap: 1e-6 });
    // Ten times as fast as the simplex method on a month of HEPS; crossover (the default) makes the prices exact.
    else loaded.options.set({ solver: 'ipm' });
    loaded.run();
    const isOptimal = loaded.getModelStatus() === solver.constants.modelStatus.optimal;
    return { bound: Math.min(most, boundOf(loaded)), isOptimal };
  });
}

function modelData(model: LinearModel, isInteger: boolean, { infinity }: Highs): ModelData {
  const { cost, upper, limit, rowStart, columns, values } = model;
  const numCols = cost.length;
  const numRows = limit.length;
  return {
    numCols,
    numRows,
    colCost: cost.map((each) => -each),
    colLower: new Float64Array(numCols),
    colUpper: upper,
    rowLower: new Float64Array(numRows).fill(-infinity),
    rowUpper: limit,
    matrix: { format: 'csr', numRows, numCols, starts: rowStart, indices: columns, values },
    ...(isInteger ? { integrality: new Int32Array(numCols).fill(1) } : {}),
  };
}
