/** Brings the cloud up before the tests and stops it after them, unless it was up already. Its data stays for the next run. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCloud, stateFolder } from './cloud.ts';

export default async function setup(): Promise<() => Promise<void>> {
  const wasUp = isUp();
  try {
    console.log(await runCloud('up'));
  } catch (error) {
    if (!wasUp) await runCloud('down');
    throw error;
  }
  return async () => {
    if (!wasUp) await runCloud('down');
  };
}

/** Whether the hosts of an earlier `up` still run: the pid file has their pid and its start time in clock ticks. */
function isUp(): boolean {
  const file = join(stateFolder, 'run/computes.pid');
  if (!existsSync(file)) return false;
  const [pid, startedAt] = readFileSync(file, 'utf8').trim().split(' ');
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return false;
  // Field 22 of proc(5); what precedes the last parenthesis is the pid and the name, which may hold blanks.
  return (
    readFileSync(stat, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19] === startedAt
  );
}
