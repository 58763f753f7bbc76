/** Whether a server is ready, by what it asks and by what it has seen; and as `/readyz` of a real one. */
import { expect, onTestFinished, test } from 'vitest';
import { blindBecause, Probe } from '../../../live/server/readiness.ts';
import { MemoryCloud } from '../memory-cloud/memory-cloud.ts';
import { memoryHost } from '../scheduling/harness.ts';
import { temporaryFolder } from '../srm/build.ts';
import { startServerProcess } from '../srm/server-process.ts';

/** A clock whose alarms a test sets off. */
function handClock() {
  const alarms: { atS: number; action: () => void }[] = [];
  return {
    nowS: 0,
    after(delayS: number, action: () => void) {
      const alarm = { atS: this.nowS + delayS, action };
      alarms.push(alarm);
      return () => void alarms.splice(alarms.indexOf(alarm), 1);
    },
    pass(byS: number) {
      this.nowS += byS;
      for (const { action } of alarms.filter(({ atS }) => atS <= this.nowS)) action();
    },
  };
}

test('what answers is asked once a second at most, and what is silent is said after three seconds, then at once', async () => {
  const clock = handClock();
  let asked = 0;
  let isSilent = false;
  const probe = new Probe(
    'Nova',
    async () => {
      asked++;
      if (isSilent) await new Promise(() => {});
    },
    clock,
  );
  expect(await probe.reason()).toBeNull();
  expect(await probe.reason()).toBeNull();
  expect(asked).toBe(1);
  isSilent = true;
  clock.nowS = 2;
  const silent = probe.reason();
  clock.pass(3);
  expect(await silent).toBe('Nova has not answered for 3 s');
  clock.pass(10);
  expect(await probe.reason()).toBe('Nova has not answered for 3 s');
  expect(asked).toBe(2);
});

test('what fails says why, and is asked again the next time', async () => {
  const clock = handClock();
  let failure: Error | null = Object.assign(new Error(''), { code: 'ECONNREFUSED' });
  const work = async (): Promise<void> => {
    if (failure !== null) throw failure;
  };
  const probe = new Probe('the database', work, clock);
  expect(await probe.reason()).toBe('the database does not serve: ECONNREFUSED');
  failure = null;
  expect(await probe.reason()).toBeNull();
});

test('three intervals without a successful look at the cloud are too long', () => {
  const looks = { unreadyBecause: null, reconcileAgeS: 90, failure: 'no answer', settings: { reconcileIntervalS: 30 } };
  expect(blindBecause(looks)).toBeNull();
  expect(blindBecause({ ...looks, reconcileAgeS: 91 })).toBe('the cloud was last seen 91 s ago: no answer');
  expect(blindBecause({ ...looks, unreadyBecause: 'the first reconciliation has not finished' })).toContain('first');
});

test('a server is ready once it has seen the cloud, and not while Nova is silent; it stays alive', async () => {
  const { path, remove } = temporaryFolder();
  const cloud = await MemoryCloud.start({ hosts: [memoryHost('cpu-1')] });
  const server = await startServerProcess(
    path,
    { file: 'heps.db' },
    {
      more: { scheduling: { mode: 'act', reconcileIntervalS: 2 }, cloud: { name: 'memory' } },
      environment: cloud.environment(path),
    },
  );
  onTestFinished(async () => {
    await server.end('SIGKILL');
    await cloud.close();
    remove();
  });
  const ask = async (route: string): Promise<[number, string]> => {
    const response = await fetch(new URL(route, server.url));
    return [response.status, await response.text()];
  };
  await expect.poll(async () => (await ask('readyz'))[0], { timeout: 20_000 }).toBe(200);
  cloud.failNext({ method: 'GET', path: /^\/compute/, outcome: 'silence-after', times: 1000 });
  await expect
    .poll(() => ask('readyz'), { timeout: 20_000 })
    .toEqual([503, expect.stringMatching(/Nova has not answered for 3 s/)]);
  // After some more the looks at the whole cloud are too old as well.
  await expect
    .poll(() => ask('readyz'), { timeout: 30_000 })
    .toEqual([503, expect.stringMatching(/last seen \d+ s ago/)]);
  expect(await ask('healthz')).toEqual([200, '{"status":"ok"}']);
});
