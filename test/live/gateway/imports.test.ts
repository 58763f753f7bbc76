import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** All that a source loads of this project, directly or not; what is only a type is not loaded. */
function loadedBy(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const code = readFileSync(join(root, file), 'utf8');
  for (const [, what, to] of code.matchAll(/^(?:import|export) ([^;]*?)from '(\.[^']+)';/gms)) {
    if (!what!.startsWith('type ')) loadedBy(relative(root, join(root, dirname(file), to!)), seen);
  }
  return seen;
}

test('a separate gateway loads nothing of the scheduler, the cloud, the database or the simulator', () => {
  const loaded = [...loadedBy('live/commands/gateway.ts')];
  expect(loaded).toContain('live/gateway/rfb/rectangle.ts');
  const foreign = loaded.filter(
    (file) =>
      !/^(?:live\/(?:gateway|http|settings|commands\/gateway|access\/secrets|server\/log)|core\/(?:check|input-error|wire\/portal)|live\/[\w-]+\.ts|package-files\.ts)/.test(
        file,
      ),
  );
  expect(foreign).toEqual([]);
  expect(
    loaded.filter((file) =>
      /scheduling|openstack|srm|configuration-settings|live\/server\/configuration\.ts/.test(file),
    ),
  ).toEqual([]);
});
