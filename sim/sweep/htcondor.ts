/** A sweep as a submit file of HTCondor: one job a slice. */
import { hepsCommand } from './slices.ts';

/**
 * The submit description, to be submitted from the sweep's folder, which the execute nodes share.
 *
 * @param slices numbers of those to run
 * @param count of all slices
 * @param retries how many times a job that failed or was killed is run again
 * @param command Node and the command
 */
export function submitDescription(
  slices: readonly number[],
  count: number,
  retries: number,
  [node, cli] = hepsCommand(),
): string {
  const args = [quotedArgument(cli), 'sweep', 'sweep.json', '--slice', `$(slice)/${count}`, '--threads', '1'].join(' ');
  return [
    '# Runs the slices of sweep.json. From the folder of sweep.json: condor_submit htcondor/sweep.sub',
    'universe = vanilla',
    `executable = ${macroFree(node)}`,
    'transfer_executable = False',
    `arguments = "${args}"`,
    'should_transfer_files = NO',
    'request_cpus = 1',
    'request_memory = 1GB',
    `max_retries = ${retries}`,
    'batch_name = heps-sweep',
    'log = htcondor/sweep.log',
    'output = htcondor/$(Cluster)_$(slice).out',
    'error = htcondor/$(Cluster)_$(slice).err',
    `queue slice in (${slices.join(' ')})`,
    '',
  ].join('\n');
}

/** A literal `$` is `$(DOLLAR)`. */
function macroFree(text: string): string {
  return text.replaceAll('$', '$(DOLLAR)');
}

/** One argument in HTCondor's new syntax: within double quotes; in single ones where it has white space or quotes. */
function quotedArgument(text: string): string {
  const doubled = macroFree(text).replaceAll('"', '""');
  return /[\s']/.test(text) ? `'${doubled.replaceAll("'", "''")}'` : doubled;
}
