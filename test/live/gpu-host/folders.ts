/** Folders of one test file that are gone after it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

const made: string[] = [];
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'heps-host-'));
  made.push(folder);
  return folder;
}
