/** What the authority said of rights that each request needs, kept for some seconds; a refusal is not kept. */
import type { Clock } from '../../../core/clock.ts';

/** Beyond these the oldest is asked for again. */
const mostKept = 10_000;

export class KeptGrants<Right> {
  readonly #clock: Pick<Clock, 'nowS'>;
  readonly #keptForS: number;
  /** Oldest first. */
  readonly #kept = new Map<string, { readonly grant: Promise<Right>; readonly atS: number }>();

  constructor(clock: Pick<Clock, 'nowS'>, keptForS: number) {
    this.#clock = clock;
    this.#keptForS = keptForS;
  }

  /** @param ask asks the authority; may throw */
  of(key: string, ask: () => Promise<Right>): Promise<Right> {
    const { nowS } = this.#clock;
    const kept = this.#kept.get(key);
    if (kept !== undefined && nowS - kept.atS < this.#keptForS) return kept.grant;
    const grant = ask();
    this.#kept.delete(key);
    if (this.#kept.size >= mostKept) this.#kept.delete(this.#kept.keys().next().value!);
    this.#kept.set(key, { grant, atS: nowS });
    grant.catch(() => this.#kept.delete(key));
    return grant;
  }
}
