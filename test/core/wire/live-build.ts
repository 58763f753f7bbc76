/** A small live cloud for tests: three hosts, two VMs, one that waits. */
import type { LiveSnapshot, LiveVm } from '../../../core/wire/live-stream.ts';

/** A VM on host 0 without cards unless said otherwise. */
export function liveVm(fields: Partial<LiveVm> = {}): LiveVm {
  return {
    id: 'vm',
    host: 0,
    cards: [],
    vcpus: 4,
    ramMib: 8192,
    cardMemoryMib: 0,
    cardCores: 0,
    user: 'p1-u1',
    station: 'BL02',
    flavor: 'm1',
    sinceS: 900,
    ...fields,
  };
}

/** `cpu-a` runs `vm-1`; `gpu-a` (two passthrough cards) runs `vm-2` on card 1; `gpu-b` (a shared card of 48 GiB) is empty; `vm-3` waits. */
export function liveSnapshot(fields: Partial<LiveSnapshot> = {}): LiveSnapshot {
  const host = { up: true, srmObservedAtS: 995, failedCards: [] };
  const size = { vcpus: 64, ramMib: 262_144, diskGib: 1000 };
  return {
    format: 'heps-live/1',
    sequence: 7,
    atS: 1000,
    heartbeatS: 5,
    cluster: {
      format: 'heps-cluster/1',
      name: 'three',
      models: [],
      hosts: [
        { name: 'cpu-a', ...size, cards: [] },
        { name: 'gpu-a', ...size, cards: [{ model: 'RTX A6000', count: 2 }] },
        { name: 'gpu-b', ...size, cards: [{ model: 'RTX A6000', count: 1, sharing: 'shared' }] },
      ],
    },
    policy: 'hybrid',
    srmIntervalS: 10,
    hosts: [host, host, host],
    vms: [liveVm({ id: 'vm-1' }), liveVm({ id: 'vm-2', host: 1, cards: [1] })],
    waiting: [{ id: 'vm-3', vcpus: 8, ramMib: 16_384, cards: 2, sinceS: 950, reason: 'cards-busy:1' }],
    turnedAway: [],
    ...fields,
  };
}
