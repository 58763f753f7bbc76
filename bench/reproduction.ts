/** What one run of the FGD paper's experiment costs, as a user runs it: CPU time of the whole process, and its peak memory. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const policies = ['fgd', 'fgd/best-fit', 'gpu-packing', 'gpu-clustering', 'fgd/dot-product', 'fgd/random', 'hybrid'];
/** Odd, so that there is a median. */
const runs = 3;

/** Prints a line per policy. The data is in the folder that HEPS_BENCH_OPENB names; without it the sample is played, which says little. */
export function benchReproduction(data = process.env.HEPS_BENCH_OPENB): void {
  const command = fileURLToPath(new URL('../cli.js', import.meta.url));
  const usage = new URL('usage.js', import.meta.url).href;
  const folder = data === undefined ? [] : ['--data', data];
  for (const policy of policies) {
    const usages = Array.from({ length: runs }, (): { cpuUs: number; rssMb: number } => {
      const options = ['reproduce', 'fgd', ...folder, '--seeds', '42', '--policies', policy];
      const child = spawnSync(process.execPath, ['--import', usage, command, ...options], { encoding: 'utf8' });
      if (child.status !== 0) throw new Error(`heps reproduce ended with ${child.status}: ${child.stderr}`);
      return JSON.parse(child.stderr.trim().split('\n').at(-1)!);
    }).sort((a, b) => a.cpuUs - b.cpuUs);
    const seconds = usages.map(({ cpuUs }) => (cpuUs / 1e6).toFixed(2));
    const [middle, mostMb] = [(runs - 1) / 2, Math.max(...usages.map(({ rssMb }) => rssMb))];
    const on = data === undefined ? ' (on the sample; HEPS_BENCH_OPENB names the folder of the data)' : '';
    console.log(
      `reproduce fgd, ${policy}: ${seconds[middle]} s of CPU (${seconds[0]} to ${seconds.at(-1)}), ${mostMb.toFixed(0)} MB${on}`,
    );
  }
}
