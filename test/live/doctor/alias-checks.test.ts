import { expect, onTestFinished, test } from 'vitest';
import { checkAliases } from '../../../live/doctor/alias-checks.ts';
import { openSession } from '../../../live/openstack/index.ts';
import { MemoryCloud } from '../memory-cloud/memory-cloud.ts';
import { memoryHost } from '../scheduling/harness.ts';

test('an alias that Nova lacks is named, one that no flavor names is not asked about, and no server is made', async () => {
  const cloud = await MemoryCloud.start({ hosts: [memoryHost('gpu-1', 'a40', 1)] });
  const session = openSession(cloud.configuration);
  onTestFinished(async () => {
    await session.close();
    await cloud.close();
  });
  cloud.lackedAliases.add('a100');
  for (const alias of ['a40', 'a100']) {
    cloud.addFlavor({ name: alias, extraSpecs: { 'pci_passthrough:alias': `${alias}:1` } });
  }
  const checks = await checkAliases(session, ['a40', 'a100', 't4']);
  expect(checks.map(({ step, status, found }) => [step, status, found])).toEqual([
    [4, 'ok', 'Nova knows the aliases a40'],
    [4, 'wrong', 'Nova has no PCI alias a100'],
    [4, 'cannot-tell', 'whether Nova knows the aliases t4: no flavor names it'],
  ]);
  expect(cloud.state.servers.size).toBe(0);
  expect(await checkAliases(session, [])).toEqual([]);
});
