/** Where a file's name leads in the end. */
import { readlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InputError } from '../core/input-error.ts';

/** Where links lead, also when nothing is there yet. @throws InputError where they lead in a circle */
export function linkTarget(path: string): string {
  let target = resolve(path);
  for (let links = 0; links < 40; links++) {
    try {
      target = resolve(dirname(target), readlinkSync(target));
    } catch (error) {
      if (['EINVAL', 'ENOENT', 'UNKNOWN'].includes((error as NodeJS.ErrnoException).code ?? '')) return target;
      throw error;
    }
  }
  throw new InputError(path, 'a link that leads somewhere', 'a circle of links');
}
