/** Data that is not ours to ship: found by name and SHA-256 in a folder that the user has, or said to be absent. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A file of a public data set. */
export interface DataFile {
  readonly name: string;
  readonly sha256: string;
  /** Where it comes from, and on what terms. */
  readonly source: string;
}

/** What is used of public data. */
export const dataFiles = {
  openbTasks: {
    name: 'openb_pod_list_gpuspec33.csv',
    sha256: 'eca4f746db1e5b25864ad021b55ece3943e101a3ebd4574d09dcb95c46117652',
    source: 'https://github.com/hkust-adsl/kubernetes-scheduler-simulator, data/csv; Apache License 2.0',
  },
  openbNodes: {
    name: 'openb_node_list_gpu_node.csv',
    sha256: '2beca64b4d3dfa342036a34b56a495c6cef9225db836c81f541282cb1df320b5',
    source: 'https://github.com/hkust-adsl/kubernetes-scheduler-simulator, data/csv; Apache License 2.0',
  },
  alibaba2025: {
    name: 'alibaba-gpu-v2025-disaggregated_DLRM_trace.csv.gz',
    sha256: 'dab53b487dfbd3853d5071710037f84a59f0e5a08d9f20bbf772cb9af21b6816',
    source:
      'https://github.com/alibaba/clusterdata, cluster-trace-gpu-v2025/disaggregated_DLRM_trace.csv, through gzip; for research and study',
  },
  chameleonNodes: {
    name: 'chameleon-nodes.csv',
    sha256: '49d2a34d23f9432880e60538f0d4230f8c3364958b1a54bcbab66fc9b798306a',
    source: 'nodes of https://github.com/ChameleonCloud/reference-repository as one table; no licence file, facts only',
  },
} as const satisfies Record<string, DataFile>;

/** The files found, by path; and of each that is not there a sentence. */
export interface FoundData {
  readonly paths: ReadonlyMap<DataFile, string>;
  readonly absent: ReadonlyMap<DataFile, string>;
}

/** Looks for files in a folder and the folders in it. @param folder undefined: nothing is found */
export function findData(folder: string | undefined, wanted: readonly DataFile[]): FoundData {
  const paths = new Map<DataFile, string>();
  const absent = new Map<DataFile, string>();
  const found =
    folder === undefined || !existsSync(folder)
      ? []
      : readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
  for (const file of wanted) {
    const candidates = found.filter((path) => basename(path) === file.name);
    const path = candidates.find((each) => sha256Of(each) === file.sha256);
    if (path !== undefined) paths.set(file, path);
    else if (candidates.length > 0) absent.set(file, `${candidates[0]} has another SHA-256 than ${file.sha256}`);
    else absent.set(file, `${file.name} (SHA-256 ${file.sha256}) is not in the folder; from ${file.source}`);
  }
  return { paths, absent };
}

function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
