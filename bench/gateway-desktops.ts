/** Desktops without machines for the gateway's bench, in a process of their own; says on which ports as one line of JSON. */
import { rectangle, update } from '../test/live/gateway/stubs/messages.ts';
import { type VncSession, VncStub } from '../test/live/gateway/stubs/vnc-stub.ts';

/** Pictures a second of a session at a rate. */
const picturesPerS = 30;
/** Bytes on their way beyond which a desktop sends no more. */
const mostBacklogBytes = 4e6;

/** Port by what the desktops there do. */
export interface DesktopPorts {
  /** Send 1 MB each second. */
  readonly rated: number;
  /** Send as fast as anybody takes it. */
  readonly flooding: number;
  /** Answer each key with a small picture. */
  readonly echoing: number;
  /** Say nothing. */
  readonly idle: number;
}

/** An update with one raw picture of about this many bytes. */
function picture(bytes: number): Buffer {
  const width = 100;
  const height = Math.round(bytes / (width * 4));
  return update(rectangle(width, height, 0, Buffer.alloc(width * height * 4, 7)));
}

async function start(): Promise<DesktopPorts> {
  const [rated, flooding, echoing, idle] = await Promise.all([
    VncStub.start(),
    VncStub.start(),
    VncStub.start(),
    VncStub.start(),
  ]);
  const rate = picture(1e6 / picturesPerS);
  rated.onBytes = () => {};
  rated.onSession = ({ socket }) => {
    // What is due by the clock, since timers are late when the machine is busy.
    const startMs = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const due = Math.floor(((performance.now() - startMs) / 1000) * picturesPerS);
      for (; sent < due && socket.writableLength < mostBacklogBytes; sent++) socket.write(rate);
    }, 1000 / picturesPerS);
    socket.once('close', () => clearInterval(timer));
  };
  const flood = picture(1e6);
  flooding.onBytes = () => {};
  flooding.onSession = ({ socket }) => {
    const send = (): void => {
      while (!socket.destroyed && socket.write(flood)) {}
    };
    socket.on('drain', send);
    send();
  };
  const echo = picture(1600);
  echoing.onBytes = ({ socket }: VncSession) => void socket.write(echo);
  idle.onBytes = () => {};
  return { rated: rated.port, flooding: flooding.port, echoing: echoing.port, idle: idle.port };
}

console.log(JSON.stringify(await start()));
