import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { hostTree } from '../../../live/gpu-host/host-tree.ts';
import { askSmi, parseSmi, readSmiCards, smiColumns } from '../../../live/gpu-host/nvidia-smi.ts';
import { emptyFolder } from './folders.ts';
import { buildTree, hostDrivenHost } from './trees.ts';

const path = process.env.PATH;
afterEach(() => {
  process.env.PATH = path;
});

/** Puts a program of that name before all others. */
function installSmi(script: string): void {
  const folder = emptyFolder();
  writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'nvidia-smi'), 0o755);
  process.env.PATH = `${folder}:${path}`;
}

async function warningOf(ask: ReturnType<typeof askSmi> | null): Promise<string[]> {
  const host = hostTree(emptyFolder());
  expect(await readSmiCards(host, ask)).toBeNull();
  return host.warnings;
}

test('addresses are written as in sysfs; [N/A] is unknown', async () => {
  const host = hostTree(buildTree(emptyFolder(), hostDrivenHost));
  const cards = await readSmiCards(host, () => Promise.reject(new Error('asked in spite of a recorded answer')));
  expect(cards).toEqual([
    {
      address: '0000:3b:00.0',
      name: 'Tesla T4',
      memoryTotalMib: 15360,
      memoryFreeMib: 12606,
      busyShare: 0.37,
      uncorrectedErrors: 0,
      isMigOn: null,
    },
    expect.objectContaining({ address: '0000:af:00.0', busyShare: null, isMigOn: true }),
    expect.objectContaining({ address: '0000:d8:00.0', memoryFreeMib: null, uncorrectedErrors: null, isMigOn: null }),
  ]);
});

test('a domain of more than four digits keeps them', () => {
  const line = (busId: string): string =>
    smiColumns.map((column) => (column === 'pci.bus_id' ? busId : '1')).join(', ');
  expect(parseSmi(line('00010000:0A:00.0'))[0]!.address).toBe('10000:0a:00.0');
  expect(() => parseSmi(line('3B'))).toThrow(
    'nvidia-smi, line 1: expected a PCI address such as 00000000:3B:00.0, got "3B"',
  );
});

test('an answer that is no table is refused with its line', () => {
  expect(() => parseSmi('No devices were found\n')).toThrow(
    'nvidia-smi, line 1: expected 18 values, got "No devices were found"',
  );
});

test('the program is asked for exactly the columns that are read', async () => {
  installSmi('echo "$@"');
  expect(await askSmi()()).toBe(`--query-gpu=${smiColumns.join(',')} --format=csv,noheader,nounits\n`);
});

test('a program that fails, hangs or is missing is a warning, and nothing is known', async () => {
  installSmi('echo "NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver."; exit 9');
  const start = 'cards driven by the host cannot be read:';
  expect(await warningOf(askSmi())).toEqual([
    `${start} nvidia-smi says: NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.`,
  ]);
  installSmi('exec sleep 60');
  expect(await warningOf(askSmi(0.2))).toEqual([`${start} nvidia-smi took too long`]);
  process.env.PATH = emptyFolder();
  expect(await warningOf(askSmi())).toEqual([`${start} nvidia-smi is not installed`]);
  expect(await warningOf(null)).toEqual([`${start} no /nvidia-smi.csv in the tree`]);
});
