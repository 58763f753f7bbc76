/** What one connection needs: where the stream is, the token for it, and what the person may do. */
import { type ClipboardPolicy, type DesktopRole, type FilePolicy, notesProtocol } from '../../../core/wire/portal.ts';
import { Problem, portalApi } from '../load/api.ts';
import type { WayIn } from './way-in.ts';

export interface Ticket {
  readonly streamUrl: string;
  /** Null where a cookie says who it is. */
  readonly token: string | null;
  readonly title: string;
  /** Null where this page was not told; the gateway knows it and enforces it. */
  readonly role: DesktopRole | null;
  readonly clipboard: ClipboardPolicy | null;
  /** Null: no files are moved. */
  readonly files: FilePolicy | null;
}

/** There is no ticket, and asking again without the person would not help. */
export class NoTicket extends Error {
  override readonly name = 'NoTicket';
  /** Whether the person may try again. */
  readonly mayReturn: boolean;

  constructor(sentence: string, mayReturn: boolean) {
    super(sentence);
    this.mayReturn = mayReturn;
  }
}

/** Gives a ticket for each connection. @returns a function that throws Problem or NoTicket */
export function ticketsFor(way: WayIn): () => Promise<Ticket> {
  if (way.kind === 'portal') return () => ticketOfPortal(way.desktopId, way.of);
  let isUsed = false;
  return async () => {
    if (isUsed) {
      throw new NoTicket('This link works only once. Open the desktop from the portal again; it keeps running.', false);
    }
    isUsed = true;
    const token = way.kind === 'token' ? way.token : null;
    return { streamUrl: ownStreamUrl(), token, title: 'Desktop', role: null, clipboard: null, files: null };
  };
}

async function ticketOfPortal(desktopId: string, of: 'desktop' | 'console'): Promise<Ticket> {
  try {
    const view = await (of === 'desktop' ? portalApi.connect(desktopId) : portalApi.console(desktopId));
    const { streamUrl, token, title, role, clipboard, files = null } = view;
    return { streamUrl: checkedStreamUrl(streamUrl), token, title, role, clipboard, files };
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 409) throw error;
    if (of === 'console') throw new NoTicket(error.message, true);
    await refuseIfOver(desktopId);
    throw error;
  }
}

/** A desktop that does not run now may be on its way up again, or over. @throws NoTicket for one that is over, Problem */
async function refuseIfOver(desktopId: string): Promise<void> {
  const { state, reason } = await portalApi.desktop(desktopId);
  if (state === 'deleting' || state === 'deleted') throw new NoTicket('This desktop has been deleted.', false);
  if (state === 'failed') throw new NoTicket(reason ?? 'This desktop has failed.', false);
  if (state === 'stopped') throw new NoTicket('This desktop is stopped. Start it in the portal.', true);
}

/** WebSocket subprotocols of a connection. */
export function subprotocols({ token }: Ticket): string[] {
  return ['binary', notesProtocol, ...(token === null ? [] : [`token.${token}`])];
}

/** Unencrypted only where this page is, too. */
function checkedStreamUrl(address: string): string {
  const url = new URL(address);
  const isGood = url.protocol === 'wss:' || (url.protocol === 'ws:' && location.protocol === 'http:');
  if (!isGood)
    throw new NoTicket(
      'The portal gave an address for the stream that is not safe to open. Please tell the staff.',
      false,
    );
  return url.href;
}

function ownStreamUrl(): string {
  const url = new URL('/stream', location.origin);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
