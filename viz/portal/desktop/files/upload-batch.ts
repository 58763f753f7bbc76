/** Files that go up together: some at a time, each on its own after a cut, and on with what is there after a reload of the page. */
import { DetailedError, Upload } from 'tus-js-client';
import type { PickedFile } from './dropped-files.ts';
import { type OpenFiles, sentenceIn } from './files-link.ts';

/** How far a batch is. */
export interface BatchState {
  readonly kind: 'running' | 'done' | 'failed' | 'cancelled';
  readonly files: number;
  readonly filesDone: number;
  readonly bytes: number;
  readonly bytesDone: number;
  /** Of the last seconds; null while that cannot be told. */
  readonly bytesPerS: number | null;
  /** What went wrong first, in a sentence; null where nothing did. */
  readonly problem: string | null;
}

const mostAtOnce = 3;
/** A request must end within the gateway's limit for one, five minutes, over slow lines too. */
const chunkBytes = 64 * 1024 * 1024;
/** Milliseconds before each try; then it is for the person to try again. */
const retryDelays = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000, 60_000];

export class UploadBatch {
  #open: OpenFiles;
  readonly #folder: string;
  readonly #onChange: (state: BatchState) => void;
  readonly #sizes: number;
  #waiting: PickedFile[];
  readonly #failed: PickedFile[] = [];
  readonly #running = new Map<Upload, number>();
  readonly #files: number;
  #filesDone = 0;
  #bytesDone = 0;
  #problem: string | null = null;
  #isCancelled = false;
  /** Moments with how much had been moved by then. */
  #marks: { readonly atMs: number; readonly bytes: number }[] = [];

  /** Begins at once. @param folder on the machine */
  constructor(open: OpenFiles, folder: string, files: readonly PickedFile[], onChange: (state: BatchState) => void) {
    this.#open = open;
    this.#folder = folder;
    this.#onChange = onChange;
    this.#waiting = [...files];
    this.#files = files.length;
    this.#sizes = files.reduce((sum, { file }) => sum + file.size, 0);
    this.#next();
  }

  /** Those that failed. @param open the right as it is now: after a new login the one before is over */
  tryAgain(open: OpenFiles): void {
    this.#open = open;
    this.#waiting.push(...this.#failed.splice(0));
    this.#problem = null;
    this.#next();
  }

  /** What has not arrived whole is removed from the machine. */
  cancel(): void {
    this.#isCancelled = true;
    this.#waiting = [];
    for (const upload of this.#running.keys()) void upload.abort(true).catch(() => undefined);
    this.#running.clear();
    this.#tell();
  }

  #next(): void {
    while (this.#running.size < mostAtOnce && this.#waiting.length > 0) this.#start(this.#waiting.shift()!);
    this.#tell();
  }

  #start(picked: PickedFile): void {
    const { file, name } = picked;
    const { url, session } = this.#open;
    const { mostBytes } = session.policy;
    if (file.size > mostBytes) {
      this.#fail(picked, `${name} is larger than this station takes.`);
      return;
    }
    const upload = new Upload(file, {
      endpoint: `${url}/tus`,
      headers: { Authorization: `Bearer ${session.secret}` },
      metadata: { folder: this.#folder, name },
      chunkSize: chunkBytes,
      retryDelays,
      removeFingerprintOnSuccess: true,
      fingerprint: async () =>
        ['heps', url, this.#folder, name, String(file.size), String(file.lastModified)].join(' '),
      onProgress: (sent) => {
        this.#running.set(upload, sent);
        this.#tell();
      },
      onSuccess: () => {
        this.#running.delete(upload);
        this.#filesDone++;
        this.#bytesDone += file.size;
        this.#next();
      },
      onError: (error) => {
        this.#running.delete(upload);
        this.#fail(picked, sentenceOf(error));
        this.#next();
      },
    });
    this.#running.set(upload, 0);
    upload
      .findPreviousUploads()
      .then(([last]) => {
        if (last !== undefined) upload.resumeFromPreviousUpload(last);
        if (!this.#isCancelled) upload.start();
      })
      .catch((error: unknown) => {
        this.#running.delete(upload);
        this.#fail(picked, String(error));
        this.#next();
      });
  }

  #fail(picked: PickedFile, sentence: string): void {
    if (this.#isCancelled) return;
    this.#failed.push(picked);
    this.#problem ??= sentence;
  }

  #tell(): void {
    const moving = [...this.#running.values()].reduce((sum, bytes) => sum + bytes, 0);
    const bytesDone = this.#bytesDone + moving;
    const isOver = this.#running.size === 0 && this.#waiting.length === 0;
    const ended = this.#isCancelled ? 'cancelled' : this.#failed.length > 0 ? 'failed' : 'done';
    this.#onChange({
      kind: isOver ? ended : 'running',
      files: this.#files,
      filesDone: this.#filesDone,
      bytes: this.#sizes,
      bytesDone,
      bytesPerS: this.#speed(bytesDone),
      problem: this.#problem,
    });
  }

  #speed(bytes: number): number | null {
    const atMs = performance.now();
    this.#marks = [...this.#marks.filter((mark) => atMs - mark.atMs < 5000), { atMs, bytes }];
    const first = this.#marks[0]!;
    return atMs - first.atMs < 500 ? null : Math.max(0, ((bytes - first.bytes) / (atMs - first.atMs)) * 1000);
  }
}

function sentenceOf(error: Error): string {
  const told = error instanceof DetailedError ? sentenceIn(error.originalResponse?.getBody() ?? '') : null;
  return told ?? 'The line to the gateway is gone. What has arrived is kept: try again when it is back.';
}
