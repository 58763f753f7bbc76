import { describe, expect, test } from 'vitest';
import { cpuRamDisk, fineGrainedGpu } from '../../core/filters.ts';
import type { VmRequest } from '../../core/request.ts';
import { explain } from '../../core/scheduler.ts';
import { ask, bindTo, card, clusterOf, large, policyNamed, small } from '../core/build.ts';

/** Two CPU hosts, one of them small; a GPU host with two small cards, one with two large ones. */
function fourHosts() {
  return clusterOf(
    { vcpus: 4, ramMib: 8192 },
    { vcpus: 32, ramMib: 65536 },
    { vcpus: 32, ramMib: 65536, cards: [card(small), card(small)] },
    { vcpus: 32, ramMib: 65536, cards: [card(large), card(large)] },
  );
}

/** The list of available nodes: who passes, and for what reason the others do not. */
function filtered(cluster: ReturnType<typeof fourHosts>, request: VmRequest): string[] {
  const { verdicts } = explain(cluster, request, policyNamed('hybrid'));
  return verdicts.map(({ rejection }) => rejection?.reason ?? 'available');
}

describe('the filter, Fig. 6', () => {
  test('step 1: a CPU VM is not asked about cards, whatever its metadata say of them', () => {
    const cluster = fourHosts();
    const cpuVm = ask({ cards: 0, cardMemoryMib: 99999, cardModels: ['none'] });
    expect(cluster.hosts.map((host) => fineGrainedGpu.reject(host, cpuVm))).toEqual(Array(4).fill(undefined));
    expect(filtered(cluster, cpuVm)).toEqual(Array(4).fill('available'));
  });

  test('step 2: a CPU VM needs vCPUs, RAM and disk; exactly enough is enough', () => {
    const cluster = fourHosts();
    expect(filtered(cluster, ask({ vcpus: 4, ramMib: 8192 }))).toEqual(Array(4).fill('available'));
    expect(filtered(cluster, ask({ vcpus: 5 }))[0]).toBe('vcpus');
    expect(filtered(cluster, ask({ ramMib: 8193 }))[0]).toBe('ram');
    bindTo(cluster, 1, ask({ diskGib: 990 }));
    expect(filtered(cluster, ask({ diskGib: 10 }))).toEqual(Array(4).fill('available'));
    expect(filtered(cluster, ask({ diskGib: 11 }))).toEqual(['available', 'disk', 'available', 'available']);
  });

  test('step 3: for a GPU VM, CPU and memory are checked first', () => {
    const cluster = fourHosts();
    const request = ask({ vcpus: 33, cards: 1 });
    expect(filtered(cluster, request)).toEqual(Array(4).fill('vcpus'));
    expect(cluster.hosts.map((host) => cpuRamDisk.reject(host, request))).toEqual(Array(4).fill('vcpus'));
  });

  test('step 3: the number, memory, cores and model of the cards are compared with the request', () => {
    const cluster = fourHosts();
    expect(filtered(cluster, ask({ cards: 2 }))).toEqual(['no-cards', 'no-cards', 'available', 'available']);
    expect(filtered(cluster, ask({ cards: 3 }))).toEqual(Array(4).fill('no-cards'));
    // What a count alone does not see: a 48 GiB task on 16 GiB cards.
    const memory = ask({ cards: 1, cardMemoryMib: 49152 });
    expect(filtered(cluster, memory)).toEqual(['no-cards', 'no-cards', 'card-memory', 'available']);
    const cores = ask({ cards: 1, cardCores: 5001 });
    expect(filtered(cluster, cores)).toEqual(['no-cards', 'no-cards', 'card-cores', 'available']);
    const model = ask({ cards: 1, cardModels: ['small', 'other'] });
    expect(filtered(cluster, model)).toEqual(['no-cards', 'no-cards', 'available', 'card-model']);
  });

  test('step 3: only idle, healthy cards count', () => {
    const cluster = fourHosts();
    bindTo(cluster, 3, ask({ cards: 1 }), [0]);
    const two = ask({ cards: 2, cardMemoryMib: 49152 });
    const one = ask({ cards: 1, cardMemoryMib: 49152 });
    expect(filtered(cluster, two)).toEqual(['no-cards', 'no-cards', 'card-memory', 'cards-busy']);
    expect(filtered(cluster, one)[3]).toBe('available');
    cluster.cardHealthy[3] = 0; // card 1 of host 3: rows 0 and 1 are host 2's
    expect(filtered(cluster, one)[3]).toBe('cards-busy');
  });

  test('step 3: a shared card serves as long as it has the asked memory and cores free', () => {
    const cluster = clusterOf({ vcpus: 32, ramMib: 65536, cards: [card(large, 'shared')] });
    bindTo(cluster, 0, ask({ cards: 1, cardMemoryMib: 40960, cardCores: 2000 }), [0]);
    // Left: 8192 MiB, 8000 cores
    expect(filtered(cluster, ask({ cards: 1, cardMemoryMib: 8192, cardCores: 8000 }))).toEqual(['available']);
    expect(filtered(cluster, ask({ cards: 1, cardMemoryMib: 8193, cardCores: 8000 }))).toEqual(['cards-busy']);
    expect(filtered(cluster, ask({ cards: 1, cardMemoryMib: 8192, cardCores: 8001 }))).toEqual(['cards-busy']);
  });

  test('steps 4 and 5: nodes that meet both are available, the others are ignored', () => {
    const cluster = fourHosts();
    bindTo(cluster, 2, ask({ vcpus: 30 }));
    const { decision, verdicts } = explain(cluster, ask({ vcpus: 4, cards: 1 }), policyNamed('hybrid'));
    expect(verdicts.map((verdict) => verdict.scored !== undefined)).toEqual([false, false, false, true]);
    expect(decision).toMatchObject({ kind: 'placed', host: 3 });
  });
});
