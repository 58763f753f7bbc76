/** Files of a run: what stands in them, that they are the same each time, and that a wrong or unfinished one is not taken for whole. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../core/input-error.ts';
import { policies } from '../../../core/policies/index.ts';
import { cardsAt, type RunFile, textAt } from '../../../core/runs/run-file.ts';
import { hepsVersion } from '../../../package-files.ts';
import { defaultCloud } from '../../../sim/cloud/cloud-options.ts';
import { readRunFile } from '../../../sim/records/run-file-io.ts';
import { carryOut, type RunPlan } from '../../../sim/runs/run.ts';
import { temporaryDirectory } from '../build.ts';

/** Two days on the test bed, with all that a cloud can do. */
function planIn(directory: string, changed: Partial<RunPlan> = {}): RunPlan {
  return {
    cluster: 'heps-test-3',
    workload: { preset: 'heps', trace: null, days: 2, load: 0.3, times: null, skipInvalid: false },
    policy: 'hybrid',
    policyOptions: { similarity: 'normalised' },
    cloud: {
      ...defaultCloud,
      ...{ onFull: 'queue', backfill: true, patienceS: 7200, bootS: 60, srmIntervalS: 10 },
      ...{ mtbfH: 10, cardMtbfH: 20, mttrH: 1, resubmit: 10 },
    },
    engine: 'auto',
    seed: 3,
    out: join(directory, 'run.json'),
    decisions: join(directory, 'decisions.csv'),
    summaryOnly: false,
    ...changed,
  };
}

const workloadCsv = fileURLToPath(new URL('../golden/workload.csv', import.meta.url));

describe('carryOut', () => {
  test('carryOut writes the same bytes from the same inputs', async () => {
    const directory = temporaryDirectory();
    const files = ['first', 'second'].map((name) => ({
      out: join(directory, `${name}.json`),
      decisions: join(directory, `${name}.csv`),
    }));
    for (const each of files) await carryOut(planIn(directory, each));
    const [first, second] = files.map(({ out, decisions }) => [readFileSync(out), readFileSync(decisions)]);
    expect(second![0]!.equals(first![0]!)).toBe(true);
    expect(second![1]!.equals(first![1]!)).toBe(true);
    // It was a run in which something happened.
    const { summary } = readRunFile(files[0]!.out);
    expect(summary.all.placed).toBeGreaterThan(20);
    expect(summary.waited).toBeGreaterThan(0);
    expect(summary.lostVms).toBeGreaterThan(0);
  });

  test('another seed is another run', async () => {
    const directory = temporaryDirectory();
    await carryOut(planIn(directory, { out: join(directory, 'a.json') }));
    await carryOut(planIn(directory, { out: join(directory, 'b.json'), seed: 4 }));
    const [a, b] = ['a.json', 'b.json'].map((name) => readRunFile(join(directory, name)));
    expect(b!.decisions!.submitS).not.toEqual(a!.decisions!.submitS);
    expect(b!.inputs.seed).toBe(4);
  });

  test('two policies under one seed see the same requests', async () => {
    const directory = temporaryDirectory();
    const requestsOf = async (policy: string) => {
      const out = join(directory, `${policy}.json`);
      await carryOut(planIn(directory, { out, policy, cloud: defaultCloud }));
      const { id, submitS, lifetimeS, vcpus, cardMemoryMib } = readRunFile(out).decisions!;
      return { id, submitS, lifetimeS, vcpus, cardMemoryMib };
    };
    expect(await requestsOf('nova')).toEqual(await requestsOf('hybrid'));
  });

  test('what carryOut returns is what it writes, with the inputs and this version', async () => {
    const directory = temporaryDirectory();
    const plan = planIn(directory);
    const { inputs, summary, rows } = await carryOut(plan);
    const run = readRunFile(plan.out!);
    expect(run.inputs).toEqual(inputs);
    expect(run.summary).toEqual(summary);
    const begin = { atS: 0, how: 'generated', vmsBefore: 0 };
    expect(rows).toEqual({ vms: summary.all.arrived, leftOut: [], begin, quietTime: null });
    expect(run).toMatchObject({ format: 'heps-run/1', heps: hepsVersion() });
    expect(inputs).toMatchObject({
      cluster: { name: 'heps-test-3' },
      workload: { name: 'heps', days: 2, load: 0.3, skipped: 0 },
      policy: { name: 'hybrid', options: { seed: 3, similarity: 'normalised' } },
      cloud: plan.cloud,
      seed: 3,
    });
    expect(inputs.cluster.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(inputs.workload.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test('carryOut with summaryOnly gives the same figures without decisions', async () => {
    const directory = temporaryDirectory();
    await carryOut(planIn(directory));
    await carryOut(planIn(directory, { out: join(directory, 'short.json'), summaryOnly: true }));
    const [whole, short] = ['run.json', 'short.json'].map((name) => readRunFile(join(directory, name)));
    expect(short).toEqual({ ...whole!, decisions: null, faults: null, conflicts: null });
    expect(whole!.decisions!.id.length).toBeGreaterThan(0);
  });

  test('a row of the decisions CSV says what the run file says of it', async () => {
    const directory = temporaryDirectory();
    const plan = planIn(directory);
    await carryOut(plan);
    const { decisions, cluster } = readRunFile(plan.out!);
    const [header, ...lines] = readFileSync(plan.decisions!, 'utf8').trimEnd().split('\n');
    expect(header).toBe('id,host,cards,score,start_s,end_s,outcome,reason');
    const expected = decisions!.id.map((id, row) => {
      const { host, score, startS, endS, outcome, reason } = decisions!;
      const end = `${textAt(outcome, row)},${textAt(reason, row)}`;
      if (host[row]! < 0) return `${id},,,,,,${end}`;
      const place = `${cluster.hosts[host[row]!]!.name},${cardsAt(decisions!, row).join('-')}`;
      return `${id},${place},${score[row]},${startS[row]},${endS[row]},${end}`;
    });
    // Rows come as fates are settled, columns as decisions are made.
    expect([...lines].sort()).toEqual([...expected].sort());
  });

  test('a trace is measured until its last arrival, and its wrong rows are counted', async () => {
    const directory = temporaryDirectory();
    const trace = join(directory, 'trace.csv');
    writeFileSync(trace, `${readFileSync(workloadCsv, 'utf8')}bad,9500,-1,1,1024\nlast,10000,1,1,1024\n`);
    const workload = { preset: null, trace, days: null, load: 1, times: null, skipInvalid: true };
    const { inputs, summary, rows } = await carryOut(planIn(directory, { workload, cloud: defaultCloud }));
    expect(inputs.workload).toMatchObject({ name: 'trace.csv', days: null, load: null, skipped: 2 });
    expect(rows.leftOut).toMatchObject([{ reason: 'wrong-columns', count: 2 }]);
    expect(summary).toMatchObject({ durationS: 9000, all: { arrived: 20 } });
  });

  test('a run that fails leaves no files', async () => {
    const directory = temporaryDirectory();
    const trace = join(directory, 'trace.csv');
    writeFileSync(trace, 'id,submit_s,lifetime_s,vcpus,ram_mib\na,0,10,1,1024\nb,5,10,none,1024\n');
    const workload = { preset: null, trace, days: null, load: 1, times: null, skipInvalid: false };
    await expect(carryOut(planIn(directory, { workload }))).rejects.toThrow(InputError);
    expect(readdirSync(directory)).toEqual(['trace.csv']);
  });

  test('when the run file cannot be made there, nothing is left of the decisions', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'file'), '');
    await expect(carryOut(planIn(directory, { out: join(directory, 'file', 'run.json') }))).rejects.toThrow(InputError);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  test('carryOut says which policies and clusters there are when one is unknown', async () => {
    const directory = temporaryDirectory();
    await expect(carryOut(planIn(directory, { policy: 'best' }))).rejects.toThrow(
      `policy: expected one of ${policies.map(({ name }) => name).join(', ')}, got "best"`,
    );
    await expect(carryOut(planIn(directory, { cluster: 'heps-3' }))).rejects.toThrow(
      'heps-3: expected a readable file or one of the presets heps-250, heps-250-shared, heps-test-3',
    );
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('readRunFile', () => {
  test('a file that is missing or no JSON is refused by name', () => {
    const directory = temporaryDirectory();
    expect(() => readRunFile(join(directory, 'none.json'))).toThrow('none.json: expected a readable file');
    writeFileSync(join(directory, 'cut.json'), '{"format": "heps-run/1", ');
    expect(() => readRunFile(join(directory, 'cut.json'))).toThrow('cut.json: expected a run file (JSON)');
  });

  test('a written run file has a line per column, so that diff shows which differ', async () => {
    const directory = temporaryDirectory();
    const plan = planIn(directory);
    await carryOut(plan);
    const lines = readFileSync(plan.out!, 'utf8').split('\n');
    const { decisions } = readRunFile(plan.out!) as RunFile;
    for (const name of Object.keys(decisions!)) {
      expect(lines.filter((line) => line.startsWith(`  "${name}": `)).length).toBeGreaterThan(0);
    }
    expect(lines.at(-1)).toBe('');
  });
});
