/**
 * Tells people by mail that a desktop of theirs ends in a day, in an hour, and that it has ended and is kept for a while. What was sent is written
 * down after the server has taken it: whatever dies, a reminder is not lost, and at worst sent twice.
 */
import type { Clock } from '../../../core/clock.ts';
import type { Person } from '../accounts/person.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { graceOf } from '../catalogue/station.ts';
import type { Lease } from '../lifecycle/lease.ts';
import { mayExtend } from '../portal/desktop-view.ts';
import type { Desktop } from '../records/desktop.ts';
import { aliveStates } from '../records/desktop.ts';
import type { DesktopStore } from '../records/desktop-store.ts';
import type { Mail, Mailer } from './mailer.ts';

/** Seconds before the end at which people are told; 0: it is over. */
const leadsS = [86_400, 3600, 0] as const;
/** Seconds after which what could not be sent is tried again. */
const againS = 300;

export interface RemindersParts {
  readonly store: Pick<DesktopStore, 'readUnsettled' | 'noteReminder'>;
  readonly people: { find(name: string): Promise<Pick<Person, 'name' | 'email'> | undefined> };
  readonly catalogue: Catalogue;
  readonly mailer: Pick<Mailer, 'send'>;
  /** Of people whose address is not known; null: they get none. */
  readonly domain: string | null;
  readonly publicUrl: string;
  readonly clock: Pick<Clock, 'nowS'>;
  readonly lease: Pick<Lease, 'isHeld'>;
  readonly log: (level: 'info' | 'warn', fields: object, text: string) => void;
  readonly onMail: (outcome: 'sent' | 'failed') => void;
}

export class Reminders {
  readonly #parts: RemindersParts;
  /** When the server did not take a mail for a desktop, by its id. */
  readonly #failedAtS = new Map<string, number>();

  constructor(parts: RemindersParts) {
    this.#parts = parts;
  }

  /** Sends what is due; nothing while another server has the desktops. @throws what the database threw */
  async pass(): Promise<void> {
    const { store, clock, lease } = this.#parts;
    if (!lease.isHeld) return;
    const rows = await store.readUnsettled();
    for (const id of this.#failedAtS.keys()) if (!rows.some((row) => row.id === id)) this.#failedAtS.delete(id);
    for (const row of rows) {
      const leadS = dueLeadOf(row, clock.nowS);
      const failedAtS = this.#failedAtS.get(row.id);
      if (leadS === null || (failedAtS !== undefined && clock.nowS < failedAtS + againS)) continue;
      await this.#remind(row, leadS);
    }
  }

  async #remind(row: Desktop, leadS: number): Promise<void> {
    const { store, mailer, clock, log, onMail } = this.#parts;
    const to = await this.#addressOf(row.owner);
    if (to !== null) {
      try {
        await mailer.send({ to, ...this.#textOf(row, leadS) });
      } catch (error) {
        this.#failedAtS.set(row.id, clock.nowS);
        onMail('failed');
        return log('warn', { err: error, desktop: row.id }, 'a reminder could not be sent; will retry');
      }
      onMail('sent');
      log('info', { desktop: row.id, leadS }, 'reminder sent');
    }
    this.#failedAtS.delete(row.id);
    await store.noteReminder(row.id, row.endsAtS!, leadS);
  }

  async #addressOf(name: string): Promise<string | null> {
    const { people, domain } = this.#parts;
    const person = await people.find(name);
    if (person === undefined) return null;
    return person.email ?? (domain === null ? null : `${name}@${domain}`);
  }

  #textOf(row: Desktop, leadS: number): Omit<Mail, 'to'> {
    const { catalogue, publicUrl, clock } = this.#parts;
    const station = catalogue.stations.find(({ id }) => id === row.station);
    const isKept = graceOf(station) > 0;
    const extendable = mayExtend(row, clock.nowS);
    const subject =
      leadS === 0
        ? `“${row.title}” has been stopped`
        : `“${row.title}” is ${isKept ? 'stopped' : 'deleted'} in ${leadS === 3600 ? 'an hour' : 'a day'}`;
    const what =
      leadS === 0
        ? `The time of your desktop “${row.title}” was over at ${timeWords(row.endsAtS!)}, and it has been stopped. It is deleted at ${timeWords(row.deleteAtS!)}.`
        : `The time of your desktop “${row.title}” is over at ${timeWords(row.endsAtS!)}. It is ${isKept ? 'stopped' : 'deleted'} then.`;
    const next = extendable
      ? 'To keep it, extend it on the page of your desktops:'
      : 'It cannot be extended. Save what you need outside it. Your desktops:';
    return { subject, text: `${what}\n\n${next}\n${publicUrl}/portal/\n` };
  }
}

/** The latest of the moments that have come and of which nobody was told; null for none. A desktop that lives for less than a day is not told of a day before. */
function dueLeadOf(row: Desktop, nowS: number): number | null {
  const { endsAtS, deleteAtS, readyAtS, createdAtS, state, remindedEndS, remindedLeadS } = row;
  if (endsAtS === null || !aliveStates.includes(state)) return null;
  const livesS = endsAtS - (readyAtS ?? createdAtS);
  const come = leadsS.filter((leadS) => (leadS === 0 ? deleteAtS !== null : endsAtS - nowS <= leadS && leadS < livesS));
  const [leadS] = come.slice(-1);
  if (leadS === undefined) return null;
  const isTold = remindedEndS === endsAtS && remindedLeadS !== null && remindedLeadS <= leadS;
  return isTold ? null : leadS;
}

/** `2026-12-02 14:05 (UTC+08:00)`, by this computer's time zone. */
function timeWords(atS: number): string {
  const at = new Date(atS * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const offset = -at.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())} (UTC${zone})`;
}
