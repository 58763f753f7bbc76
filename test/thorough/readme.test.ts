import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startView } from '../cli/view-process.ts';

/** The commands that the README shows, in its order; later ones use what earlier ones wrote. */
const commands = readFileSync('README.md', 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('npx heps '));
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-readme-'));
  for (const name of ['traces/samples', 'docs/examples']) cpSync(name, join(folder, name), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the README shows commands', () => expect(commands.length).toBeGreaterThan(4));

test.each(commands)('%s', async (line) => {
  const args = line.replace('npx heps ', '').split(' ');
  const isServer = args[0] === 'view' && !args.includes('--export');
  const { status, stdout, stderr } = isServer
    ? await serveAndEnd(args.slice(1))
    : spawnSync(process.execPath, [resolve('dist/cli.js'), ...args], { cwd: folder, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  expect(stdout).not.toBe('');
});

/** A command that runs until it is ended: once its page has been asked for. */
async function serveAndEnd(args: readonly string[]) {
  const view = await startView(args, folder);
  const { status } = await fetch(view.url);
  const ended = await view.end('SIGINT');
  expect(status).toBe(200);
  return ended;
}
