/** Files that come with the package: clusters and workloads by name. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../package-files.ts';

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
