/** Which group measures where and when: the proposals that fill the beam of each beamline. */
import { beamBlocks, cycleOf, secondsPerHour } from './heps-calendar.ts';
import type { Beamline, HepsParameters } from './heps-parameters.ts';
import { randomStream } from './random.ts';
import { choose } from './weighted-choice.ts';

/** One group's beamtime: whole shifts in a row at one beamline. */
export interface Proposal {
  /** `p0123`, counted over all beamlines. */
  readonly id: string;
  readonly beamline: Beamline;
  /** Seconds from the start of the workload; negative before it. */
  readonly startS: number;
  readonly endS: number;
  readonly users: number;
}

/**
 * The proposals of all cycles that a span of days touches, by cycle, beamline and time. Each beamline and cycle has its own
 * stream, so that a later last day only adds proposals, and the load changes none.
 */
export function heldProposals(parameters: HepsParameters, seed: number, firstDay: number, lastDay: number): Proposal[] {
  const { calendar, beamlines } = parameters;
  const proposals: Proposal[] = [];
  for (let cycle = cycleOf(calendar, firstDay); cycle <= cycleOf(calendar, lastDay); cycle++) {
    for (const beamline of beamlines) addProposals(proposals, parameters, seed, beamline, cycle);
  }
  return proposals;
}

function addProposals(
  proposals: Proposal[],
  { calendar, proposals: { shifts, users } }: HepsParameters,
  seed: number,
  beamline: Beamline,
  cycle: number,
): void {
  const stream = randomStream(seed, `proposals ${beamline.id} cycle ${cycle}`);
  const shiftS = calendar.shiftHours * secondsPerHour;
  for (const block of beamBlocks(calendar, cycle)) {
    for (let used = 0; used < block.shifts; ) {
      // The last proposal of a block gets what is left of it.
      const length = Math.min(choose(stream, shifts), block.shifts - used);
      const startS = block.startS + used * shiftS;
      proposals.push({
        id: `p${String(proposals.length + 1).padStart(4, '0')}`,
        beamline,
        startS,
        endS: startS + length * shiftS,
        users: choose(stream, users),
      });
      used += length;
    }
  }
}
