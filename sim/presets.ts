/** Files that come with the package: clusters and workloads by name. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's folder, whether this runs from the sources or from `dist`. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** Names of the presets of a kind. */
export function presetNames(kind: 'clusters' | 'workloads'): string[] {
  return readdirSync(join(packageRoot(), 'traces', kind))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** Path of a preset; undefined when there is none of that name. */
export function presetPath(kind: 'clusters' | 'workloads', name: string): string | undefined {
  return presetNames(kind).includes(name) ? join(packageRoot(), 'traces', kind, `${name}.json`) : undefined;
}
