/** Server-sent events: each page has its person's desktops, at once and after every change. */
import type { ServerResponse } from 'node:http';
import { BehaviorSubject, catchError, defer, EMPTY, filter, repeat } from 'rxjs';
import type { Clock } from '../../../core/clock.ts';
import type { Session, Sessions } from '../accounts/sessions.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { DesktopStore } from '../records/desktop-store.ts';
import { viewOf } from './catalogue-views.ts';

export interface PortalEventsParts {
  readonly store: DesktopStore;
  readonly catalogue: Catalogue;
  readonly sessions: Pick<Sessions, 'findByHash'>;
  readonly clock: Pick<Clock, 'nowS'>;
  /** Told when changes could not be read; they are the next time. */
  readonly onError: (error: unknown) => void;
}

/** Pages at a time. */
const mostPerPerson = 10;
const mostOverall = 5_000;
/** A page that does not read is let go. */
const mostUnsentBytes = 1024 * 1024;

interface Page {
  readonly response: ServerResponse;
  readonly session: Session;
  /** What it was sent last. */
  sent: string;
}

export class PortalEvents {
  readonly #parts: PortalEventsParts;
  readonly #pages = new Set<Page>();
  /** Whether something has changed since the pages were last sent what there is. */
  readonly #isOutdated = new BehaviorSubject(false);

  constructor(parts: PortalEventsParts) {
    this.#parts = parts;
    const sending = defer(() => {
      this.#isOutdated.next(false);
      return this.#send();
    }).pipe(
      catchError((error: unknown) => {
        parts.onError(error);
        return EMPTY;
      }),
    );
    sending.pipe(repeat({ delay: () => this.#isOutdated.pipe(filter((isOutdated) => isOutdated)) })).subscribe();
  }

  get pages(): number {
    return this.#pages.size;
  }

  /** @returns false when there are too many */
  attach(response: ServerResponse, session: Session): boolean {
    const own = [...this.#pages].filter((page) => page.session.person.name === session.person.name);
    if (own.length >= mostPerPerson || this.#pages.size >= mostOverall) return false;
    const page: Page = { response, session, sent: '' };
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    this.#pages.add(page);
    response.on('close', () => this.#pages.delete(page));
    this.flush();
    return true;
  }

  /** Sends to each page what is other than it was: now, or when what is being sent is on its way. */
  flush(): void {
    this.#isOutdated.next(true);
  }

  /** A comment, so that what is between does not think it is dead; and pages whose login is over end. */
  async beat(): Promise<void> {
    for (const page of [...this.#pages]) {
      if ((await this.#parts.sessions.findByHash(page.session.hash)) === undefined) page.response.end();
      else page.response.write(': still here\n\n');
    }
  }

  close(): void {
    for (const { response } of this.#pages) response.end();
  }

  async #send(): Promise<void> {
    const { store, catalogue, clock } = this.#parts;
    if (this.#pages.size === 0) return;
    const people = new Map([...this.#pages].map(({ session: { person } }) => [person.name, person]));
    const records = await store.readOf([...people.keys()], clock.nowS);
    for (const person of people.values()) {
      const { name } = person;
      const desktops = records
        .filter(({ row, shares }) => row.owner === name || shares.some((share) => share.person === name))
        .map((record) => viewOf(catalogue, record, person, clock.nowS));
      const data = JSON.stringify({ desktops });
      for (const page of this.#pages) {
        if (page.session.person.name !== name || page.sent === data) continue;
        page.sent = data;
        if (page.response.writableLength > mostUnsentBytes) page.response.destroy();
        else page.response.write(`event: desktops\ndata: ${data}\n\n`);
      }
    }
  }
}
