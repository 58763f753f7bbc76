/** Brings the cloud up before the tests and stops it after them, unless it was up already. Its data stays for the next run. */
import { join } from 'node:path';
import { runCloud, stateFolder } from './cloud.ts';
import { holdPidFile, isRunning } from './pid-file.ts';

export default async function setup(): Promise<() => Promise<void>> {
  // Tests count what is on the cloud, and stop parts of it: two runs at once would see each other.
  const release = holdPidFile(`${stateFolder}.run`);
  const wasUp = isRunning(join(stateFolder, 'run/computes.pid'));
  const end = async () => {
    try {
      if (!wasUp) await runCloud('down');
    } finally {
      release();
    }
  };
  try {
    console.log(await runCloud('up'));
  } catch (error) {
    await end();
    throw error;
  }
  return end;
}
