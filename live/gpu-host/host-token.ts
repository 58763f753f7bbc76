/** The token with which a host reports: from a file or the environment, never from an argument, which every user of the host can see. */
import { readFileSync } from 'node:fs';
import { InputError } from '../../core/input-error.ts';

/** The environment variable that holds the token where no file does. */
export const tokenVariable = 'HEPS_AGENT_TOKEN';

/**
 * Rereads the token at every call, so that a replaced file takes effect.
 *
 * @throws InputError that says where, and never what the token is
 */
export function hostToken(file: string | undefined, environment: NodeJS.ProcessEnv): string {
  if (file === undefined && environment[tokenVariable] === undefined) {
    throw new InputError('token', `--token-file FILE or the environment variable ${tokenVariable}`, undefined);
  }
  const token = file === undefined ? environment[tokenVariable]! : readToken(file);
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw InputError.saying(`${file ?? tokenVariable}: expected a token, one line of printable ASCII without spaces`);
  }
  return token;
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new InputError(file, 'a file with the token', (error as NodeJS.ErrnoException).code);
  }
}
