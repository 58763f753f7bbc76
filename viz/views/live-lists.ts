/** Lists of the live view: hosts that need somebody, who waits and why, what happened last. */
import type { LiveState } from '../../core/wire/live-state.ts';
import { failedCardsOf, type LiveEvent } from '../model/live-events.ts';
import type { ClusterMoment } from '../model/moment.ts';
import { describeReasons } from '../model/rejection-words.ts';
import { describeSize } from '../model/vm-words.ts';
import { button, element } from '../page/element.ts';
import { count, formatSpan } from '../page/quantity-words.ts';
import { liveTable } from './live-host-panel.ts';

const shownHosts = 12;
const shownWaiting = 20;

/** Hosts that are down, have failed cards or an old SRM record, the gravest first. */
export function faultList(
  state: LiveState,
  moment: ClusterMoment,
  nowS: number,
  onHost: (name: string) => void,
): HTMLElement {
  const { specs, cardStart, observedAtS } = state.cluster;
  const failed = new Uint32Array(specs.length);
  for (let host = 0; host < specs.length; host++) {
    for (let card = cardStart[host]!; card < cardStart[host + 1]!; card++)
      failed[host]! += 1 - moment.cardHealthy[card]!;
  }
  const gravityOf = (host: number): number =>
    moment.up[host] === 0 ? 3 : failed[host]! > 0 ? 2 : moment.stale[host] === 1 ? 1 : 0;
  const hosts = [...specs.keys()].filter((host) => gravityOf(host) > 0);
  hosts.sort((a, b) => gravityOf(b) - gravityOf(a) || a - b);
  const rows = hosts.slice(0, shownHosts).map((host) => {
    const cards = failed[host] === 0 ? [] : failedCardsOf(state, host);
    const age =
      observedAtS[host] === -Infinity ? 'no SRM record' : `SRM record ${formatSpan(nowS - observedAtS[host]!)} old`;
    const faults = [
      ...(moment.up[host] === 0 ? ['down'] : []),
      ...(cards.length > 0 ? [`${cards.length === 1 ? 'card' : 'cards'} ${cards.join(' ')} failed`] : []),
      ...(moment.stale[host] === 1 ? [age] : []),
    ];
    return element('tr', {}, element('td', {}, hostButton(state, host, onHost)), element('td', {}, faults.join(', ')));
  });
  return element(
    'section',
    { class: 'panel' },
    element(
      'h2',
      {},
      hosts.length === 0 ? 'All hosts are healthy' : `Hosts that need attention: ${count(hosts.length)}`,
    ),
    rows.length > 0 && liveTable(['host', 'fault'], rows),
    more(hosts.length - rows.length),
  );
}

export function waitingList({ waiting }: LiveState, nowS: number): HTMLElement {
  const rows = [...waiting.values()]
    .slice(0, shownWaiting)
    .map(({ id, vcpus, ramMib, cards, sinceS, reason }) =>
      element(
        'tr',
        {},
        element('td', {}, id),
        element(
          'td',
          {},
          describeReasons(reason, 2),
          element('div', { class: 'muted' }, describeSize(vcpus, ramMib, cards)),
        ),
        element('td', { class: 'number' }, formatSpan(nowS - sinceS)),
      ),
    );
  return element(
    'section',
    { class: 'panel live-waiting' },
    element('h2', {}, waiting.size === 0 ? 'No VM is waiting' : `Waiting: ${count(waiting.size)}`),
    rows.length > 0 && liveTable(['VM', 'why', 'for'], rows),
    more(waiting.size - rows.length),
  );
}

/** @param events oldest first */
export function eventList(state: LiveState, events: readonly LiveEvent[], onHost: (name: string) => void): HTMLElement {
  const rows = [...events]
    .reverse()
    .map(({ atS, kind, vm, host, detail }) =>
      element(
        'tr',
        {},
        element('td', {}, clockText(atS)),
        element('td', { class: isFault(kind) ? 'warning' : '' }, kind),
        element(
          'td',
          {},
          vm,
          vm !== '' && host >= 0 && ' on ',
          host >= 0 && hostButton(state, host, onHost),
          detail !== '' && element('div', { class: 'muted' }, detail),
        ),
      ),
    );
  return element(
    'section',
    { class: 'panel live-events' },
    element('h2', {}, rows.length === 0 ? 'Nothing has happened yet' : 'Latest events'),
    rows.length > 0 &&
      element('div', { class: 'live-scroll', tabindex: 0 }, liveTable(['time', 'what', 'which'], rows)),
  );
}

function isFault(kind: LiveEvent['kind']): boolean {
  return kind === 'turned away' || kind === 'host down' || kind === 'gap';
}

function more(rest: number): HTMLElement | false {
  return rest > 0 && element('p', { class: 'muted' }, `and ${count(rest)} more`);
}

function hostButton(state: LiveState, host: number, onHost: (name: string) => void): HTMLElement {
  const { name } = state.cluster.specs[host]!;
  const made = button(name, `Show ${name}`, () => onHost(name));
  made.className = 'link';
  return made;
}

function clockText(atS: number): string {
  return new Date(atS * 1000).toTimeString().slice(0, 8);
}
