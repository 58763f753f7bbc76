/** `heps live host check|prepare`: what a host needs so that its cards can be given to guests (paper, section 3.4). */
import { type Command, Option } from 'commander';
import { describeChecks } from '../checks.ts';
import { writeFiles } from '../gpu-host/file-folder.ts';
import { hostTree } from '../gpu-host/host-tree.ts';
import { checkPassthrough, passthroughSteps } from '../gpu-host/passthrough.ts';
import { type BindBy, passthroughFiles } from '../gpu-host/passthrough-files.ts';
import { existingRoot } from '../gpu-host/root-folder.ts';
import { clientOf, type ServerArguments, withServer } from './server-options.ts';

export function addHost(live: Command): void {
  const host = live
    .command('host')
    .description('check GPU passthrough on this host and generate its files; forget hosts that are gone');
  const root = () =>
    new Option('--root <dir>', 'read a recorded or mounted tree with sys, proc, etc instead of this host').default('/');
  host
    .command('check')
    .description('check the five steps of GPU passthrough; exit code 1 when something is wrong')
    .addOption(root())
    .option('--json', 'print the checks as JSON')
    .action((options: { root: string; json?: boolean }) => {
      const tree = hostTree(existingRoot(options.root));
      const checks = checkPassthrough(tree);
      console.log(
        options.json
          ? JSON.stringify({ checks, warnings: tree.warnings }, null, 2)
          : [
              describeChecks(passthroughSteps, checks),
              ...[...new Set(tree.warnings)].map((warning) => `warning: ${warning}`),
            ].join('\n'),
      );
      if (checks.some(({ status }) => status === 'wrong')) process.exitCode = 1;
    });
  host
    .command('prepare')
    .description('print the files that passthrough needs on compute, API and scheduler machines')
    .addOption(root())
    .addOption(
      new Option('--bind-by <how>', 'every card of a kind, by modprobe.d, or each by its address, by driverctl')
        .choices(['ids', 'addresses'])
        .default('ids'),
    )
    .option('--write <dir>', 'write them below this folder, to review and copy')
    .action((options: { root: string; bindBy: BindBy; write?: string }) => {
      const { files, warnings } = passthroughFiles(existingRoot(options.root), options.bindBy);
      for (const warning of warnings) console.error(`heps live host: ${warning}`);
      if (files.length === 0) {
        console.log('no NVIDIA card on this host: nothing to prepare');
      } else if (options.write === undefined) {
        console.log(files.map(({ path, text }) => `==> ${path} <==\n${text}`).join('\n'));
      } else {
        for (const { path, change } of writeFiles(options.write, files))
          console.log(`${change}: ${options.write}/${path}`);
      }
    });
  withServer(host.command('forget').description('remove the record of a host that does not report any more'))
    .argument('<name>', 'as heps live agent reports it')
    .addHelpText('after', '\nExample:\n  heps live host forget gpu-07 --token-file scheduler.token')
    .action(async (name: string, options: ServerArguments) => {
      await clientOf(options).ask('DELETE', `/v1/srm/${encodeURIComponent(name)}`, [204]);
      console.log(`${name} is forgotten; should it report again, that is its first report`);
    });
}
