/** How far the database has come, in itself and in the cloud: rises with what is done, and shows a database that is an older copy. */
import type { EpochMark } from './epoch-mark.ts';
import type { Review } from './review.ts';
import type { ReviewStore } from './review-store.ts';

export interface EpochParts {
  readonly reviews: Pick<ReviewStore, 'readInstallation' | 'raiseEpoch'>;
  readonly mark: Pick<EpochMark, 'read' | 'write'>;
  readonly review: Pick<Review, 'begin' | 'isOpen'>;
  /** Rises whenever a request has changed. */
  readonly changes: () => number;
  readonly log: (level: 'warn', fields: object, text: string) => void;
}

export class Epoch {
  readonly #parts: EpochParts;
  /** The database's, when it was last read or raised; null before. */
  #now: number | null = null;
  #changesThen = 0;

  constructor(parts: EpochParts) {
    this.#parts = parts;
  }

  /** Begins a review where the database has come less far than the cloud had seen when this process began, or than this process has. */
  async compare(): Promise<void> {
    const { reviews, mark, review } = this.#parts;
    const { epoch } = await reviews.readInstallation();
    const seen = this.#now ?? (await mark.read());
    if (epoch < seen) review.begin(`its epoch is ${epoch}, and was ${seen} before`, seen);
    this.#now = Math.max(seen, epoch);
  }

  /** Writes how far the database has come to the cloud too, where something was done since. What fails is logged, and tried again. */
  async raise(): Promise<void> {
    const { reviews, mark, review, log } = this.#parts;
    const changes = this.#parts.changes();
    if (review.isOpen || changes === this.#changesThen) return;
    try {
      const next = Math.max(this.#now ?? 0, (await reviews.readInstallation()).epoch) + 1;
      await reviews.raiseEpoch(next);
      await mark.write(next);
      this.#now = next;
      this.#changesThen = changes;
    } catch (error) {
      log('warn', { err: error }, 'how far the database has come could not be written to the cloud');
    }
  }
}
