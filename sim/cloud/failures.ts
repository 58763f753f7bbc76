/** Hosts and cards that fail and are repaired, each on its own alternating exponential process, whatever runs on it. */
import type { HostSpec } from '../../core/host.ts';
import type { CloudOptions } from '../../core/runs/run-file.ts';
import { exponential, type RandomStream, randomStream } from '../../traces/random.ts';
import type { Simulator } from '../engine/engine.ts';
import type { Cloud } from './cloud.ts';
import { priorities } from './priorities.ts';

const secondsPerHour = 3600;

/** Starts the processes that the options ask for; they stop on their own when nothing can happen to a VM any more. */
export function startFailures(
  simulator: Simulator,
  cloud: Cloud,
  hosts: readonly HostSpec[],
  options: CloudOptions,
  seed: number,
): void {
  const { mtbfH, cardMtbfH, mttrH } = options;
  if (mtbfH !== null) {
    const targets = hosts.map((_, host) => ({ host, card: -1 }));
    startProcess(simulator, cloud, targets, mtbfH, mttrH, randomStream(seed, 'host-failures'));
  }
  if (cardMtbfH !== null) {
    const targets = hosts.flatMap(({ cards }, host) => cards.map((_, card) => ({ host, card })));
    startProcess(simulator, cloud, targets, cardMtbfH, mttrH, randomStream(seed, 'card-failures'));
  }
}

function startProcess(
  simulator: Simulator,
  cloud: Cloud,
  targets: readonly { host: number; card: number }[],
  mtbfH: number,
  mttrH: number,
  stream: RandomStream,
): void {
  const isUp = new Uint8Array(targets.length).fill(1);
  const kind = simulator.kind(priorities.fault, (target) => {
    if (!cloud.isBusy) return;
    isUp[target] = 1 - isUp[target]!;
    const { host, card } = targets[target]!;
    cloud.fault(host, card, isUp[target] === 1);
    next(target);
  });
  const next = (target: number): void => {
    const meanS = (isUp[target] === 1 ? mtbfH : mttrH) * secondsPerHour;
    simulator.at(simulator.nowS + Math.max(1, Math.round(exponential(stream, meanS))), kind, target);
  };
  for (let target = 0; target < targets.length; target++) next(target);
}
