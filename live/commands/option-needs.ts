/** What the options of the commands for a real cloud need to have an effect. */
import type { Called, OptionNeed } from '../../idle-options.ts';

const tokenNeeds: OptionNeed<Called> = {
  flags: ['--token-file'],
  idle: ({ options }) => (options.server === undefined ? 'without --server URL' : undefined),
};

/** By the command's words. */
export const optionNeeds: Readonly<Record<string, readonly OptionNeed<Called>[]>> = {
  'live agent': [
    { flags: ['--interval-s'], idle: ({ options }) => (options.once ? 'with --once' : undefined) },
    {
      flags: ['--registry', '--token-file'],
      idle: ({ options }) => (options.print ? 'with --print: nothing is sent' : undefined),
    },
  ],
  'live boot': [
    {
      flags: ['--ram-mib', '--disk-gib'],
      idle: ({ options }) => (options.flavor === undefined ? undefined : 'with --flavor, which says the size'),
      isRefused: true,
    },
    {
      flags: ['--no-wait', '--idempotency-key'],
      idle: ({ options }) => (options.dryRun ? 'with --dry-run: nothing is booted' : undefined),
    },
  ],
  'live servers': [
    { flags: ['--limit'], idle: ({ args: [id] }) => (id === undefined ? undefined : 'with the id of one server') },
  ],
  'live doctor': [tokenNeeds],
  'live record': [tokenNeeds],
  'live reconcile': [
    {
      flags: ['--review'],
      idle: ({ options: { json, accept, adopt, delete: deleted, drop } }) => {
        if (json) return 'with --json: nothing is asked';
        const isDecided = [accept, adopt, deleted, drop].some((ids) => ids !== undefined);
        return isDecided ? 'with decisions, which are taken' : undefined;
      },
    },
  ],
};
