/** A small comparison whose figures are computed in several ways: three policies, nine seeds, twelve days on six hosts with cards of two sizes. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const host = { vcpus: 32, ramMib: 131_072, diskGib: 2000 };

/** Two hosts without cards, two with small ones, two with large ones. */
const cluster = {
  format: 'heps-cluster/1',
  name: 'six',
  hosts: [
    { ...host, name: 'cpu', count: 2 },
    { ...host, name: 'small', count: 2, cards: [{ model: 'T4', count: 2 }] },
    { ...host, name: 'large', count: 2, cards: [{ model: 'RTX A6000', count: 2 }] },
  ],
};

/** Options of `heps compare` and `heps simulate` that decide what happens; VMs wait, and give up. */
export const cloudOptions = ['--cluster', 'six.json', '--on-full', 'queue', '--patience', '4h', '--load', '0.05'];

/** Policies and seeds of the comparison; the first policy is the baseline. */
export const comparedPolicies = ['nova', 'hybrid', 'first-fit'];
export const comparedSeeds = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** `heps compare` with run files in `runs`. */
export const comparisonCommand = [
  ...['compare', ...cloudOptions, '--days', '12', '--warm-up', '1d', '--out', 'runs'],
  ...['--policies', comparedPolicies.join(','), '--seeds', comparedSeeds.join(',')],
];

/** Writes the cluster that the commands name. */
export function writeCluster(folder: string): void {
  writeFileSync(join(folder, 'six.json'), JSON.stringify(cluster));
}

/** Standard output of the built command. @param folder where it is called */
export function hepsOutput(folder: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [resolve('dist/cli.js'), ...args], {
    ...{ cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28, stdio: 'pipe' },
  });
}
