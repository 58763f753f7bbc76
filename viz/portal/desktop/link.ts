/** The connection to a desktop, from the first to the last: it comes back by itself, with a new ticket each time. */
import { Problem } from '../load/api.ts';
import { type Ending, endingOfClose, endingOfRefusal, mostTries, pauseBeforeS } from './ending.ts';
import type { PictureSettings } from './picture-settings.ts';
import { Screen } from './screen.ts';
import { StreamSocket } from './stream-socket.ts';
import { NoTicket, subprotocols, type Ticket } from './ticket.ts';

export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly ticket: Ticket; readonly sinceMs: number }
  /** It is tried again at `nextTryMs`; null: when the tab is looked at again. */
  | { readonly kind: 'broken'; readonly sentence: string; readonly nextTryMs: number | null }
  | { readonly kind: 'over'; readonly sentence: string; readonly mayReturn: boolean };

export interface LinkOptions {
  readonly target: HTMLElement;
  readonly ticket: () => Promise<Ticket>;
  readonly settings: PictureSettings;
  readonly onState: (state: LinkState) => void;
  readonly onClipboard: (text: string) => void;
}

/** Seconds after which an attempt that came to nothing is given up. */
const patienceS = 15;
/** A connection that lasted as long lets the pauses begin anew, seconds. */
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
  #timer = 0;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#settings = options.settings;
    document.addEventListener('visibilitychange', () => this.#notice());
    addEventListener('online', () => this.#retryNow());
    void this.connect();
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

  /** How often the connection broke and was made again. */
  get breaks(): number {
    return this.#breaks;
  }

  set settings(settings: PictureSettings) {
    this.#settings = settings;
    this.#screen?.show(settings);
  }

  /** Now, whatever was planned. */
  async connect(): Promise<void> {
    clearTimeout(this.#timer);
    this.#set({ kind: 'connecting' });
    let ticket: Ticket;
    try {
      ticket = await this.#options.ticket();
    } catch (error) {
      this.#end(endingOfError(error));
      return;
    }
    const socket = new StreamSocket(ticket.streamUrl, subprotocols(ticket), (code, reason) => {
      if (socket === this.#socket) this.#end(endingOfClose(code, reason));
    });
    this.#socket = socket;
    this.#screen = new Screen(this.#options.target, socket.socket, ticket.role === 'view', this.#settings, {
      onConnect: () => this.#connected(ticket),
      onRefused: (sentence) => this.#end({ kind: 'over', sentence, mayReturn: true }),
      onClipboard: this.#options.onClipboard,
    });
    this.#timer = window.setTimeout(
      () => this.#end({ kind: 'retry', sentence: 'The desktop is not answering yet.' }),
      patienceS * 1000,
    );
  }

  /** Ends it: the person goes. */
  leave(): void {
    this.#end({ kind: 'over', sentence: 'You have left. The desktop keeps running.', mayReturn: true });
  }

  #connected(ticket: Ticket): void {
    clearTimeout(this.#timer);
    this.#still?.remove();
    this.#still = null;
    this.#set({ kind: 'connected', ticket, sinceMs: performance.now() });
    this.#notice();
    this.#screen?.rfb.focus({ preventScroll: true });
  }

  #end(ending: Ending): void {
    clearTimeout(this.#timer);
    if (this.#state.kind === 'connected') {
      this.#breaks++;
      if (performance.now() - this.#state.sinceMs > steadyS * 1000) this.#tries = 0;
    }
    this.#takeDown();
    if (ending.kind === 'over') {
      this.#set(ending);
      return;
    }
    if (this.#tries >= mostTries) {
      this.#set({ kind: 'over', sentence: `${ending.sentence} Tried ${mostTries} times.`, mayReturn: true });
      this.#tries = 0;
      return;
    }
    const pauseS = pauseBeforeS(this.#tries++);
    // Nobody looks: it would take a ticket for nothing.
    if (document.hidden) {
      this.#set({ kind: 'broken', sentence: ending.sentence, nextTryMs: null });
      return;
    }
    this.#set({ kind: 'broken', sentence: ending.sentence, nextTryMs: performance.now() + pauseS * 1000 });
    this.#timer = window.setTimeout(() => void this.connect(), pauseS * 1000);
  }

  /** The picture stays, as a still. */
  #takeDown(): void {
    const [socket, screen] = [this.#socket, this.#screen];
    this.#socket = this.#screen = null;
    const still = screen?.still() ?? null;
    screen?.rfb.disconnect();
    socket?.socket.close();
    if (still === null) return;
    this.#still?.remove();
    this.#still = still;
    this.#options.target.append(still);
  }

  /** A tab that nobody sees asks for no pictures, and one that is seen again does at once. */
  #notice(): void {
    if (!document.hidden) {
      this.socket?.resume();
      this.#retryNow();
    } else this.socket?.pause();
  }

  #retryNow(): void {
    if (this.#state.kind === 'broken') void this.connect();
  }

  #set(state: LinkState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

function endingOfError(error: unknown): Ending {
  if (error instanceof Problem) return endingOfRefusal(error.status, error.message);
  const sentence = error instanceof Error ? error.message : String(error);
  return { kind: 'over', sentence, mayReturn: !(error instanceof NoTicket) || error.mayReturn };
}
