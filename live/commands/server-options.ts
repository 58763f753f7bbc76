/** Options of the commands that speak with a running server: where it is, and the token. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { InputError } from '../../core/input-error.ts';
import { Client } from '../scheduling/client.ts';

export interface ServerArguments {
  readonly server: URL;
  readonly tokenFile?: string;
}

const tokenVariable = 'HEPS_TOKEN';

export function withServer(command: Command): Command {
  return command
    .option('--server <url>', 'address of heps live serve', serverUrl, new URL('http://127.0.0.1:8790'))
    .option('--token-file <file>', `file with a token (default: environment variable ${tokenVariable})`);
}

/** @throws InputError when there is no token */
export function clientOf({ server, tokenFile }: ServerArguments): Client {
  return new Client({ url: server, token: tokenOf(tokenFile) });
}

function tokenOf(file: string | undefined): string {
  if (file === undefined) {
    const token = process.env[tokenVariable];
    if (token === undefined || token === '')
      throw new InputError('--token-file', `a file, or ${tokenVariable}`, undefined);
    return token;
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new InputError(`--token-file ${file}`, 'a file that can be read', (error as NodeJS.ErrnoException).code);
  }
}

export function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new InvalidArgumentError('Expected an address such as https://controller:8790.');
  }
  return url;
}
