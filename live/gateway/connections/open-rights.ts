/** Connections that are open, and the question every two seconds whether they still may be: rule 9 of the gateway. */
import type { Logger } from 'pino';
import type { Clock } from '../../../core/clock.ts';
import type { DesktopRole } from '../../../core/wire/portal.ts';
import type { Authority, Grant, OpenGrant } from '../authority/authority.ts';
import type { EndKind } from './end-of-connection.ts';

export interface OpenConnection {
  readonly grant: Grant;
  /** Unix seconds; null: not yet. */
  readonly activeAtS: number | null;
  readonly openedAtS: number;
  /** What may be done from now on; the grant has what it was opened with. */
  takeRole(role: DesktopRole): void;
  end(kind: EndKind, sentence: string): void;
  /** Ends it when its browser has not answered the last time. */
  ping(): void;
}

export interface OpenRightsOptions {
  /** Seconds between two questions. */
  readonly checkIntervalS: number;
  /** Seconds without an answer after which everything is closed. */
  readonly authorityAwayLimitS: number;
  /** Seconds between two pings; a browser that has not answered by the next is gone. */
  readonly pingIntervalS: number;
}

export class OpenRights {
  readonly #connections = new Set<OpenConnection>();
  readonly #authority: Pick<Authority, 'check'>;
  readonly #clock: Clock;
  readonly #options: OpenRightsOptions;
  readonly #log: Logger;
  #answeredAtS: number;
  #pingedAtS: number;
  #cancel: () => void = () => {};
  #isStopped = false;
  #onEmpty: () => void = () => {};

  constructor(authority: Pick<Authority, 'check'>, clock: Clock, options: OpenRightsOptions, log: Logger) {
    this.#authority = authority;
    this.#clock = clock;
    this.#options = options;
    this.#log = log;
    this.#answeredAtS = clock.nowS;
    this.#pingedAtS = clock.nowS;
    this.#wait();
  }

  get size(): number {
    return this.#connections.size;
  }

  ofPerson(person: string): number {
    let count = 0;
    for (const { grant } of this.#connections) if (grant.person === person) count++;
    return count;
  }

  add(connection: OpenConnection): void {
    this.#connections.add(connection);
  }

  remove(connection: OpenConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#onEmpty();
  }

  /** Asks no more, and ends what is open. Resolves when all of it has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    for (const connection of [...this.#connections]) {
      connection.end('gateway-stops', 'The gateway stops; connect again.');
    }
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
      });
    }
  }

  #wait(): void {
    this.#cancel = this.#clock.after(this.#options.checkIntervalS, () => {
      void this.#check().finally(() => {
        if (!this.#isStopped) this.#wait();
      });
    });
  }

  async #check(): Promise<void> {
    const { nowS } = this.#clock;
    for (const connection of [...this.#connections]) endWhatIsOver(connection, nowS);
    if (nowS - this.#pingedAtS >= this.#options.pingIntervalS) {
      this.#pingedAtS = nowS;
      for (const connection of [...this.#connections]) connection.ping();
    }
    if (this.#connections.size === 0) {
      this.#answeredAtS = nowS;
      return;
    }
    try {
      const { ended, roles } = await this.#authority.check(openGrants(this.#connections));
      this.#answeredAtS = this.#clock.nowS;
      for (const connection of [...this.#connections]) {
        const sentence = ended.get(connection.grant.id);
        if (sentence !== undefined) connection.end('right-ended', sentence);
        else connection.takeRole(roles.get(connection.grant.id) ?? connection.grant.role);
      }
    } catch (error) {
      const awayS = this.#clock.nowS - this.#answeredAtS;
      this.#log.error({ err: error, awayS: Math.round(awayS) }, 'rights could not be checked');
      if (awayS < this.#options.authorityAwayLimitS) return;
      for (const connection of [...this.#connections]) {
        connection.end('authority-away', 'The right to this desktop cannot be checked now; connect again.');
      }
    }
  }
}

function endWhatIsOver(connection: OpenConnection, nowS: number): void {
  const { endsAtS, idleLimitS } = connection.grant;
  const lastS = connection.activeAtS ?? connection.openedAtS;
  if (nowS >= endsAtS) connection.end('right-ended', 'The time of this desktop is over.');
  else if (idleLimitS !== null && nowS - lastS >= idleLimitS) {
    connection.end('idle', 'Nobody has used this desktop for a while.');
  }
}

/** Each right once, though several connections may have it: an application's. */
function openGrants(connections: Iterable<OpenConnection>): OpenGrant[] {
  const activeAt = new Map<string, number | null>();
  for (const { grant, activeAtS } of connections) {
    const known = activeAt.get(grant.id) ?? null;
    activeAt.set(grant.id, known === null || (activeAtS !== null && activeAtS > known) ? activeAtS : known);
  }
  return [...activeAt].map(([id, activeAtS]) => ({ id, activeAtS }));
}
