/** Listens in front of a VNC server, and gives those who take H.264 video of what moves. */
import { createServer, type Server } from 'node:net';
import { Viewer } from './viewer.ts';
import { X11Damage } from './x11-damage.ts';

export interface StreamerOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly server: { readonly host: string; readonly port: number };
  /** The X display that the VNC server shows. */
  readonly display: number;
  /** File of its cookie; null: it wants none. */
  readonly authority: string | null;
  readonly log: (text: string) => void;
}

export interface Streamer {
  readonly port: number;
  close(): Promise<void>;
}

const tickMs = 15;
/** Milliseconds between two tries to reach the display. */
const retryMs = 500;

export async function startStreamer(options: StreamerOptions): Promise<Streamer> {
  const viewers = new Set<Viewer>();
  let damage: X11Damage | null = null;
  let isClosed = false;
  let retry: NodeJS.Timeout | undefined;
  let said = '';
  const watch = (): void => {
    if (isClosed) return;
    const again = (reason: string): void => {
      if (reason !== said) options.log(`display :${options.display}: ${reason}`);
      said = reason;
      damage?.close();
      damage = null;
      clearTimeout(retry);
      retry = setTimeout(watch, retryMs);
    };
    try {
      damage = new X11Damage(options.display, options.authority);
    } catch (error) {
      again((error as Error).message);
      return;
    }
    damage.onClose = again;
    damage.onDamage = (area) => {
      said = '';
      const nowMs = performance.now();
      for (const viewer of viewers) viewer.damage(area, nowMs);
    };
  };
  watch();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    for (const viewer of viewers) viewer.tick(nowMs);
  }, tickMs);
  const listener: Server = createServer((client) => {
    const viewer: Viewer = new Viewer(client, { ...options, onEnd: () => viewers.delete(viewer) });
    viewers.add(viewer);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(options.listen.port, options.listen.host, resolve);
  });
  const address = listener.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.listen.port,
    close: async () => {
      isClosed = true;
      clearInterval(timer);
      clearTimeout(retry);
      damage?.close();
      for (const viewer of viewers) viewer.close();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
