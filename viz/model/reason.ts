/** Why a VM waits or was turned away, in words. */

/** What is the matter with the hosts that a filter removed. */
const faults: Record<string, string> = {
  excluded: 'refused it',
  'host-down': 'down',
  vcpus: 'too few vCPUs free',
  ram: 'too little RAM free',
  disk: 'too little disk free',
  'no-cards': 'too few cards',
  'card-model': 'other card models',
  'card-memory': 'too little card memory',
  'card-cores': 'too few card cores',
  'cards-busy': 'cards taken',
};
const causes: Record<string, string> = {
  'behind-others': 'waits behind others',
  'host-failed': 'its host failed',
  'card-failed': 'its card failed',
};

/** `host-down:3|cards-busy:57` of a run file or a stream as `down: 3 hosts, cards taken: 57`; other texts as they are. */
export function reasonText(reason: string): string {
  if (reason === '') return 'no reason given';
  const parts = reason.split('|').map((part) => /^([a-z-]+):(\d+)$/.exec(part));
  if (parts.some((part) => part === null)) return causes[reason] ?? reason;
  return parts
    .map((part, index) => {
      const hosts = index > 0 ? '' : part![2] === '1' ? ' host' : ' hosts';
      return `${faults[part![1]!] ?? part![1]}: ${part![2]}${hosts}`;
    })
    .join(', ');
}
