/** Options in messages: runs name them as the command line does, functions as their fields. */
import { InputError } from '../../core/input-error.ts';

/** Turns `--warm-up` in the message of an InputError into `warmUp`. */
export async function inOptionNames<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const camelCase = (_: string, name: string): string =>
      name.replace(/-([a-z])/g, (__, letter) => letter.toUpperCase());
    throw InputError.saying(error.message.replace(/--([a-z]+(?:-[a-z]+)*)/g, camelCase));
  }
}
