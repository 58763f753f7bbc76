import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Clock } from '../../../../core/clock.ts';
import type { Grant, RightsNow } from '../../../../live/gateway/authority/authority.ts';
import type { EndKind } from '../../../../live/gateway/connections/end-of-connection.ts';
import { type OpenConnection, OpenRights } from '../../../../live/gateway/connections/open-rights.ts';
import { MemoryAuthority } from '../stubs/memory-authority.ts';

/** Time passes when the test says so. */
class HandClock implements Clock {
  nowS = 1000;
  #next: (() => void) | null = null;

  after(_: number, action: () => void): () => void {
    this.#next = action;
    return () => {
      this.#next = null;
    };
  }

  /** The check that is due, to its end. */
  async pass(seconds: number): Promise<void> {
    this.nowS += seconds;
    this.#next?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const authority = new MemoryAuthority();
const silent = pino({ level: 'silent' });

function start(checkEnded: (open: readonly { readonly id: string }[]) => Promise<ReadonlyMap<string, string>>) {
  const check = async (open: readonly { readonly id: string }[]): Promise<RightsNow> => ({
    ended: await checkEnded(open),
    roles: new Map(),
  });
  const clock = new HandClock();
  const options = { checkIntervalS: 2, authorityAwayLimitS: 10, pingIntervalS: 30 };
  const rights = new OpenRights({ check }, clock, options, silent);
  const ends: (readonly [string, EndKind])[] = [];
  let pings = 0;
  const open = (fields: Partial<Grant> = {}, activeAtS: number | null = null): OpenConnection => {
    const grant = authority.grant(1, { endsAtS: 1e9, ...fields });
    const connection: OpenConnection = {
      grant,
      activeAtS,
      takeRole() {},
      openedAtS: clock.nowS,
      end(kind) {
        ends.push([grant.person, kind]);
        rights.remove(connection);
      },
      ping: () => void pings++,
    };
    rights.add(connection);
    return connection;
  };
  return { clock, rights, ends, open, pings: () => pings };
}

test('an authority that does not answer is forgiven for ten seconds, and no longer', async () => {
  let isAway = false;
  const { clock, ends, open } = start(() => (isAway ? Promise.reject(new Error('away')) : Promise.resolve(new Map())));
  open();
  await clock.pass(2);
  isAway = true;
  for (let seconds = 2; seconds < 10; seconds += 2) await clock.pass(2);
  expect(ends).toEqual([]);
  await clock.pass(2);
  expect(ends).toEqual([['chen', 'authority-away']]);
});

test('time and idleness end a connection though the authority is away', async () => {
  const { clock, ends, open } = start(() => Promise.reject(new Error('away')));
  open({ person: 'over', endsAtS: 1005 });
  open({ person: 'idle', idleLimitS: 5 });
  open({ person: 'busy', idleLimitS: 5 }, 1003);
  await clock.pass(2);
  expect(ends).toEqual([]);
  await clock.pass(4);
  expect(ends).toEqual([
    ['over', 'right-ended'],
    ['idle', 'idle'],
  ]);
});

test('several connections of one right are asked for once, with the latest activity', async () => {
  const asked: unknown[] = [];
  const { clock, open } = start(async (grants) => {
    asked.push(grants);
    return new Map();
  });
  const { grant } = open({}, 990);
  open(grant, 995);
  open(grant, null);
  await clock.pass(2);
  expect(asked).toEqual([[{ id: grant.id, activeAtS: 995 }]]);
});

test('browsers are pinged every thirty seconds', async () => {
  const { clock, open, pings } = start(async () => new Map());
  open();
  for (let seconds = 0; seconds < 60; seconds += 2) await clock.pass(2);
  expect(pings()).toBe(2);
});
