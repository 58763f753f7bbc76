/**
 * The command's own entry file, run in this process instead of a new one: for what is refused before anything runs, where starting Node would be nearly
 * all of the time. What `dist` does as a process of its own stands in the tests beside this.
 */
import { vi } from 'vitest';

let calls = 0;

/** @param folder where the command is called */
export async function hepsHere(
  folder: string,
  ...args: readonly string[]
): Promise<{ status: number; stdout: string; stderr: string }> {
  const before = { argv: process.argv, exitCode: process.exitCode, folder: process.cwd() };
  const written = { stdout: '', stderr: '' };
  const keep = (name: 'stdout' | 'stderr') => (text: string | Uint8Array) => {
    written[name] += String(text);
    return true;
  };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(keep('stdout')),
    vi.spyOn(process.stderr, 'write').mockImplementation(keep('stderr')),
    vi.spyOn(console, 'log').mockImplementation((text) => void keep('stdout')(`${text}\n`)),
    vi.spyOn(console, 'error').mockImplementation((text) => void keep('stderr')(`${text}\n`)),
  ];
  const listeners = process.stdout.listeners('error');
  process.argv = [process.execPath, 'heps', ...args];
  process.exitCode = 0;
  process.chdir(folder);
  try {
    // With a query the entry file is another module each time; what it imports is loaded once.
    await import(/* @vite-ignore */ `../../cli.ts?call=${calls++}`);
    return { status: Number(process.exitCode), ...written };
  } finally {
    process.chdir(before.folder);
    process.argv = before.argv;
    process.exitCode = before.exitCode;
    for (const listener of process.stdout.listeners('error')) {
      if (!listeners.includes(listener)) process.stdout.off('error', listener as () => void);
    }
    for (const spy of spies) spy.mockRestore();
  }
}
