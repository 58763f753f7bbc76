/** `heps cluster describe`. */
import type { Command } from 'commander';
import type { HostSpec } from '../../core/host.ts';
import { readCluster } from '../runs/inputs.ts';
import { presetNames } from '../runs/presets.ts';
import { formatTable, wrapText } from '../terminal/table.ts';

export function addClusterCommands(program: Command): void {
  const cluster = program.command('cluster').description('describe clusters');
  cluster
    .command('describe')
    .description('say what hosts and cards a cluster has')
    .argument(
      '[name or file]',
      `preset (${presetNames('clusters').join(', ')}), heps-cluster/1 file, or openb node list`,
      'heps-250',
    )
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  heps cluster describe heps-250')
    .action(async (nameOrFile: string, options: { json?: boolean }) => {
      const { name, hosts, sha256 } = await readCluster(nameOrFile);
      const kinds = kindsOf(hosts);
      const totals = totalsOf(hosts);
      if (options.json) {
        console.log(JSON.stringify({ name, sha256, ...totals, kinds }, null, 2));
        return;
      }
      console.log(`${name}: ${totals.hosts} hosts, ${totals.gpuHosts} of them with cards\n`);
      const header = ['hosts', 'first', 'vCPUs', 'RAM, GiB', 'disk, GiB', 'cards'];
      const rows = kinds.map(({ count, first, vcpus, ramMib, diskGib, cards }) => [
        String(count),
        first,
        String(vcpus),
        (ramMib / 1024).toFixed(0),
        String(diskGib),
        cards,
      ]);
      console.log(formatTable([header, ...rows]));
      const models = Object.entries(totals.cardsByModel).map(([model, count]) => `${count} ${model}`);
      const total = `${totals.vcpus} vCPUs, ${(totals.ramMib / 1024).toFixed(0)} GiB RAM, ${totals.cards} cards`;
      console.log(`\n${wrapText(models.length === 0 ? total : `${total}: ${models.join(', ')}`)}`);
    });
}

/** Equal hosts counted, in order of first appearance. */
function kindsOf(hosts: readonly HostSpec[]) {
  const kinds = new Map<
    string,
    { count: number; first: string; vcpus: number; ramMib: number; diskGib: number; cards: string }
  >();
  for (const host of hosts) {
    const cards = Object.entries(
      countBy(host.cards.map(({ model, sharing }) => (sharing === 'shared' ? `${model} shared` : model))),
    )
      .map(([model, count]) => `${count} × ${model}`)
      .join(', ');
    const vcpus = host.vcpus * host.cpuAllocationRatio;
    const key = `${vcpus}/${host.ramMib}/${host.diskGib}/${cards}`;
    const known = kinds.get(key);
    if (known !== undefined) known.count++;
    else kinds.set(key, { count: 1, first: host.name, vcpus, ramMib: host.ramMib, diskGib: host.diskGib, cards });
  }
  return [...kinds.values()];
}

function totalsOf(hosts: readonly HostSpec[]) {
  const sum = (measure: (host: HostSpec) => number): number => hosts.reduce((total, host) => total + measure(host), 0);
  return {
    hosts: hosts.length,
    gpuHosts: hosts.filter(({ cards }) => cards.length > 0).length,
    vcpus: sum(({ vcpus, cpuAllocationRatio }) => vcpus * cpuAllocationRatio),
    ramMib: sum(({ ramMib }) => ramMib),
    cards: sum(({ cards }) => cards.length),
    cardsByModel: countBy(hosts.flatMap(({ cards }) => cards.map(({ model }) => model))),
  };
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
