/** The package, packed as for the registry and installed into an empty folder. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export interface PackedPackage {
  /** The tarball. */
  readonly tarball: string;
  /** Where it is installed: `node_modules/heps-vcd` is in it, and nothing of this checkout. */
  readonly folder: string;
  /** Files of the installed package, from its root, sorted. */
  files(): string[];
  /** Runs a command in the folder. @returns what it printed @throws Error with its output when it fails */
  run(command: string, ...args: readonly string[]): string;
  /** Writes a file into the folder. */
  write(name: string, text: string): void;
  remove(): void;
}

/** Packs what is built, and installs it. */
export function installPacked(): PackedPackage {
  const place = mkdtempSync(join(tmpdir(), 'heps-packed-'));
  const folder = join(place, 'user');
  mkdirSync(folder);
  const run = (command: string, ...args: readonly string[]): string => {
    try {
      return execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
    }
  };
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', place], {
    cwd: root,
    encoding: 'utf8',
  });
  const [{ filename }] = JSON.parse(packed) as [{ filename: string }];
  const tarball = join(place, filename);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }));
  run('npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', tarball);
  const installed = join(folder, 'node_modules/heps-vcd');
  return {
    tarball,
    folder,
    files: () =>
      readdirSync(installed, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(installed, join(entry.parentPath, entry.name)))
        .filter((file) => !file.startsWith('node_modules/'))
        .sort(),
    run,
    write: (name, text) => writeFileSync(join(folder, name), text),
    remove: () => rmSync(place, { recursive: true }),
  };
}
