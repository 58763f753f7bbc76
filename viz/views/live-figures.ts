/** The live cloud in eight figures. */

import type { LiveTotals } from '../model/live-moment.ts';
import { element } from '../page/element.ts';
import { count, percent } from '../page/quantity-words.ts';

interface Figure {
  readonly label: string;
  /** Null: there is no such thing in this cloud. */
  read(totals: LiveTotals): string | null;
  /** Whether anything but 0 is bad news. */
  readonly isFault: boolean;
}

const figures: readonly Figure[] = [
  { label: 'VMs', read: ({ vms }) => count(vms), isFault: false },
  { label: 'vCPUs in use', read: ({ vcpuShare }) => percent(vcpuShare, 0), isFault: false },
  { label: 'RAM in use', read: ({ ramShare }) => percent(ramShare, 0), isFault: false },
  { label: 'cards held', read: ({ cardShare }) => (cardShare === null ? null : percent(cardShare, 0)), isFault: false },
  { label: 'VMs waiting', read: ({ waiting }) => count(waiting), isFault: false },
  { label: 'hosts down', read: ({ hostsDown }) => count(hostsDown), isFault: true },
  {
    label: 'cards failed',
    read: ({ failedCards, cardShare }) => (cardShare === null ? null : count(failedCards)),
    isFault: true,
  },
  { label: 'SRM records too old', read: ({ staleHosts }) => count(staleHosts), isFault: true },
];

export class LiveFigures {
  readonly element: HTMLElement;
  readonly #values: readonly HTMLElement[];

  constructor() {
    this.#values = figures.map(() => element('dd', {}, '–'));
    this.element = element(
      'dl',
      { class: 'live-figures' },
      ...figures.map(({ label }, index) => element('div', {}, element('dt', {}, label), this.#values[index]!)),
    );
  }

  show(totals: LiveTotals): void {
    figures.forEach(({ read, isFault }, index) => {
      const value = this.#values[index]!;
      const text = read(totals);
      value.parentElement!.hidden = text === null;
      if (text === null || value.textContent === text) return;
      value.textContent = text;
      value.classList.toggle('warning', isFault && text !== '0');
    });
  }
}
