/** A port on the command line. */
import { InvalidArgumentError } from 'commander';

export function aPortNumber(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('Expected a port, 1 to 65535.');
  return port;
}
