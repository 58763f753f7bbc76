/** Simulated VMs per CPU second: measured as `heps simulate` does with nobody subscribed to its events, and as `events$` with one subscriber. */

import { simulate } from '../sim/runs/simulate.ts';
import { events$ } from '../sim/streams/events.ts';

const runs = 5;
const options = { cluster: 'heps-250', workload: 'heps', days: 90, policy: 'hybrid', seed: 1 } as const;

/** Thousands of VMs per CPU second. */
async function rateOf(work: () => Promise<number>): Promise<number> {
  const before = process.cpuUsage();
  const vms = await work();
  const { user, system } = process.cpuUsage(before);
  return (1000 * vms) / (user + system);
}

async function unobserved(): Promise<number> {
  const { summary } = await simulate({ ...options, summaryOnly: true });
  return summary.all.arrived;
}

function observed(): Promise<number> {
  let vms = 0;
  return new Promise((resolve, reject) => {
    events$(options).subscribe({
      next: ({ kind }) => {
        if (kind === 'arrived') vms++;
      },
      complete: () => resolve(vms),
      error: reject,
    });
  });
}

/** Prints the medians of runs that take turns. */
export async function benchEvents(): Promise<void> {
  const rates: Record<string, number[]> = { 'measured, nobody subscribed': [], 'events$, one subscriber': [] };
  for (let run = 0; run < runs; run++) {
    rates['measured, nobody subscribed']!.push(await rateOf(unobserved));
    rates['events$, one subscriber']!.push(await rateOf(observed));
  }
  for (const [name, each] of Object.entries(rates)) {
    const sorted = each.sort((a, b) => a - b);
    const spread = `${sorted[0]!.toFixed(0)} to ${sorted.at(-1)!.toFixed(0)}`;
    console.log(`${name}: ${sorted[(runs - 1) / 2]!.toFixed(0)} thousand VMs per CPU second (${spread})`);
  }
}
