/** What `heps desktop stream` is told, as a command of heps and as a file of its own. */
import { readFileSync } from 'node:fs';
import { InputError } from '../../core/input-error.ts';
import { startStreamer } from './streamer.ts';

/** Texts of the command line. */
export interface StreamTexts {
  /** `[HOST:]PORT`. */
  readonly listen: string;
  readonly server: string;
  /** `:1`. */
  readonly display: string;
}

/** Streams until SIGINT or SIGTERM. @throws InputError */
export async function stream({ listen, server, display }: StreamTexts, env: NodeJS.ProcessEnv): Promise<void> {
  const number = /^:(\d{1,5})(\.0)?$/.exec(display)?.[1];
  if (number === undefined) throw new InputError('--display', "an X display of this computer such as ':1'", display);
  const authority = env.XAUTHORITY ?? null;
  if (authority !== null && authority !== '') {
    try {
      readFileSync(authority);
    } catch (error) {
      throw InputError.unreadable(authority, "the display's cookie, of XAUTHORITY", error as NodeJS.ErrnoException);
    }
  }
  const streamer = await startStreamer({
    listen: endpoint('--listen', listen),
    server: endpoint('--server', server),
    display: Number(number),
    authority: authority === '' ? null : authority,
    log: (text) => console.error(text),
  });
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await streamer.close();
}

function endpoint(option: string, text: string): { readonly host: string; readonly port: number } {
  const parts = /^(?:(?<host>[^:]+|\[[\da-f:.]+\]):)?(?<port>\d{1,5})$/i.exec(text)?.groups;
  const port = Number(parts?.port);
  if (parts === undefined || port > 65_535) throw new InputError(option, 'PORT or HOST:PORT', text);
  return { host: (parts.host ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
}
