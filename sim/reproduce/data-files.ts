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

const openbSource = 'https://github.com/hkust-adsl/kubernetes-scheduler-simulator, data/csv; Apache License 2.0';

/** SHA-256 of openb's task lists, by name. */
const openbLists = {
  default: '1ee7ed79c27a3b0861cda8ddba86a004c6aba904caafa329a76ae93ca63834a8',
  cpu050: '747f43247bffc2b0bb081d7f61f0705ca8d390dafc0b647e642c92f3baf3ba1e',
  cpu100: 'bec1c33fbdde61fd463877534ec79b393aec73e1cbb22d55fab9f166ac480982',
  cpu200: 'b7e9d8a1a601da84d6e0b4110b19ef5001be5e4796d33e7b82f166ba95161f87',
  cpu250: '134c21ff96d57533df8a37b67632972884fec9396e77cd0898ddc370cc8e607d',
  gpushare40: 'd83ce79a4eb6987524bedbb0c65e41aed3a36bf6c1b78b86234c3687a07e1d40',
  gpushare60: 'd31809628128a1f24491086eda4af3e23882b9213d3ef57a56ee2d1af69492fe',
  gpushare80: '88b6649369ced40d0fde287d2498ea61ff4b05fccba8bdc95daf6042f2f8431e',
  gpushare100: '12dbc07d6a49bf8641e2275a2ff5bf7be74b5df7d148d531e135b140b95f9a3d',
  gpuspec10: '2dc7e4cb9480484f08539720b433a9ec9ab5d76b396f3f7557c53a2ff78a7611',
  gpuspec20: '6b9b89ab8913c1c074e994e98f548cf1a872fc5f76f2442ca8cd514a478b00a9',
  gpuspec25: '9d030679a2ccd7e27a7ec9ff15baff34480d22a0012515691fc187e3f35ee68c',
  gpuspec33: 'eca4f746db1e5b25864ad021b55ece3943e101a3ebd4574d09dcb95c46117652',
  multigpu20: 'd9ec6f6c74fb980cc0b81239470c6353fceea077ea9abd610003b604c7cc2b01',
  multigpu30: 'a5e479c6444b1d83eef848159cf00c3cfa13441b2d1e2c113c391b91f1cc5b11',
  multigpu40: '32c9e8731ca07ef96108aa65f2a289bb9aacb47f642ed9e3789f99b242df60eb',
  multigpu50: '206f2f5959db30ecb7c44e7f13197c8ec50b7a35558ad3777cc3662ef0fe5373',
} as const;

/** openb's task list of that name. */
export function openbList(name: keyof typeof openbLists): DataFile {
  return { name: `openb_pod_list_${name}.csv`, sha256: openbLists[name], source: openbSource };
}

/** What is used of public data besides. */
export const dataFiles = {
  openbTasks: openbList('gpuspec33'),
  openbNodes: {
    name: 'openb_node_list_gpu_node.csv',
    sha256: '2beca64b4d3dfa342036a34b56a495c6cef9225db836c81f541282cb1df320b5',
    source: openbSource,
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
