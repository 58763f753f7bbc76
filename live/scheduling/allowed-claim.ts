/** A claim on a host that Placement allows. It is asked outside of the queue of claims, so that nobody waits for an answer but who needs it. */
import type { VmRequest } from '../../core/request.ts';
import type { Claim, ClaimBook } from './claim-book.ts';
import type { PlacementRules } from './placement-rules.ts';
import type { ServerRequest } from './server-request.ts';

/**
 * Decides, asks Placement about the host, and claims it; again while another host is best by then. Before there is none, what has changed is
 * read once more.
 *
 * @param tried hosts that must not be used any more
 * @param lookAgain reads what has changed of the cloud
 * @param write as of `ClaimBook.claim`
 */
export async function claimAllowed(
  book: Pick<ClaimBook, 'claim'>,
  rules: PlacementRules,
  request: VmRequest,
  tried: ReadonlySet<string>,
  lookAgain: () => Promise<void>,
  write: (claim: Claim) => Promise<ServerRequest>,
): Promise<ServerRequest> {
  let hasLooked = false;
  for (;;) {
    const excluded = new Map([...rules.excluded, ...Array.from(tried, (host) => [host, 'excluded'] as const)]);
    try {
      return await book.claim(request, excluded, async (claim) => {
        if (claim.on === null && !hasLooked) throw new NotYet(null);
        if (claim.on !== null && !rules.allows(claim.on.host)) throw new NotYet(claim.on.host);
        return await write(claim);
      });
    } catch (error) {
      if (!(error instanceof NotYet)) throw error;
      if (error.host !== null) {
        await rules.ask(error.host);
        continue;
      }
      hasLooked = true;
      await Promise.all([lookAgain(), rules.askAgain()]);
    }
  }
}

/** Nothing is claimed before something was asked: about that host, or, without one, about all that has changed. */
class NotYet extends Error {
  override readonly name = 'NotYet';
  readonly host: string | null;

  constructor(host: string | null) {
    super(host === null ? 'what has changed is not read yet' : `${host} is not asked about yet`);
    this.host = host;
  }
}
