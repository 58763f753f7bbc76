/** Why a VM waits or was turned away, in words. */

const words: Record<string, string> = {
  excluded: 'refused it',
  'host-down': 'are down',
  vcpus: 'lack vCPUs',
  ram: 'lack RAM',
  disk: 'lack disk',
  'no-cards': 'have too few cards',
  'card-model': 'lack the model',
  'card-memory': 'lack card memory',
  'card-cores': 'lack card cores',
  'cards-busy': 'have their cards taken',
  'behind-others': 'Waits behind others',
  'host-failed': 'Its host failed',
  'card-failed': 'Its card failed',
};

/** `vcpus:12|cards-busy:48` of a run file or a stream as `12 hosts lack vCPUs, 48 have their cards taken`; other texts as they are. */
export function reasonText(reason: string): string {
  if (reason === '') return 'No reason given';
  const parts = reason.split('|').map((part) => /^([a-z-]+):(\d+)$/.exec(part));
  if (parts.some((part) => part === null)) return words[reason] ?? reason;
  return parts
    .map((part, index) => `${part![2]}${index === 0 ? ' hosts' : ''} ${words[part![1]!] ?? `: ${part![1]}`}`)
    .join(', ');
}
