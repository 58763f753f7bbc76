/** The cloud in memory that the boots are measured on, in a thread of its own: its work is not the server's, and not in the way of the load's clock. */
import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { MemoryCloud, type MemoryCloudOptions } from '../test/live/memory-cloud/memory-cloud.ts';

export interface BootsCloud {
  /** With which a process finds it. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<unknown>;
}

interface Order {
  readonly hosts: MemoryCloudOptions['hosts'];
  readonly buildMs: number;
  readonly folder: string;
}

/** @param folder where the cloud's `clouds.yaml` is written */
export async function startBootsCloud(order: Order): Promise<BootsCloud> {
  const worker = new Worker(new URL(import.meta.url), { workerData: order });
  const [environment] = await once(worker, 'message');
  return { environment, close: () => worker.terminate() };
}

if (!isMainThread) {
  const { hosts, buildMs, folder } = workerData as Order;
  const cloud = await MemoryCloud.start({ hosts, pciInPlacement: false, buildMs: () => buildMs });
  parentPort!.postMessage(cloud.environment(folder));
}
