import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseCluster } from '../../core/cluster-file.ts';

const hostsOf = (name: string) => {
  const path = new URL(`../../traces/clusters/${name}.json`, import.meta.url);
  return parseCluster(JSON.parse(readFileSync(path, 'utf8')), name).hosts;
};

test('heps-250-shared has the hosts of heps-250, with every card shared instead of passed through', () => {
  const whole = hostsOf('heps-250');
  expect(new Set(whole.flatMap(({ cards }) => cards.map(({ sharing }) => sharing)))).toEqual(new Set(['passthrough']));
  expect(hostsOf('heps-250-shared')).toEqual(
    whole.map((host) => ({ ...host, cards: host.cards.map((card) => ({ ...card, sharing: 'shared' })) })),
  );
});
