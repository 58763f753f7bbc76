/** Reads /sys, /proc and /etc of a host: the running one, or a recorded or mounted copy under another root. */
import { readdirSync, readFileSync, readlinkSync, type StatsFs, statfsSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Where a host's files are, and what could not be read of them. */
export interface HostTree {
  /** Put before every path; `/` for this host. */
  readonly root: string;
  /** What is there and could not be read, one line each. What is absent is no warning: sysfs leaves out what a device does not have. */
  readonly warnings: string[];
}

/** A host's files under `root`, with no warnings yet. */
export function hostTree(root: string): HostTree {
  return { root, warnings: [] };
}

/** A file's text without surrounding white space; null where it is absent, or, with a warning, unreadable. */
export function textAt(tree: HostTree, path: string): string | null {
  return readOrWarn(tree, path, (file) => readFileSync(file, 'utf8').trim());
}

/** The last part of a link's target: sysfs names a device's driver and IOMMU group that way. Null as for `textAt`. */
export function linkNameAt(tree: HostTree, path: string): string | null {
  const target = linkAt(tree, path);
  return target === null ? null : basename(target);
}

/** A link's target as written, not followed. Null as for `textAt`. */
export function linkAt(tree: HostTree, path: string): string | null {
  return readOrWarn(tree, path, (file) => readlinkSync(file));
}

/** Names in a folder, sorted. Null as for `textAt`. */
export function namesAt(tree: HostTree, path: string): readonly string[] | null {
  return readOrWarn(tree, path, (file) => readdirSync(file).sort());
}

/** The file system that holds a path. Null as for `textAt`. */
export function fileSystemAt(tree: HostTree, path: string): StatsFs | null {
  return readOrWarn(tree, path, (file) => statfsSync(file));
}

/** A whole number, decimal or 0x-hexadecimal. Null as for `textAt`; a text that is no number counts as unreadable. */
export function integerAt(tree: HostTree, path: string): number | null {
  const text = textAt(tree, path);
  if (text === null) return null;
  if (/^(-?\d+|0x[0-9a-f]+)$/i.test(text)) return Number(text);
  tree.warnings.push(`${path}: expected a whole number, got ${JSON.stringify(text.slice(0, 40))}`);
  return null;
}

/** Absent: no such file; no such process, since /proc changes under the reader; and sysfs files of a device just removed. */
const absent = ['ENOENT', 'ENOTDIR', 'ESRCH', 'ENODEV'];

function readOrWarn<T>(tree: HostTree, path: string, read: (file: string) => T): T | null {
  try {
    return read(join(tree.root, path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (!absent.includes(code)) tree.warnings.push(`cannot read ${path} (${code})`);
    return null;
  }
}
