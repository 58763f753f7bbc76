/** Files that hold "<pid> <start time>" of a process, as `cloud/lib/env.sh` writes them: the start time tells a stranger with the same pid. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

/** Whether that very process still runs. */
export function isRunning(pidFile: string): boolean {
  if (!existsSync(pidFile)) return false;
  const [pid, startedAt] = readFileSync(pidFile, 'utf8').trim().split(' ');
  return startedAt !== undefined && startTime(pid!) === startedAt;
}

/** Writes the file for this process, unless another one that still runs has; gives what takes it away again. */
export function holdPidFile(pidFile: string): () => void {
  if (isRunning(pidFile)) throw new Error(`another run uses the cloud: ${pidFile} names it; or choose OPENSTACK_STATE`);
  rmSync(pidFile, { force: true });
  // Fails where another run came between.
  writeFileSync(pidFile, `${process.pid} ${startTime(String(process.pid))}\n`, { flag: 'wx' });
  return () => rmSync(pidFile);
}

/** In clock ticks since the machine started; null when there is no such process. */
function startTime(pid: string): string | null {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return null;
  // Field 22 of proc(5); what precedes the last parenthesis is the pid and the name, which may hold blanks.
  const fields = readFileSync(stat, 'utf8').replace(/^.*\) /s, '');
  return fields.split(' ')[19] ?? null;
}
