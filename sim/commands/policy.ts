/** `heps policy list | new`. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../../core/input-error.ts';
import { policies } from '../../core/policies/index.ts';
import type { PolicyOption } from '../../core/policy-options.ts';
import { isThere } from '../../files/is-there.ts';
import { writeOutput } from '../../files/output-file.ts';
import { newPolicyText } from '../../policy-modules/new-policy.ts';

export function addPolicyCommands(program: Command): void {
  const policy = program.command('policy').description('list placement policies, and start one of your own');
  policy
    .command('list')
    .description('list the policies with their options')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExample:\n  heps policy list')
    .action((options: { json?: boolean }) => {
      if (options.json) {
        const listed = policies.map(({ name, summary, options: declared = {} }) => ({
          name,
          summary,
          options: declared,
        }));
        console.log(JSON.stringify(listed, null, 2));
        return;
      }
      for (const { name, summary, options: declared = {} } of policies) {
        console.log(`${name.padEnd(16)} ${summary}`);
        for (const [option, about] of Object.entries(declared))
          console.log(`${''.padEnd(18)} ${option}: ${valuesOf(about)}`);
      }
      console.log('\nA policy of your own: heps policy new mine.ts, then heps simulate --policy ./mine.ts');
    });
  policy
    .command('new')
    .description('write a starting point for a policy of your own, which runs as it is')
    .argument('<file>', 'TypeScript or JavaScript module to write (.ts, .mts, .js or .mjs)')
    .addHelpText('after', '\nExample:\n  heps policy new mine.ts\n  heps compare --policies hybrid,./mine.ts --days 3')
    .action((file: string) => {
      const [, name, ending] = /^(.+)\.(m?[tj]s)$/.exec(basename(file)) ?? [];
      if (name === undefined) throw new InputError('file', 'a name that ends in .ts, .mts, .js or .mjs', file);
      writeNew(file, newPolicyText(name, ending!.endsWith('ts')));
      const path = /[\\/]/.test(file) ? file : `./${file}`;
      console.log(`${file} is written. Try it:\n  heps compare --policies hybrid,${path} --days 3`);
    });
}

function valuesOf({ choices, default: usual, unit = '', help }: PolicyOption): string {
  const values =
    choices === undefined
      ? `${usual} ${unit}`.trim()
      : choices.map((choice) => (choice === usual ? `${choice} (default)` : choice)).join(', ');
  return `${values}; ${help}`;
}

/** @throws InputError when there is such a file already; OutputError when it does not fit */
function writeNew(file: string, text: string): void {
  if (isThere(file)) throw new InputError(file, 'a file that does not exist yet', 'EEXIST');
  writeOutput(file, text);
}
