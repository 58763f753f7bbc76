/** What would have changed a decision, as the page shows it. */
import { formatTime } from '../../core/runs/explanation.ts';
import { closingChanges, smallerRequests, underEachPolicy, withoutHost } from '../model/counterfactuals.ts';
import type { DecisionCase } from '../model/decision-case.ts';
import { nearestHosts } from '../model/nearest-hosts.ts';
import type { Rival } from '../model/rival.ts';
import { listCards } from '../model/vm-words.ts';
import {
  describeChange,
  describeDestination,
  describeFreeAt,
  describeLack,
  describeSmaller,
} from '../model/why-text.ts';
import { button, element } from '../page/element.ts';
import { formatScore, plural } from '../page/quantity-words.ts';

/** What a click asks of the page. */
export interface WhatIfEvents {
  onHost(name: string): void;
  onMoment(atS: number): void;
}

export function whatIf(decision: DecisionCase, rival: Rival | undefined, events: WhatIfEvents): HTMLElement[] {
  return decision.decision.kind === 'placed'
    ? [...otherHosts(decision, rival, events), ...otherPolicies(decision, events)]
    : [...smaller(decision, events), ...nearest(decision, events), ...otherPolicies(decision, events)];
}

function hostButton({ cluster }: DecisionCase, host: number, events: WhatIfEvents): HTMLElement {
  const { name } = cluster.specs[host]!;
  return button(name, `Show host ${name}`, () => events.onHost(name));
}

function otherHosts(decision: DecisionCase, rival: Rival | undefined, events: WhatIfEvents): HTMLElement[] {
  const { cluster, ranking } = decision;
  const chosen = ranking[0]!;
  const other = withoutHost(decision, chosen.host);
  const items = [
    element(
      'li',
      {},
      `Without ${cluster.specs[chosen.host]!.name} it would have gone to `,
      other.kind === 'placed' ? hostButton(decision, other.host, events) : 'no host: no other fits',
      '.',
    ),
  ];
  if (rival !== undefined && !rival.isTie) {
    const { verdict } = rival;
    const { name } = cluster.specs[verdict.host]!;
    const lacks = chosen.scored!.shownScore - verdict.scored!.shownScore;
    const changes = closingChanges(decision, verdict.host, chosen.host);
    const would =
      changes.length === 0
        ? 'No other amount of free vCPUs or RAM alone would have made it win.'
        : `It would have won with ${changes.map(describeChange).join(', or with ')}.`;
    items.push(element('li', {}, `${name} is ${formatScore(lacks)} points short. ${would}`));
  }
  return [element('ul', {}, ...items)];
}

function otherPolicies(decision: DecisionCase, events: WhatIfEvents): HTMLElement[] {
  const { cluster, policy } = decision;
  const own = decision.decision;
  const rows = underEachPolicy(decision)
    .filter(({ name }) => name !== policy.name)
    .map(({ name, decision: other }) => {
      const isSame = describeDestination(cluster, other) === describeDestination(cluster, own);
      const cards = other.kind === 'placed' ? listCards(other.cards) : '';
      return element(
        'tr',
        {},
        element('th', { scope: 'row' }, name),
        element(
          'td',
          {},
          other.kind === 'placed' ? hostButton(decision, other.host, events) : 'no host',
          cards && `, ${cards}`,
        ),
        element('td', { class: isSame ? 'muted' : '' }, isSame ? '= same' : '≠ different'),
      );
    });
  return [
    element('h4', {}, 'Under the other policies, at this moment'),
    element(
      'div',
      { class: 'wide-table' },
      element(
        'table',
        { class: 'figures policies' },
        element('thead', {}, headRow('policy', 'host', 'compared')),
        element('tbody', {}, ...rows),
      ),
    ),
  ];
}

function smaller(decision: DecisionCase, events: WhatIfEvents): HTMLElement[] {
  const found = smallerRequests(decision);
  const title = element('h4', {}, 'Smaller requests that would have fit');
  if (found.length === 0) {
    return [
      title,
      element(
        'p',
        {},
        'None with a single change: fewer vCPUs or cards, less memory or another model would not have been enough.',
      ),
    ];
  }
  const items = found.map((each) =>
    element(
      'li',
      {},
      `${describeSmaller(decision.request, each)}: ${plural(each.hosts, 'host fits', 'hosts fit')}, it would go to `,
      hostButton(decision, each.host, events),
    ),
  );
  return [title, element('ul', {}, ...items)];
}

function nearest(decision: DecisionCase, events: WhatIfEvents): HTMLElement[] {
  const { cluster, request, moment } = decision;
  const near = nearestHosts(decision, 5);
  const title = element('h4', {}, 'The hosts that came closest');
  if (near.length === 0) return [title, element('p', {}, 'None could take it, even when empty.')];
  const rows = near.map((each) => {
    const freeAtS = each.freeAtS;
    const text = describeFreeAt(each, moment.nowS);
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, hostButton(decision, each.host, events)),
      element('td', {}, describeLack(cluster, request, each)),
      element(
        'td',
        {},
        freeAtS === null || freeAtS <= moment.nowS
          ? text
          : button(text, `Go to ${formatTime(freeAtS)}`, () => events.onMoment(freeAtS)),
      ),
    );
  });
  return [
    title,
    element(
      'div',
      { class: 'wide-table' },
      element(
        'table',
        { class: 'figures nearest' },
        element('thead', {}, headRow('host', 'at that moment', 'room, if nobody else came')),
        element('tbody', {}, ...rows),
      ),
    ),
  ];
}

function headRow(...heads: readonly string[]): HTMLElement {
  return element('tr', {}, ...heads.map((each) => element('th', { scope: 'col' }, each)));
}
