/** What the gateway counts, in the text format of Prometheus. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Upstream } from '../authority/authority.ts';

/** Plain numbers, since they change with every piece of a stream. */
export interface Traffic {
  /** To browsers. */
  bytesOut: number;
  /** From browsers. */
  bytesIn: number;
  frames: number;
}

export interface GatewayMetrics {
  readonly traffic: Traffic;
  readonly opened: (backend: Upstream['kind']) => void;
  readonly closed: (backend: Upstream['kind'], reason: string) => void;
  readonly refused: (reason: string) => void;
  /** From the request to the first byte of the desktop that goes to the browser. */
  readonly connected: (backend: Upstream['kind'], tookS: number) => void;
  /** A browser has taken what it was behind with. */
  readonly caughtUp: (afterS: number) => void;
}

export function makeGatewayMetrics(register: Registry): GatewayMetrics {
  const registers = [register];
  const traffic: Traffic = { bytesOut: 0, bytesIn: 0, frames: 0 };
  const open = new Gauge({
    name: 'heps_gateway_open',
    help: 'Streams, sockets of web applications and lines to files that are open, by backend.',
    labelNames: ['backend'] as const,
    registers,
  });
  for (const backend of ['vnc', 'console', 'app', 'files'] as const) open.set({ backend }, 0);
  const closed = new Counter({
    name: 'heps_gateway_closed_total',
    help: 'Streams, sockets and lines that have ended, by backend and reason.',
    labelNames: ['backend', 'reason'] as const,
    registers,
  });
  const refused = new Counter({
    name: 'heps_gateway_refused_total',
    help: 'Connects that were refused, by reason.',
    labelNames: ['reason'] as const,
    registers,
  });
  const connected = new Histogram({
    name: 'heps_gateway_connect_seconds',
    help: 'From the request for a stream until the desktop has answered.',
    labelNames: ['backend'] as const,
    buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const lag = new Histogram({
    name: 'heps_gateway_stream_lag_seconds',
    help: 'How long streams stood still because a browser was slow to take what there was.',
    buckets: [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  new Counter({
    name: 'heps_gateway_frames_total',
    help: 'Updates of pictures that went to browsers.',
    registers,
    collect() {
      this.reset();
      this.inc(traffic.frames);
    },
  });
  new Counter({
    name: 'heps_gateway_bytes_total',
    help: 'Bytes of streams, to browsers (out) and from them (in).',
    labelNames: ['direction'] as const,
    registers,
    collect() {
      this.reset();
      this.inc({ direction: 'out' }, traffic.bytesOut);
      this.inc({ direction: 'in' }, traffic.bytesIn);
    },
  });
  return {
    traffic,
    opened: (backend) => open.inc({ backend }),
    closed(backend, reason) {
      open.dec({ backend });
      closed.inc({ backend, reason });
    },
    refused: (reason) => refused.inc({ reason }),
    connected: (backend, tookS) => connected.observe({ backend }, tookS),
    caughtUp: (afterS) => lag.observe(afterS),
  };
}
