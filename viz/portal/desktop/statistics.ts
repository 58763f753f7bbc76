/** How the connection does, once a second while one wants to know. */
import { interval, Subscription, startWith } from 'rxjs';
import { element } from '../../page/element.ts';
import { formatSpan, round } from '../../page/quantity-words.ts';
import type { Link } from './link.ts';

interface Sample {
  readonly atMs: number;
  readonly frames: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** Seconds that rates are taken over. */
const windowS = 3;

export class Statistics {
  readonly root = element('div', {});
  readonly #link: Link;
  #samples: Sample[] = [];
  #showing = Subscription.EMPTY;

  constructor(link: Link) {
    this.#link = link;
  }

  start(): void {
    this.#samples = [];
    this.#showing = interval(1000)
      .pipe(startWith(0))
      .subscribe(() => this.#show());
  }

  stop(): void {
    this.#showing.unsubscribe();
  }

  #show(): void {
    const { screen, socket, state, breaks } = this.#link;
    if (screen === null || socket === null || state.kind !== 'connected') {
      this.root.replaceChildren(element('p', { class: 'muted' }, 'Not connected.'));
      this.#samples = [];
      return;
    }
    const { bytesIn, bytesOut, answersMs, questions } = socket.counts;
    // A pixel that was asked for only to hear something is drawn as well.
    const frames = Math.max(0, screen.frames - questions);
    const now: Sample = { atMs: performance.now(), frames, bytesIn, bytesOut };
    this.#samples = [...this.#samples, now].slice(-windowS - 1);
    const first = this.#samples[0]!;
    const spanS = Math.max((now.atMs - first.atMs) / 1000, 0.001);
    const rate = (of: 'frames' | 'bytesIn' | 'bytesOut'): number | null =>
      this.#samples.length < 2 ? null : Math.max(0, now[of] - first[of]) / spanS;
    const canvas = screen.canvas;
    const rows: [string, string][] = [
      ['Frames', perSecond(rate('frames'), (value) => round(value, value < 10 ? 1 : 0))],
      [
        'Response to keys and clicks',
        answersMs.length === 0 ? 'press a key to see it' : `${round(median(answersMs), 0)} ms`,
      ],
      ['Receiving', perSecond(rate('bytesIn'), formatBytes)],
      ['Sending', perSecond(rate('bytesOut'), formatBytes)],
      ['Resolution', canvas === null ? '–' : `${canvas.width} × ${canvas.height}`],
      ['Connected for', formatSpan((now.atMs - state.sinceMs) / 1000)],
      ['Reconnected', breaks === 0 ? 'never' : `${breaks} ×`],
    ];
    this.root.replaceChildren(
      element(
        'dl',
        { class: 'rows' },
        ...rows.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
      ),
      element(
        'p',
        { class: 'hint' },
        'Response: from a key press or click to the first picture that can show what came of it, median of the last 20. Frames arrive only when something changes.',
      ),
    );
  }
}

function perSecond(value: number | null, format: (value: number) => string): string {
  return value === null ? '…' : `${format(value)}/s`;
}

/** `820 kB`, `3.2 MB`: powers of ten, as networks are measured. */
function formatBytes(bytes: number): string {
  if (bytes >= 1e6) return `${round(bytes / 1e6, 1)} MB`;
  return `${round(bytes / 1e3, bytes < 1e4 ? 1 : 0)} kB`;
}

/** @param values at least one */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)]!;
}
