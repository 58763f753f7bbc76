/**
 * How often a costly check is repeated: on a tenth of its cases in `npm test`, and on all of them in `npm run test:thorough`, which the gate runs.
 *
 * @param all the whole number of cases
 */
export function cases(all: number): number {
  return process.env.HEPS_CASES === 'all' ? all : Math.ceil(all / 10);
}
