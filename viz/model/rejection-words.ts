/** Filters and their reasons in words for people who want a desktop, not a scheduler. */
import type { Rejection } from '../../core/filters.ts';
import { count } from '../page/quantity-words.ts';

/** What a filter asks of a host, by its name. */
const filterWords: Readonly<Record<string, string>> = {
  Excluded: 'Has not just refused it',
  HostUp: 'Host is running',
  CpuRamDisk: 'Enough free vCPUs, RAM, disk',
  FineGrainedGpu: 'Enough suitable idle cards',
  KeptForCards: 'Leaves enough for its idle cards',
  PciPassthroughFilter: 'Enough idle cards, by count alone',
};

export function describeFilter(name: string): string {
  return filterWords[name] ?? name;
}

/** What hosts lack, after `3 hosts` and after `1 host`, and what a list of reasons calls it. */
const reasonWords: Readonly<Record<Rejection, readonly [several: string, one: string, short: string]>> = {
  excluded: ['refused it a moment ago', 'refused it a moment ago', 'refused it'],
  'host-down': ['are down', 'is down', 'host is down'],
  vcpus: ['lack free vCPUs', 'lacks free vCPUs', 'free vCPUs'],
  ram: ['lack free RAM', 'lacks free RAM', 'free RAM'],
  disk: ['lack free disk', 'lacks free disk', 'free disk'],
  'no-cards': ['have too few cards', 'has too few cards', 'number of cards'],
  'card-model': ['have no cards of an accepted model', 'has no cards of an accepted model', 'card model'],
  'card-memory': ['have cards with too little memory', 'has cards with too little memory', 'card memory'],
  'card-cores': ['have cards with too few cores', 'has cards with too few cores', 'card cores'],
  'cards-busy': ['have suitable cards, but not enough idle', 'has suitable cards, but not enough idle', 'idle cards'],
  'kept-for-cards': [
    'keep free capacity for VMs that need their cards',
    'keeps free capacity for VMs that need its cards',
    'vCPUs or RAM kept for cards',
  ],
};

/** `182 lack free vCPUs`. */
export function describeRejection(reason: Rejection, hosts: number): string {
  const [several, one] = reasonWords[reason];
  return `${count(hosts)} ${hosts === 1 ? one : several}`;
}

/** What was missing, in two words: `free vCPUs`. */
export function shortRejection(reason: Rejection): string {
  return reasonWords[reason][2];
}

const otherWords: Readonly<Record<string, string>> = {
  'behind-others': 'others came before it',
  'host-failed': 'its host failed',
  'card-failed': 'its card failed',
};

/**
 * `vcpus:182|ram:3` of a run file or a stream as `182 hosts lack free vCPUs, 3 lack free RAM`; texts that are not of this
 * kind as they are.
 *
 * @param mostNamed how many reasons are named, most frequent first; the others are only counted
 */
export function describeReasons(text: string, mostNamed: number): string {
  const counts = text.split('|').map((part) => {
    const [reason, hosts] = part.split(':');
    return { reason: reason as Rejection, hosts: Number(hosts) };
  });
  if (counts.some(({ reason, hosts }) => reasonWords[reason] === undefined || Number.isNaN(hosts))) {
    return otherWords[text] ?? text;
  }
  counts.sort((a, b) => b.hosts - a.hosts);
  const named = counts.slice(0, mostNamed).map(({ reason, hosts }, index) => {
    const [several, one] = reasonWords[reason];
    const word = index > 0 ? '' : hosts === 1 ? ' host' : ' hosts';
    return `${count(hosts)}${word} ${hosts === 1 ? one : several}`;
  });
  const rest = counts.slice(mostNamed).reduce((sum, { hosts }) => sum + hosts, 0);
  return [...named, ...(rest > 0 ? [`${count(rest)} more`] : [])].join(', ');
}
