/** What `heps live doctor` says of clouds in which something is wrong; sound clouds are checked in test/openstack. */
import { expect, onTestFinished, test } from 'vitest';
import { describeChecks } from '../../live/checks.ts';
import { checkCloud } from '../../live/doctor/cloud-checks.ts';
import { doctorSteps } from '../../live/doctor/steps.ts';
import { openSession } from '../../live/openstack/index.ts';
import { type Asked, type Reply, type StubOptions, startStubCloud } from './openstack/stub-cloud.ts';

const service = (binary: string, host: string, state = 'up') => ({
  id: `${binary}-${host}`,
  binary,
  host,
  state,
  status: 'enabled',
  zone: 'internal',
  disabled_reason: null,
  updated_at: '2026-01-01T00:00:00.000000',
  forced_down: false,
});

/** A small cloud in order, but for what `changed` answers. */
function answers(changed: (path: string) => Reply | undefined): StubOptions['answer'] {
  return ({ path }: Asked): Reply => {
    const other = changed(path);
    if (other !== undefined) return other;
    if (path === '/compute/') return { status: 200, body: { version: { min_version: '2.1', version: '2.93' } } };
    if (path === '/placement/')
      return { status: 200, body: { versions: [{ min_version: '1.0', max_version: '1.39' }] } };
    if (path.startsWith('/compute/os-services')) {
      const services = [
        service('nova-scheduler', 'c'),
        service('nova-conductor', 'c'),
        service('nova-compute', 'gpu-1'),
      ];
      return { status: 200, body: { services } };
    }
    if (path.startsWith('/compute/os-hypervisors')) return { status: 200, body: { hypervisors: [] } };
    if (path.startsWith('/placement/resource_providers')) return { status: 200, body: { resource_providers: [] } };
    return { status: 404, body: {} };
  };
}

async function doctorOn(options: StubOptions) {
  const cloud = await startStubCloud(options);
  const retries = { attempts: 1, firstDelayS: 1, withinS: 1 };
  const session = openSession(cloud.configuration, { retries });
  onTestFinished(async () => {
    await session.close();
    await cloud.close();
  });
  return checkCloud(session);
}

test('a refused login is all that is said', async () => {
  const refused = { status: 401, body: { error: { message: 'The request you have made requires authentication.' } } };
  const checks = await doctorOn({ answer: answers(() => undefined), login: () => refused });
  expect(checks).toHaveLength(1);
  expect(checks[0]).toMatchObject({
    step: 1,
    status: 'wrong',
    remedy: 'check user, password and project, or the application credential',
  });
  expect(checks[0]!.found).toContain('identity: POST /auth/tokens: 401');
  expect(JSON.stringify(checks)).not.toContain('a-secret');
});

test('a Nova that is too old is named with its version, and the rest is still checked', async () => {
  const old = { status: 200, body: { version: { min_version: '2.1', version: '2.72' } } };
  const checks = await doctorOn({ answer: answers((path) => (path === '/compute/' ? old : undefined)) });
  expect(checks.find(({ step }) => step === 2)).toMatchObject({ status: 'wrong' });
  expect(checks.find(({ step }) => step === 2)!.found).toContain('2.1 to 2.72');
  expect(checks.map(({ step }) => step)).toEqual([1, 2, 5]);
});

test('services that are down are named; some is a question, all is a fault', async () => {
  const services = [
    service('nova-scheduler', 'c', 'down'),
    service('nova-compute', 'gpu-1'),
    service('nova-compute', 'gpu-2', 'down'),
  ];
  const answer = answers((path) =>
    path.startsWith('/compute/os-services') ? { status: 200, body: { services } } : undefined,
  );
  const found = (await doctorOn({ answer })).filter(({ step }) => step === 3);
  expect(found.map(({ status, found: text }) => [status, text])).toEqual([
    ['wrong', '0 of 1 nova-scheduler up and enabled; not c (down, enabled)'],
    ['wrong', 'no nova-conductor'],
    ['cannot-tell', '1 of 2 nova-compute up and enabled; not gpu-2 (down, enabled)'],
  ]);
});

test('checks are printed under their steps, with what to do', () => {
  const text = describeChecks(doctorSteps, [
    { step: 1, status: 'ok', found: 'admin at http://keystone/v3', remedy: null },
    { step: 5, status: 'wrong', found: 'no OS::HEPS::GPU', remedy: 'heps live install' },
  ]);
  expect(text).toContain('1. login at Keystone\n   ok          admin at http://keystone/v3\n2. ');
  expect(text).toContain('   WRONG       no OS::HEPS::GPU\n               → heps live install\n6. ');
});
