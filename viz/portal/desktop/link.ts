/** The connection to a desktop: it reconnects on its own, with a new ticket each time. */
import { defer, merge, NEVER, Subscription, take, throwError, timeout, timer } from 'rxjs';
import type { DesktopRole } from '../../../core/wire/portal.ts';
import { readerReturns$ } from '../../page/reader-returns.ts';
import { Problem, sentenceOf } from '../load/api.ts';
import { type Ending, endingOfClose, endingOfRefusal, mostTries, pauseBeforeS } from './ending.ts';
import type { PictureSettings } from './picture-settings.ts';
import { Screen } from './screen.ts';
import type { Silence } from './silence-watch.ts';
import { StreamSocket } from './stream-socket.ts';
import { NoTicket, subprotocols, type Ticket } from './ticket.ts';

export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly ticket: Ticket; readonly sinceMs: number }
  /** The next try is at `nextTryMs`; null: when the person returns to the tab. */
  | { readonly kind: 'broken'; readonly sentence: string; readonly nextTryMs: number | null }
  | { readonly kind: 'over'; readonly sentence: string; readonly mayReturn: boolean };

export interface LinkOptions {
  readonly target: HTMLElement;
  readonly ticket: () => Promise<Ticket>;
  readonly settings: PictureSettings;
  readonly onState: (state: LinkState) => void;
  readonly onClipboard: (text: string) => void;
  /** The desktop says that it has a text, which was asked for. */
  readonly onTextAsked: () => void;
  /** The picture stands still since nothing comes from the desktop, or no longer does. */
  readonly onStall: (isStalled: boolean) => void;
}

/** Seconds after which an attempt that came to nothing is given up. */
const patienceS = 15;
const noAnswer = new Problem(0, 'The portal is not answering.');
/** Seconds that a connection must last for the pauses to start over. */
const steadyS = 10;

export class Link {
  readonly #options: LinkOptions;
  #settings: PictureSettings;
  #state: LinkState = { kind: 'connecting' };
  #socket: StreamSocket | null = null;
  #screen: Screen | null = null;
  #still: HTMLCanvasElement | null = null;
  #tries = 0;
  #breaks = 0;
  /** What comes next unless something comes between: the ticket, the end of patience, the next try. */
  #next = Subscription.EMPTY;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#settings = options.settings;
    document.addEventListener('visibilitychange', () => this.#notice());
    this.connect();
  }

  get state(): LinkState {
    return this.#state;
  }

  /** Of the present connection; null while there is none. */
  get screen(): Screen | null {
    return this.#state.kind === 'connected' ? this.#screen : null;
  }

  get socket(): StreamSocket | null {
    return this.#state.kind === 'connected' ? this.#socket : null;
  }

  /** How often the connection was lost. */
  get breaks(): number {
    return this.#breaks;
  }

  set settings(settings: PictureSettings) {
    this.#settings = settings;
    this.#screen?.show(settings);
  }

  /** Now, whatever was planned. */
  connect(): void {
    this.#next.unsubscribe();
    this.#set({ kind: 'connecting' });
    this.#next = defer(this.#options.ticket)
      .pipe(timeout({ each: patienceS * 1000, with: () => throwError(() => noAnswer) }))
      .subscribe({
        next: (ticket) => this.#open(ticket),
        error: (error) => this.#end(endingOfError(error)),
      });
  }

  #open(ticket: Ticket): void {
    const socket = new StreamSocket(ticket.streamUrl, subprotocols(ticket), {
      onClose: (code, reason) => {
        if (socket === this.#socket) this.#end(endingOfClose(code, reason));
      },
      onTextAsked: this.#options.onTextAsked,
      onNote: ({ role }) => {
        if (socket === this.#socket) this.#takeRole(role);
      },
      onSilence: (silence) => {
        if (socket === this.#socket) this.#hearNothing(silence);
      },
    });
    this.#socket = socket;
    this.#screen = new Screen(this.#options.target, socket.socket, ticket.role, this.#settings, {
      onConnect: () => this.#connected(ticket),
      onRefused: (sentence) => this.#end({ kind: 'over', sentence, mayReturn: true }),
      onClipboard: this.#options.onClipboard,
      onPicture: () => socket.pictureShown(),
    });
    this.#next = timer(patienceS * 1000).subscribe(() =>
      this.#end({ kind: 'retry', sentence: 'The desktop is not answering yet.' }),
    );
  }

  /** Ends it: the person goes. */
  leave(): void {
    this.#end({ kind: 'over', sentence: 'You have left. The desktop keeps running.', mayReturn: true });
  }

  #connected(ticket: Ticket): void {
    this.#next.unsubscribe();
    this.#still?.remove();
    this.#still = null;
    this.#set({ kind: 'connected', ticket, sinceMs: performance.now() });
    this.#notice();
    this.#screen?.rfb.focus({ preventScroll: true });
  }

  #end(ending: Ending): void {
    this.#next.unsubscribe();
    if (this.#state.kind === 'connected') {
      this.#breaks++;
      if (performance.now() - this.#state.sinceMs > steadyS * 1000) this.#tries = 0;
    }
    const isTried = ending.kind === 'retry' && this.#tries < mostTries;
    this.#takeDown(isTried);
    if (ending.kind === 'over') {
      this.#set(ending);
      return;
    }
    if (!isTried) {
      this.#set({ kind: 'over', sentence: `${ending.sentence} Tried ${mostTries} times.`, mayReturn: true });
      this.#tries = 0;
      return;
    }
    const pauseS = pauseBeforeS(this.#tries++);
    // While nobody looks, a try would take a ticket for nothing.
    const nextTryMs = document.hidden ? null : performance.now() + pauseS * 1000;
    this.#set({ kind: 'broken', sentence: ending.sentence, nextTryMs });
    this.#next = merge(nextTryMs === null ? NEVER : timer(pauseS * 1000), readerReturns$)
      .pipe(take(1))
      .subscribe(() => this.connect());
  }

  /** The owner has given or taken back control. */
  #takeRole(role: DesktopRole): void {
    if (this.#screen !== null) this.#screen.role = role;
    if (this.#state.kind !== 'connected') return;
    const { ticket, sinceMs } = this.#state;
    this.#set({ kind: 'connected', ticket: { ...ticket, role }, sinceMs });
  }

  #hearNothing(silence: Silence): void {
    if (this.#state.kind !== 'connected') return;
    this.#options.onStall(silence === 'stalled');
    if (silence === 'dead') this.#end({ kind: 'retry', sentence: 'Nothing came from the desktop any more.' });
  }

  /** The picture stays, as a still, only while it is tried again: where a right has ended, nothing of it may be read any more. */
  #takeDown(hasStill: boolean): void {
    const [socket, screen] = [this.#socket, this.#screen];
    this.#socket = this.#screen = null;
    const still = hasStill ? (screen?.still() ?? null) : null;
    screen?.rfb.disconnect();
    socket?.socket.close();
    if (hasStill && still === null) return;
    this.#still?.remove();
    this.#still = null;
    if (still === null) return;
    this.#still = still;
    this.#options.target.append(still);
  }

  /** A tab that nobody sees asks for no pictures, and one that is seen again does at once. */
  #notice(): void {
    if (document.hidden) this.socket?.pause();
    else this.socket?.resume();
  }

  #set(state: LinkState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

function endingOfError(error: unknown): Ending {
  if (error instanceof Problem) return endingOfRefusal(error.status, error.message);
  if (error instanceof NoTicket) return { kind: 'over', sentence: error.message, mayReturn: error.mayReturn };
  return { kind: 'over', sentence: sentenceOf(error), mayReturn: true };
}
