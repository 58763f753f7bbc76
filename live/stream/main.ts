/** The streamer as one file for machines: `node heps-desktop-stream.mjs --listen 5901 --server 5999 --display :1`. */
import { parseArgs } from 'node:util';
import { stream } from './options.ts';

try {
  const { values } = parseArgs({
    options: { listen: { type: 'string' }, server: { type: 'string' }, display: { type: 'string' } },
  });
  const { listen, server, display = process.env.DISPLAY ?? '' } = values;
  if (listen === undefined || server === undefined) throw new TypeError('--listen and --server are needed');
  await stream({ listen, server, display }, process.env);
} catch (error) {
  const isInput = error instanceof TypeError || (error instanceof Error && error.name === 'InputError');
  console.error(`heps-desktop-stream: ${(error as Error).message}`);
  process.exit(isInput ? 2 : 1);
}
