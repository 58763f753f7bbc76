/** What `/metrics` shows of the desktop service. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { DesktopState } from '../../core/wire/portal.ts';
import type { RefusalReason } from '../gateway/authority/authority.ts';
import type { ConnectKind } from './records/tables.ts';

export interface DesktopMetricsSources {
  /** Desktops by state, without those that are deleted. */
  readonly states: () => Promise<ReadonlyMap<DesktopState, number>>;
  readonly sessions: () => Promise<number>;
  /** Pages that follow their desktops here. */
  readonly pages: () => number;
}

export interface DesktopMetrics {
  /** From an application to a desktop that answers. */
  readonly ready: (tookS: number) => void;
  readonly minted: (kind: ConnectKind) => void;
  readonly refused: (reason: RefusalReason) => void;
  readonly mail: (outcome: 'sent' | 'failed') => void;
}

export function makeDesktopMetrics(register: Registry, sources: DesktopMetricsSources): DesktopMetrics {
  const registers = [register];
  new Gauge({
    name: 'heps_desktops',
    help: 'Desktops that are not deleted, by state.',
    labelNames: ['state'] as const,
    registers,
    async collect() {
      const states = await sources.states();
      this.reset();
      for (const [state, count] of states) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'heps_portal_sessions',
    help: 'Login sessions, on all servers.',
    registers,
    async collect() {
      this.set(await sources.sessions());
    },
  });
  new Gauge({
    name: 'heps_portal_pages',
    help: 'Pages that follow their desktops on this server.',
    registers,
    collect() {
      this.set(sources.pages());
    },
  });
  const ready = new Histogram({
    name: 'heps_desktop_ready_seconds',
    help: 'Time from the application for a desktop until it answers.',
    buckets: [5, 10, 30, 60, 120, 300, 600, 1800, 3600],
    registers,
  });
  const minted = new Counter({
    name: 'heps_connect_tokens_total',
    help: 'Connect tokens that were given, by kind.',
    labelNames: ['kind'] as const,
    registers,
  });
  const refused = new Counter({
    name: 'heps_connect_refusals_total',
    help: 'Connections that were refused, by reason.',
    labelNames: ['reason'] as const,
    registers,
  });
  const mails = new Counter({
    name: 'heps_mails_total',
    help: 'Mails to people, by outcome: sent, failed.',
    labelNames: ['outcome'] as const,
    registers,
  });
  return {
    mail: (outcome) => mails.inc({ outcome }),
    ready: (tookS) => ready.observe(tookS),
    minted: (kind) => minted.inc({ kind }),
    refused: (reason) => refused.inc({ reason }),
  };
}
