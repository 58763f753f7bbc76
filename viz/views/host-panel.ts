/** One host at the moment: what it has, who holds its cards, which VMs run on it. */

import type { MomentReader } from '../model/moment.ts';
import type { Run } from '../model/run.ts';
import { button, element } from '../page/element.ts';
import { askedFor, since, station, vmButton, vmTable } from './vm-table.ts';

export interface HostPanelEvents {
  onVm(row: number): void;
  onClose(): void;
}

/** The panel of a host, for the moment that the reader is at. */
export function hostPanel(run: Run, reader: MomentReader, host: number, events: HostPanelEvents): HTMLElement {
  const { cluster, placements } = run;
  const { moment, running } = reader;
  const spec = cluster.specs[host]!;
  const rows = [...running.rows.subarray(0, running.length)].filter((row) => placements!.host[row] === host);
  const states = [
    moment.up[host] === 0 ? 'down' : 'up',
    ...(moment.stale[host] === 1 ? ['the scheduler’s SRM record is older than its last change'] : []),
  ];
  return element(
    'section',
    { class: 'host-panel' },
    element('header', {}, element('h2', {}, spec.name), button('Close', 'Close (Esc)', events.onClose, '✕')),
    element('p', { class: moment.up[host] === 0 ? 'warning' : 'muted' }, states.join(' · ')),
    meter('vCPUs', moment.vcpusUsed[host]!, cluster.vcpus[host]!, ''),
    meter('RAM', moment.ramUsedMib[host]! / 1024, cluster.ramMib[host]! / 1024, ' GiB'),
    spec.cards.length > 0 && cardTable(run, reader, host, events),
    element('h3', {}, rows.length === 0 ? 'No VMs' : rows.length === 1 ? '1 VM' : `${rows.length} VMs`),
    rows.length > 0 && vmTable(placements!, rows, [askedFor, station, since], events.onVm),
  );
}

function meter(label: string, used: number, size: number, unit: string): HTMLElement {
  const text = `${Math.round(used * 10) / 10} of ${Math.round(size)}${unit}`;
  return element(
    'div',
    { class: 'meter' },
    element('span', {}, label),
    element('span', { class: 'track' }, element('span', { class: 'fill', style: `width:${(100 * used) / size}%` })),
    element('span', { class: 'number' }, text),
  );
}

function cardTable(
  { cluster, placements }: Run,
  { moment }: MomentReader,
  host: number,
  events: HostPanelEvents,
): HTMLElement {
  const rows = cluster.specs[host]!.cards.map(({ model, memoryMib }, index) => {
    const card = cluster.cardStart[host]! + index;
    const holder = moment.cardHolder[card]!;
    const state =
      moment.cardHealthy[card] === 0
        ? element('strong', { class: 'warning' }, 'failed')
        : holder < 0
          ? 'idle'
          : vmButton(placements!, holder, events.onVm);
    const part = cluster.cardIsShared[card] === 1 ? ` ${Math.round(moment.cardUse[card]! * 100)} % held` : '';
    return element(
      'tr',
      {},
      element('td', {}, index),
      element('td', {}, `${model}, ${Math.round(memoryMib / 1024)} GiB`),
      element('td', {}, state, part),
    );
  });
  return element(
    'table',
    { class: 'figures' },
    element(
      'thead',
      {},
      element('tr', {}, ...['card', 'model', 'held by'].map((text) => element('th', { scope: 'col' }, text))),
    ),
    element('tbody', {}, ...rows),
  );
}
