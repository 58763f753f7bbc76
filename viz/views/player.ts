/** Play, pause, speed, scrub and step: moves the page's one clock. */
import { formatTime } from '../../core/runs/explanation.ts';
import { button, element } from '../page/element.ts';
import type { StateHolder } from '../page/state-holder.ts';

const speeds: readonly (readonly [number, string])[] = [
  [0, 'all in a minute'],
  [60, '1 min/s'],
  [600, '10 min/s'],
  [3600, '1 h/s'],
  [21_600, '6 h/s'],
  [86_400, '1 day/s'],
];

export class Player {
  readonly element: HTMLElement;
  readonly #holder: StateHolder;
  readonly #play: HTMLButtonElement;
  readonly #slider: HTMLInputElement;
  readonly #time: HTMLElement;
  readonly #speed: HTMLSelectElement;
  readonly #steps: HTMLElement;
  #beginS = 0;
  #endS = 1;
  #frame = 0;
  #lastMs = 0;

  /** @param onStep asked for the refusal before (−1) or the next one (1) */
  constructor(holder: StateHolder, onStep: (direction: 1 | -1) => void) {
    this.#holder = holder;
    this.#play = button('Play', 'Play or pause (space)', () => this.toggle(), '▶');
    this.#play.className = 'play';
    this.#slider = element('input', {
      type: 'range',
      min: 0,
      step: 'any',
      'aria-label': 'Moment of the run',
      oninput: () => holder.set({ atS: Number(this.#slider.value) }),
    });
    this.#time = element('output', { class: 'clock' });
    this.#speed = element('select', {
      'aria-label': 'Speed',
      title: 'Speed (+ and −)',
      onchange: () => holder.set({ speed: Number(this.#speed.value) }),
    });
    this.#speed.append(...speeds.map(([value, label]) => element('option', { value }, label)));
    this.#steps = element(
      'span',
      { class: 'steps' },
      button('Previous refusal', 'Previous refusal (p)', () => onStep(-1), '‹ refusal'),
      button('Next refusal', 'Next refusal (n)', () => onStep(1), 'refusal ›'),
    );
    this.element = element(
      'section',
      { class: 'player', 'aria-label': 'Clock' },
      this.#play,
      this.#time,
      this.#slider,
      this.#steps,
      this.#speed,
    );
  }

  /** What is played: from when to when, seconds, and whether it has refusals to step to. */
  setRun(beginS: number, endS: number, hasRefusals: boolean): void {
    this.#beginS = beginS;
    this.#endS = endS;
    this.#slider.min = String(beginS);
    this.#slider.max = String(endS);
    this.#steps.hidden = !hasRefusals;
  }

  update(atS: number, speed: number): void {
    this.#slider.value = String(atS);
    const text = formatTime(Math.round(atS));
    this.#time.textContent = text;
    this.#slider.setAttribute('aria-valuetext', text);
    this.#speed.value = String(speed);
  }

  get isPlaying(): boolean {
    return this.#frame !== 0;
  }

  toggle(): void {
    if (this.isPlaying) {
      this.pause();
      return;
    }
    if (this.#holder.state.atS >= this.#endS) this.#holder.set({ atS: this.#beginS });
    this.#lastMs = performance.now();
    this.#frame = requestAnimationFrame((nowMs) => this.#advance(nowMs));
    this.#showPlaying();
  }

  pause(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#showPlaying();
  }

  #showPlaying(): void {
    this.#play.textContent = this.isPlaying ? '⏸' : '▶';
    this.#play.setAttribute('aria-label', this.isPlaying ? 'Pause' : 'Play');
  }

  #advance(nowMs: number): void {
    const endS = this.#endS;
    const { atS, speed } = this.#holder.state;
    const perSecond = speed === 0 ? (endS - this.#beginS) / 60 : speed;
    const next = Math.min(endS, atS + (Math.max(0, nowMs - this.#lastMs) / 1000) * perSecond);
    this.#lastMs = nowMs;
    this.#holder.set({ atS: next });
    if (next >= endS) this.pause();
    else this.#frame = requestAnimationFrame((laterMs) => this.#advance(laterMs));
  }

  /** The next faster or slower speed. */
  stepSpeed(direction: 1 | -1): void {
    const place = speeds.findIndex(([value]) => value === this.#holder.state.speed);
    const next = speeds[Math.min(speeds.length - 1, Math.max(0, place + direction))]!;
    this.#holder.set({ speed: next[0] });
  }
}
