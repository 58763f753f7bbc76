/** Whether a server holds just what the cloud has: read again for a while, since neither can be read in one moment. */
import type { Clock } from '../../core/clock.ts';
import { openNova, openPlacement, type Session } from '../openstack/index.ts';
import type { Client } from '../scheduling/client.ts';
import { readCloudTruth } from './cloud-truth.ts';
import { compareWithCloud, type Verification } from './differences.ts';
import { readServerView } from './server-view.ts';

/** Seconds between two looks. */
const againAfterS = 1;

/**
 * Compares until there is no difference, or the time is over. A difference counts only if it was there at the look before too.
 *
 * @param withinS seconds within which the server must have followed the cloud
 * @throws InputError, OpenStackError, NoAnswerError
 */
export async function verify(
  client: Pick<Client, 'ask'>,
  session: Session,
  withinS: number,
  clock: Clock,
): Promise<Verification> {
  const nova = await openNova(session);
  const placement = await openPlacement(session);
  const endS = clock.nowS + withinS;
  let before: Verification | null = null;
  for (;;) {
    const truth = await readCloudTruth(nova, placement);
    const now = compareWithCloud(await readServerView(client), truth);
    const known = new Set(before?.differences.map((difference) => JSON.stringify(difference)));
    const lasting = now.differences.filter((difference) => known.has(JSON.stringify(difference)));
    if (now.differences.length === 0 || (before !== null && (lasting.length === 0 || clock.nowS >= endS))) {
      return { ...now, differences: lasting };
    }
    before = now;
    await new Promise<void>((resolve) => void clock.after(againAfterS, resolve));
  }
}
