/** A file that appears under its name only when it is complete. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from '../../core/input-error.ts';

const bufferLength = 1 << 16;

/** What is written goes to `<path>.part`; `finish` renames it, `discard` removes it. */
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

  /** Bytes are written at once, and may be changed afterwards. */
  write(content: string | Uint8Array): void {
    if (typeof content === 'string') {
      this.#buffer += content;
      if (this.#buffer.length >= bufferLength) this.#flush();
    } else {
      this.#flush();
      for (let at = 0; at < content.length; ) at += writeSync(this.#descriptor, content, at);
    }
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
    if (this.#buffer === '') return;
    writeSync(this.#descriptor, this.#buffer);
    this.#buffer = '';
  }
}

/** A whole file at once. @throws InputError when it cannot be made there */
export function writeOutput(path: string, content: string | Uint8Array): void {
  const file = new OutputFile(path);
  file.write(content);
  file.finish();
}
