import { expect, test } from 'vitest';
import { requestAt } from '../../core/runs/run-file.ts';
import { runOf } from '../../viz/model/run.ts';
import { describeAsked, describeOutcome } from '../../viz/model/vm-words.ts';
import { card, type HostSize, large, small } from '../core/build.ts';
import { runFileOf, runOf as runToSimulate, temporaryDirectory, vm } from '../sim/build.ts';

/** A small and a large card, each on a host of its own. */
const hosts: HostSize[] = [
  { vcpus: 8, ramMib: 65536, cards: [card(small)] },
  { vcpus: 8, ramMib: 65536, cards: [card(large)] },
];

test('says what was asked for and what became of it, with what a card lacks', async () => {
  const arrivals = [
    vm('picky', 0, 7200, { vcpus: 2, cards: 1, cardMemoryMib: 40960, cardCores: 6000 }),
    vm('plain', 0, 7200, { vcpus: 8, ramMib: 512 }),
    vm('late', 60, 60, { vcpus: 8 }),
    vm('huge', 60, 60, { vcpus: 99 }),
  ];
  const plan = runToSimulate(hosts, arrivals, { policy: 'nova', cloud: { onFull: 'queue', patienceS: 600 } });
  const run = runOf(await runFileOf(plan, `${temporaryDirectory()}/run.json`), 'nova');
  const rows = run.placements!.decisions.id.map((id, row) => [
    id,
    describeAsked(requestAt(run.placements!.decisions, row)),
    describeOutcome(run, row),
  ]);
  expect(rows).toEqual([
    [
      'picky',
      '2 vCPUs, 1 GiB RAM and 1 card with at least 40 GiB and 6,000 cores',
      'on host-0, card 0 (too small: small with 16 GiB and 5,000 cores), at once',
    ],
    ['plain', '8 vCPUs and 512 MiB RAM, no card', 'on host-1, at once'],
    ['huge', '99 vCPUs and 1 GiB RAM, no card', 'fits on no host: 2 hosts lack free vCPUs'],
    ['late', '8 vCPUs and 1 GiB RAM, no card', 'gave up after 10 min: 2 hosts lack free vCPUs'],
  ]);
});
