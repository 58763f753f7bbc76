/**
 * Whole runs whose bytes must not change unnoticed, nor differ between versions of Node. Where results are meant to change:
 * `UPDATE_GOLDEN=1 npx vitest run test/sim/golden.test.ts`, and the difference is reviewed like code.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { textAt } from '../../core/runs/run-file.ts';
import { hepsVersion } from '../../package-files.ts';
import { defaultCloud } from '../../sim/cloud/cloud-options.ts';
import { readRunFile } from '../../sim/records/run-file-io.ts';
import { carryOut, type RunPlan } from '../../sim/runs/run.ts';
import { temporaryDirectory } from './build.ts';

const isUpdate = process.env.UPDATE_GOLDEN === '1';

function golden(name: string): string {
  return fileURLToPath(new URL(`golden/${name}`, import.meta.url));
}

const fixed = {
  policy: 'hybrid',
  engine: 'auto',
  policyOptions: { similarity: 'normalised' },
  seed: 1,
  decisions: null,
} as const;

const smallPlan: Omit<RunPlan, 'out'> = {
  ...fixed,
  cluster: 'heps-test-3',
  workload: { preset: null, trace: golden('workload.csv'), days: null, load: 1, times: null, skipInvalid: false },
  cloud: { ...defaultCloud, onFull: 'queue', patienceS: 3600, bootS: 30 },
  summaryOnly: false,
};

const largePlan: Omit<RunPlan, 'out'> = {
  ...fixed,
  cluster: 'heps-250',
  workload: { preset: 'heps', trace: null, days: 3, load: 1, times: null, skipInvalid: false },
  cloud: { ...defaultCloud, onFull: 'queue', backfill: true },
  summaryOnly: false,
};

/** The run file of a plan as text, without the version that wrote it. */
async function textOf(plan: Omit<RunPlan, 'out'>): Promise<string> {
  const out = join(temporaryDirectory(), 'run.json');
  await carryOut({ ...plan, out });
  const version = `"heps": ${JSON.stringify(hepsVersion())}`;
  const text = readFileSync(out, 'utf8');
  expect(text).toContain(version);
  return text.replace(version, '"heps": ""');
}

const smallRun = 'heps-test-3_hybrid.run.json';

test('a small run is the committed one, byte for byte', async () => {
  const text = await textOf(smallPlan);
  if (isUpdate) writeFileSync(golden(smallRun), text);
  expect(text).toBe(readFileSync(golden(smallRun), 'utf8'));
});

test('the small run has VMs with and without cards that are placed at once, wait, give up and fit nowhere', () => {
  const { decisions, summary } = readRunFile(golden(smallRun));
  const kinds = decisions!.id.map((_, row) => {
    const waited = textAt(decisions!.waitReason, row) === '' ? '' : ' after waiting';
    return `${decisions!.cards[row]! > 0 ? 'GPU' : 'CPU'} ${textAt(decisions!.outcome, row)}${waited}`;
  });
  expect([...new Set(kinds)].sort()).toEqual([
    'CPU completed',
    'CPU completed after waiting',
    'CPU gave-up after waiting',
    'CPU unservable',
    'GPU completed',
    'GPU completed after waiting',
    'GPU gave-up after waiting',
    'GPU unservable',
  ]);
  expect(summary.all.arrived).toBe(20);
});

/** Renewed with the golden run; `how` tells readers of the file. */
interface Digests {
  readonly how: string;
  readonly 'heps-250_heps-3d_hybrid_seed1': string;
}

test('three days on heps-250 have the committed digest', async () => {
  const digest = createHash('sha256')
    .update(await textOf(largePlan))
    .digest('hex');
  if (isUpdate) {
    const digests: Digests = {
      how: 'sha256 of run files with the "heps" field emptied; renew with UPDATE_GOLDEN=1 npx vitest run test/sim/golden.test.ts',
      'heps-250_heps-3d_hybrid_seed1': digest,
    };
    writeFileSync(golden('digests.json'), `${JSON.stringify(digests, null, 2)}\n`);
  }
  const committed: Digests = JSON.parse(readFileSync(golden('digests.json'), 'utf8'));
  expect(digest).toBe(committed['heps-250_heps-3d_hybrid_seed1']);
});
