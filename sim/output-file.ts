/** A file that appears under its name only when it is complete. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../core/input-error.ts';

const bufferLength = 1 << 16;

/** Text goes to `<path>.part`; `finish` renames it, `discard` removes it. */
export class OutputFile {
  readonly #path: string;
  readonly #descriptor: number;
  #buffer = '';
  #isOpen = true;

  /** @throws InputError when the file cannot be made there */
  constructor(path: string) {
    this.#path = path;
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#descriptor = openSync(`${path}.part`, 'w');
    } catch (error) {
      throw new InputError(path, 'a place that can be written', (error as NodeJS.ErrnoException).code);
    }
  }

  write(text: string): void {
    this.#buffer += text;
    if (this.#buffer.length >= bufferLength) this.#flush();
  }

  finish(): void {
    this.#flush();
    fsyncSync(this.#descriptor);
    this.#close();
    renameSync(`${this.#path}.part`, this.#path);
  }

  discard(): void {
    this.#close();
    rmSync(`${this.#path}.part`, { force: true });
  }

  #close(): void {
    if (this.#isOpen) closeSync(this.#descriptor);
    this.#isOpen = false;
  }

  #flush(): void {
    writeSync(this.#descriptor, this.#buffer);
    this.#buffer = '';
  }
}
