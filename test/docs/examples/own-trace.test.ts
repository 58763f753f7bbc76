/** The commands of docs/examples/own-trace, as its README shows them, print what is committed. */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../sim/build.ts';

const example = resolve('docs/examples/own-trace');
const readme = readFileSync(join(example, 'README.md'), 'utf8');

/** `UPDATE_EXAMPLES=1` writes the file instead. */
function expectCommitted(file: string, text: string): void {
  if (process.env.UPDATE_EXAMPLES === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

test('a trace and a cluster of your own: the commands print what is in output.txt', () => {
  const folder = temporaryDirectory();
  cpSync(example, folder, { recursive: true });
  const commands = [...readme.matchAll(/^ {4}npx heps (.*)$/gm)].map(([, command]) => command!);
  const printed = commands.map((command) => {
    const args = [resolve('dist/cli.js'), ...command.split(' ')];
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect(stderr).toBe('');
    return `$ npx heps ${command}\n${stdout}\n`;
  });
  expect(commands).toHaveLength(4);
  expectCommitted(join(example, 'output.txt'), printed.join(''));
});

test('the script of the README says the verdict that the command prints', () => {
  const [, code] = /^```js\n(.*?)^```$/ms.exec(readme)!;
  const script = code!.replace("from 'heps-vcd'", `from '${resolve('dist/index.js')}'`);
  const args = ['--input-type=module', '--eval', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: example, encoding: 'utf8' });
  expect(stderr).toBe('');
  const output = readFileSync(join(example, 'output.txt'), 'utf8').replace(/\n/g, ' ');
  expect(output).toContain(stdout.trim());
});
