/** One host of a live cloud: what it has and how full it is, how old its SRM record is, its cards and VMs. */
import type { LiveState } from '../../core/wire/live-state.ts';
import type { LiveVm } from '../../core/wire/live-stream.ts';
import type { ClusterMoment } from '../model/moment.ts';
import { describeSize } from '../model/vm-words.ts';
import { button, element } from '../page/element.ts';
import { formatSpan } from '../page/quantity-words.ts';

/** When it is: the server's time, Unix seconds; not current: what the server said last, some time ago. */
export interface LiveClock {
  readonly nowS: number;
  readonly isCurrent: boolean;
}

export function liveHostPanel(
  state: LiveState,
  moment: ClusterMoment,
  host: number,
  clock: LiveClock,
  onClose: () => void,
): HTMLElement {
  const { cluster } = state;
  const { name, cards } = cluster.specs[host]!;
  const vms = [...state.vmsOn[host]!];
  const isUp = moment.up[host] === 1;
  const isStale = moment.stale[host] === 1;
  return element(
    'section',
    { class: 'panel live-host', 'aria-label': `Host ${name}` },
    element('header', {}, element('h2', {}, name), button('Close', 'Close (Esc)', onClose, '✕')),
    element(
      'p',
      {},
      element('span', { class: isUp ? 'muted' : 'warning' }, isUp ? 'up' : 'down'),
      element('span', { class: 'muted' }, ' · '),
      element('span', { class: isStale ? 'warning' : 'muted' }, srmText(state, host, clock, isStale)),
    ),
    meter('vCPUs', moment.vcpusUsed[host]!, cluster.vcpus[host]!, ''),
    meter('RAM', moment.ramUsedMib[host]! / 1024, cluster.ramMib[host]! / 1024, ' GiB'),
    cards.length > 0 && cardTable(state, moment, host, vms),
    element('h2', {}, vms.length === 0 ? 'No VMs' : vms.length === 1 ? '1 VM' : `${vms.length} VMs`),
    vms.length > 0 && vmTable(vms, clock.nowS),
  );
}

function srmText({ srmIntervalS, cluster }: LiveState, host: number, clock: LiveClock, isStale: boolean): string {
  if (srmIntervalS === 0) return 'no SRM records in this cloud';
  const observedAtS = cluster.observedAtS[host]!;
  if (observedAtS === -Infinity) return 'no SRM record yet: gets no GPU VMs';
  const age = `SRM record ${formatSpan(clock.nowS - observedAtS)} old${clock.isCurrent ? '' : ' when last heard'}`;
  return isStale ? `${age}, too old: gets no GPU VMs` : age;
}

function meter(label: string, used: number, size: number, unit: string): HTMLElement {
  const width = Math.min(100, (100 * used) / size);
  return element(
    'div',
    { class: 'meter' },
    element('span', {}, label),
    element('span', { class: 'track' }, element('span', { class: 'fill', style: `width:${width}%` })),
    element('span', { class: 'number' }, `${Math.round(used * 10) / 10} of ${Math.round(size)}${unit}`),
  );
}

function cardTable({ cluster }: LiveState, moment: ClusterMoment, host: number, vms: readonly LiveVm[]): HTMLElement {
  const rows = cluster.specs[host]!.cards.map(({ model, memoryMib }, index) => {
    const card = cluster.cardStart[host]! + index;
    const isFailed = moment.cardHealthy[card] === 0;
    const part = cluster.cardIsShared[card] === 1 ? `${Math.round(moment.cardUse[card]! * 100)} %: ` : '';
    const holders = vms.filter((vm) => vm.cards.includes(index)).map(({ id }) => id);
    const holding = holders.length === 0 ? (isFailed ? '' : 'idle') : `${part}${holders.join(', ')}`;
    return element(
      'tr',
      {},
      element('td', {}, index),
      element('td', {}, `${model}, ${Math.round(memoryMib / 1024)} GiB`),
      element(
        'td',
        {},
        isFailed && element('strong', { class: 'warning' }, holding === '' ? 'failed' : 'failed, '),
        holding,
      ),
    );
  });
  return liveTable(['card', 'model', 'held by'], rows);
}

function vmTable(vms: readonly LiveVm[], nowS: number): HTMLElement {
  const ordered = [...vms].sort((a, b) => b.sinceS - a.sinceS || (a.id < b.id ? -1 : 1));
  const rows = ordered.map(({ id, vcpus, ramMib, cards, user, station, sinceS }) =>
    element(
      'tr',
      {},
      element('td', {}, id),
      element('td', {}, describeSize(vcpus, ramMib, cards.length)),
      element('td', {}, [user, station].filter((text) => text !== '').join(', ') || '–'),
      element('td', {}, formatSpan(nowS - sinceS)),
    ),
  );
  return liveTable(['VM', 'size', 'of', 'for'], rows);
}

/** A table with a heading over each column. */
export function liveTable(headings: readonly string[], rows: readonly HTMLElement[]): HTMLElement {
  return element(
    'table',
    { class: 'figures' },
    element('thead', {}, element('tr', {}, ...headings.map((text) => element('th', { scope: 'col' }, text)))),
    element('tbody', {}, ...rows),
  );
}
