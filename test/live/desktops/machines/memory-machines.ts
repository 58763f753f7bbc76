/** Machines in memory: a number of hosts of each kind, with faults that a test orders. */
import type { MachineStatus, Machines } from '../../../../live/desktops/machines/machines.ts';
import type { MachineOrder } from '../../../../live/desktops/records/machine-order.ts';

interface MemoryMachine {
  readonly order: MachineOrder;
  readonly host: string;
  state: 'scheduled' | 'building' | 'running' | 'stopped' | 'failed';
}

export interface MemoryRoom {
  /** Machines that each host takes. */
  readonly perHost: number;
  /** Cards of each host. */
  readonly cards: number;
  readonly cardModel: string;
}

export class MemoryMachines implements Machines {
  readonly machines = new Map<string, MemoryMachine>();
  readonly hosts: readonly string[];
  room: MemoryRoom = { perHost: 10, cards: 2, cardModel: 'A40' };
  address: string | null = '10.20.0.5';
  /** What was asked for, in order: `order 1f…`. */
  readonly asked: string[] = [];
  /** Thrown before or after the next calls, a number of them, do their work. */
  fault: ((call: string) => 'before' | 'after' | null) | null = null;
  /** What a call waits for before it does its work; null for nothing. */
  hang: ((call: string, id: string) => Promise<void> | null) | null = null;

  constructor(hosts: readonly string[] = ['host-1']) {
    this.hosts = hosts;
  }

  async order(order: MachineOrder): Promise<MachineStatus> {
    return await this.#call('order', order.id, () => {
      const known = this.machines.get(order.id);
      if (known !== undefined) return this.#statusOf(known);
      const host = this.hosts.find((name) => this.#hasRoom(name, order));
      if (host === undefined) {
        const reason = order.gpu.count > 0 ? 'cards-busy' : 'vcpus';
        return { kind: 'no-room', reason, rejectedBy: { [reason]: this.hosts.length } };
      }
      const machine: MemoryMachine = { order, host, state: 'scheduled' };
      this.machines.set(order.id, machine);
      return this.#statusOf(machine);
    });
  }

  /** Each look at a machine that is built brings it on by one. */
  async status(id: string): Promise<MachineStatus> {
    return await this.#call('status', id, () => {
      const machine = this.machines.get(id);
      if (machine === undefined) return { kind: 'gone' };
      if (machine.state === 'building') machine.state = 'running';
      if (machine.state === 'scheduled') machine.state = 'building';
      return this.#statusOf(machine);
    });
  }

  async restart(id: string): Promise<void> {
    await this.#call('restart', id, () => {});
  }

  async stop(id: string): Promise<void> {
    await this.#call('stop', id, () => {
      this.machines.get(id)!.state = 'stopped';
    });
  }

  async start(id: string): Promise<void> {
    await this.#call('start', id, () => {
      this.machines.get(id)!.state = 'running';
    });
  }

  async remove(id: string): Promise<void> {
    await this.#call('remove', id, () => void this.machines.delete(id));
  }

  sshLogin(account: string, port: number) {
    return { account, port };
  }

  async consoleUrl(id: string): Promise<string | null> {
    return `http://controller:6080/vnc_lite.html?token=console-of-${id}`;
  }

  cardModels(): readonly string[] {
    return ['A40', 'T4'];
  }

  async close(): Promise<void> {}

  async #call<T>(what: string, id: string, work: () => T): Promise<T> {
    this.asked.push(`${what} ${id}`);
    await this.hang?.(what, id);
    const fault = this.fault?.(what) ?? null;
    if (fault === 'before') throw new Error(`${what} was not sent`);
    const result = work();
    if (fault === 'after') throw new Error(`the answer to ${what} was lost`);
    return result;
  }

  #hasRoom(host: string, { gpu }: MachineOrder): boolean {
    const there = [...this.machines.values()].filter((machine) => machine.host === host);
    const cards = there.reduce((sum, machine) => sum + machine.order.gpu.count, 0);
    return there.length < this.room.perHost && cards + gpu.count <= this.room.cards;
  }

  #statusOf({ state, host, order }: MemoryMachine): MachineStatus {
    const place = { host, cardModels: Array<string>(order.gpu.count).fill(this.room.cardModel) };
    switch (state) {
      case 'running':
        return { kind: 'running', ...place, address: this.address };
      case 'failed':
        return { kind: 'failed', reason: 'The cloud did not build the machine: Quota exceeded for cores.' };
      default:
        return { kind: state, ...place };
    }
  }
}
