/** What one connection needs: where the stream is, the token for it, and what the person may do. */
import type { ClipboardPolicy, DesktopRole } from '../../../core/portal.ts';
import { portalApi } from '../api.ts';
import type { WayIn } from './way-in.ts';

export interface Ticket {
  readonly streamUrl: string;
  /** Null where a cookie says who it is. */
  readonly token: string | null;
  readonly title: string;
  /** Null where this page was not told; the gateway knows it and enforces it. */
  readonly role: DesktopRole | null;
  readonly clipboard: ClipboardPolicy | null;
}

/** Thrown for a way in that is used up: only the portal can give another token. */
export class UsedUp extends Error {
  override readonly name = 'UsedUp';
}

/** Gives a ticket for each connection. @returns a function that throws Problem or UsedUp */
export function ticketsFor(way: WayIn): () => Promise<Ticket> {
  if (way.kind === 'portal') {
    return async () => {
      const mint = way.of === 'desktop' ? portalApi.connect : portalApi.console;
      const { streamUrl, token, title, role, clipboard } = await mint(way.desktopId);
      return { streamUrl: checkedStreamUrl(streamUrl), token, title, role, clipboard };
    };
  }
  let isUsed = false;
  return async () => {
    if (isUsed)
      throw new UsedUp('This connection could be used once. Open the desktop from the portal again; it keeps running.');
    isUsed = true;
    const token = way.kind === 'token' ? way.token : null;
    return { streamUrl: ownStreamUrl(), token, title: 'Desktop', role: null, clipboard: null };
  };
}

/** WebSocket subprotocols of a connection. */
export function subprotocols({ token }: Ticket): string[] {
  return token === null ? ['binary'] : ['binary', `token.${token}`];
}

/** Unencrypted only where this page is, too. */
function checkedStreamUrl(address: string): string {
  const url = new URL(address);
  const isGood = url.protocol === 'wss:' || (url.protocol === 'ws:' && location.protocol === 'http:');
  if (!isGood) throw new RangeError(`the stream's address must begin with wss, got ${url.protocol}`);
  return url.href;
}

function ownStreamUrl(): string {
  const url = new URL('/stream', location.origin);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
