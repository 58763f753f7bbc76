/** The node list and the task lists of the FGD paper's experiments. */
import { join } from 'node:path';
import type { HostSpec } from '../../core/host.ts';
import { InputError } from '../../core/input-error.ts';
import type { VmRequest } from '../../core/request.ts';
import { isThere } from '../../files/is-there.ts';
import { packageRoot } from '../../package-files.ts';
import { readOpenbNodes, readOpenbPods } from '../../traces/openb.ts';

/** The task lists of the paper's figures, section 6. */
export const paperLists = [
  'default',
  ...['cpu050', 'cpu100', 'cpu200', 'cpu250'],
  ...['gpushare40', 'gpushare60', 'gpushare80', 'gpushare100'],
  ...['gpuspec10', 'gpuspec20', 'gpuspec25', 'gpuspec33'],
  ...['multigpu20', 'multigpu30', 'multigpu40', 'multigpu50'],
] as const;

/** A list with the nodes that its tasks are for. */
export interface OpenbData {
  /** In the order of the file. */
  readonly nodes: readonly HostSpec[];
  /** By name. */
  readonly tasks: readonly VmRequest[];
}

/** A fiftieth of nodes and tasks, which comes with the package. */
export function sampleFolder(): string {
  return join(packageRoot(), 'traces', 'samples', 'openb-gpu');
}

/** @throws InputError naming what is missing or wrong */
export async function readOpenbData(folder: string, list: string): Promise<OpenbData> {
  const nodeFile = join(folder, 'openb_node_list_gpu_node.csv');
  const taskFile = join(folder, `openb_pod_list_${list}.csv`);
  for (const file of [nodeFile, taskFile]) {
    if (!isThere(file))
      throw new InputError(file, 'a list of the openb trace (--data says in which folder)', undefined);
  }
  const tasks: VmRequest[] = [];
  for await (const batch of readOpenbPods(taskFile, { times: 'order', repeatedModels: true })) {
    for (const { request } of batch) tasks.push(request);
  }
  tasks.sort((a, b) => (a.id < b.id ? -1 : 1));
  const twice = tasks.find(({ id }, index) => tasks[index + 1]?.id === id);
  if (twice !== undefined) throw new InputError(`${taskFile}, column name`, 'each name once', twice.id);
  return { nodes: await readOpenbNodes(nodeFile), tasks };
}

/** What a task asks for, in thousandths of cards. */
export function milliGpuOf({ cards, cardCores }: VmRequest): number {
  return cards * cardCores;
}

/** Cards of all nodes. */
export function cardsOf(nodes: readonly HostSpec[]): number {
  return nodes.reduce((sum, { cards }) => sum + cards.length, 0);
}
