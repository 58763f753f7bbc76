/** Desktops' machines on the cloud: placed by this project's scheduler, then observed and controlled through Nova. */
import { randomUUID } from 'node:crypto';
import { isNotFound, type Nova, OpenStackError, type Server } from '../../openstack/index.ts';
import type { RequestStore } from '../../scheduling/request-store.ts';
import { noValidHostText } from '../../scheduling/request-view.ts';
import type { Scheduling, Sender } from '../../scheduling/scheduling.ts';
import type { ServerRequest } from '../../scheduling/server-request.ts';
import { checkServerBody } from '../../scheduling/server-spec.ts';
import type { MachineOrder } from '../records/machine-order.ts';
import type { MachineStatus, Machines } from './machines.ts';

export interface CloudMachinesParts {
  readonly scheduling: Pick<Scheduling, 'specOf' | 'advise' | 'submit' | 'remove' | 'view'>;
  readonly requests: Pick<RequestStore, 'readLatest' | 'change'>;
  /** Asked for each time, since the cloud may be away when this is made. */
  readonly nova: () => Promise<
    Pick<Nova, 'showServer' | 'listAddresses' | 'rebootServer' | 'stopServer' | 'startServer' | 'openConsole'>
  >;
  /** Whether streams may be taken from there: of several addresses such a one is told. */
  readonly mayUse: (address: string) => boolean;
  readonly nowS: () => number;
}

/** Requests of desktops are of no token: those begin at 1. */
const sender: Sender = { tokenId: 0, requestId: 'desktops' };

/** Of Nova: the guest is not running, and can be started. */
const stoppedStatuses: readonly string[] = ['SHUTOFF', 'SUSPENDED', 'PAUSED', 'SHELVED', 'SHELVED_OFFLOADED'];

export class CloudMachines implements Machines {
  readonly #parts: CloudMachinesParts;

  constructor(parts: CloudMachinesParts) {
    this.#parts = parts;
  }

  /** One request for a server for each try; the numbers are in their keys, so that a repeated try is the same one. */
  async order(order: MachineOrder): Promise<MachineStatus> {
    const { scheduling } = this.#parts;
    const latest = await this.#latest(order.id);
    if (latest !== undefined && !isAgain(latest)) return await this.#statusOf(latest);
    const { name, glanceImage, networks, size, gpu, metadata } = order;
    const body = checkServerBody({
      name,
      image: glanceImage,
      networks,
      metadata,
      userData: Buffer.from(order.userData).toString('base64'),
      size,
      ...(gpu.count > 0 && { gpu }),
    });
    const spec = await scheduling.specOf(randomUUID(), body);
    const advice = await scheduling.advise(spec);
    // Nothing is written for a try that cannot succeed.
    if (advice.decision.kind === 'no-valid-host') return noRoom(advice.rejectedBy);
    const turn = latest === undefined ? 1 : turnOf(latest) + 1;
    return await this.#statusOf(await scheduling.submit(spec, `${keyOf(order.id)}${turn}`, sender));
  }

  async status(id: string): Promise<MachineStatus> {
    const latest = await this.#latest(id);
    return latest === undefined ? { kind: 'gone' } : await this.#statusOf(latest);
  }

  async restart(id: string): Promise<void> {
    const nova = await this.#parts.nova();
    await nova.rebootServer(await this.#serverOf(id));
  }

  async stop(id: string): Promise<void> {
    const nova = await this.#parts.nova();
    await this.#already(nova.stopServer(await this.#serverOf(id)));
  }

  async start(id: string): Promise<void> {
    const nova = await this.#parts.nova();
    await this.#already(nova.startServer(await this.#serverOf(id)));
  }

  async remove(id: string): Promise<void> {
    const { scheduling, requests, nowS } = this.#parts;
    const latest = await this.#latest(id);
    if (latest === undefined) return;
    if (latest.state === 'failed') {
      // It holds nothing; from now on it is gone.
      const write = { nowS: nowS(), ...sender, claim: null, touched: [] };
      await requests.change(latest, { state: 'deleted' }, write);
      return;
    }
    await scheduling.remove(latest.id, sender);
  }

  sshLogin(account: string, port: number) {
    return { account, port };
  }

  async consoleUrl(id: string): Promise<string | null> {
    const latest = await this.#latest(id);
    if (latest?.serverId == null) return null;
    try {
      return await (await this.#parts.nova()).openConsole(latest.serverId);
    } catch (error) {
      // None in this state, or the cloud has none at all.
      if (error instanceof OpenStackError && [400, 404, 409, 501].includes(error.status)) return null;
      throw error;
    }
  }

  cardModels(): readonly string[] {
    return this.#parts.scheduling.view.cluster.models.map(({ name }) => name);
  }

  /** The scheduler ends on its own. */
  async close(): Promise<void> {}

  async #latest(id: string): Promise<ServerRequest | undefined> {
    return await this.#parts.requests.readLatest(`${sender.tokenId}:${keyOf(id)}`);
  }

  async #serverOf(id: string): Promise<string> {
    const latest = await this.#latest(id);
    if (latest?.serverId == null) throw new Error(`desktop ${id} has no server`);
    return latest.serverId;
  }

  async #statusOf(row: ServerRequest): Promise<MachineStatus> {
    const place = { host: row.host ?? '', cardModels: modelsOf(row) };
    switch (row.state) {
      case 'claimed':
        return { kind: 'scheduled', ...place };
      case 'building':
      case 'failing':
        return { kind: 'building', ...place };
      case 'failed':
        return failedStatus(row);
      case 'deleted':
        return { kind: 'gone' };
      case 'deleting':
        return { kind: 'stopped', ...place };
      case 'active':
        return await this.#runningStatus(row.serverId!, place);
    }
  }

  async #runningStatus(
    serverId: string,
    place: { readonly host: string; readonly cardModels: readonly string[] },
  ): Promise<MachineStatus> {
    const { mayUse } = this.#parts;
    const nova = await this.#parts.nova();
    let server: Server;
    try {
      server = await nova.showServer(serverId);
    } catch (error) {
      if (isNotFound(error)) return { kind: 'gone' };
      throw error;
    }
    const { status, fault } = server;
    if (status === 'DELETED' || status === 'SOFT_DELETED') return { kind: 'gone' };
    if (status === 'ERROR') return { kind: 'failed', reason: `The machine is broken: ${fault?.message ?? 'ERROR'}.` };
    if (stoppedStatuses.includes(status)) return { kind: 'stopped', ...place };
    if (status !== 'ACTIVE') return { kind: 'running', ...place, address: null };
    const addresses = await nova.listAddresses(serverId);
    return { kind: 'running', ...place, address: addresses.find(mayUse) ?? addresses[0] ?? null };
  }

  /** A conflict says that it is so, or about to be. */
  async #already(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!(error instanceof OpenStackError && error.status === 409)) throw error;
    }
  }
}

function keyOf(id: string): string {
  return `desktop:${id}:`;
}

function turnOf({ idempotencyKey }: ServerRequest): number {
  return Number(idempotencyKey.slice(idempotencyKey.lastIndexOf(':') + 1));
}

/** Whether a further try is to be made: no host had room, or somebody has removed the server. */
function isAgain(row: ServerRequest): boolean {
  return row.state === 'deleted' || (row.state === 'failed' && hadNoHost(row));
}

function hadNoHost({ decision, history }: ServerRequest): boolean {
  return decision.host === null && history.length === 0;
}

function failedStatus(row: ServerRequest): MachineStatus {
  if (hadNoHost(row)) return noRoom(row.decision.rejectedBy);
  const faults = row.history.map(({ fault }) => fault);
  const reason = faults.at(-1) ?? row.fault ?? 'it does not say why';
  return { kind: 'failed', reason: `The cloud did not build the machine: ${reason.replace(/\.$/, '')}.` };
}

function noRoom(rejectedBy: Readonly<Record<string, number>>): MachineStatus {
  return { kind: 'no-room', reason: noValidHostText(rejectedBy), rejectedBy };
}

function modelsOf({ cards }: ServerRequest): string[] {
  return cards.map(({ model }) => model);
}
