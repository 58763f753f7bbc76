/** Clusters by preset name, by file or in memory, and how files of inputs are read and digested. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { formatCluster, type NamedCluster, parseCluster } from '../../core/cluster-file.ts';
import type { HostSpec } from '../../core/host.ts';
import { InputError } from '../../core/input-error.ts';
import { isThere } from '../../files/is-there.ts';
import { readRawChunks, readText } from '../../traces/file-bytes.ts';
import { isOpenbNodeFile } from '../../traces/formats.ts';
import { openbNodeColumns, readOpenbNodes } from '../../traces/openb.ts';
import { presetNames, presetPath } from './presets.ts';

/** A cluster by preset name or file (heps-cluster/1 JSON, or the openb node list, told apart by their content), or in memory; bare hosts are named `hosts`. */
export type ClusterInput = string | NamedCluster | readonly HostSpec[];

/** A cluster, and what identifies it. */
export interface LoadedCluster extends NamedCluster {
  /** Hex digest of its `heps-cluster/1` form, whatever the format it came in. */
  readonly sha256: string;
}

/** Reads a cluster. @throws InputError naming the file and the field, or for one in memory the field of `cluster` */
export async function readCluster(input: ClusterInput): Promise<LoadedCluster> {
  const cluster = typeof input === 'string' ? await clusterOfFile(input) : clusterInMemory(input);
  return { ...cluster, sha256: sha256(JSON.stringify(formatCluster(cluster))) };
}

async function clusterOfFile(nameOrFile: string): Promise<NamedCluster> {
  const file = existingPath(nameOrFile, 'clusters');
  return (await isOpenbNodeFile(file))
    ? { name: basename(file).replace(/(\.csv)?(\.gz)?$/i, ''), hosts: await readOpenbNodes(file) }
    : parseCluster(await readJson(file, `JSON, or an openb node list (${openbNodeColumns.required.join(',')})`), file);
}

/** As it is, after making sure that its file could be read again. */
function clusterInMemory(input: NamedCluster | readonly HostSpec[]): NamedCluster {
  const { name, hosts } = 'hosts' in input ? input : { name: 'hosts', hosts: input };
  const cluster = { name, hosts };
  parseCluster(formatCluster(cluster), 'cluster');
  return cluster;
}

/** Path of a preset or of a file. @throws InputError naming the presets where there is neither */
export function existingPath(nameOrFile: string, kind: 'clusters' | 'workloads'): string {
  const path = presetPath(kind, nameOrFile) ?? nameOrFile;
  if (isThere(path)) return path;
  throw new InputError(path, `a readable file or one of the presets ${presetNames(kind).join(', ')}`, undefined);
}

/** Parsed JSON of a file. @param expected in words, where it is none @throws InputError */
export async function readJson(file: string, expected = 'JSON'): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(file, expected, (error as Error).message);
  }
}

/** Hex digest of a text. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Hex digest of the files' bytes, one after the other; large files are not kept in memory. */
export async function sha256OfFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) for await (const chunk of readRawChunks(path)) hash.update(chunk);
  return hash.digest('hex');
}
