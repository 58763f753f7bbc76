/** Claims on a view, when what is held changes while it is read. */
import { NEVER } from 'rxjs';
import { expect, test } from 'vitest';
import { policyNamed } from '../../../core/policies/index.ts';
import { createPolicy } from '../../../core/policy.ts';
import { vmRequest } from '../../../core/request.ts';
import { aliasesOf } from '../../../live/scheduling/aliases.ts';
import { ClaimBook } from '../../../live/scheduling/claim-book.ts';
import { CloudView } from '../../../live/scheduling/cloud-view.ts';
import { Ledger } from '../../../live/scheduling/ledger.ts';
import { HostChanged, type HostClaims } from '../../../live/scheduling/request-store.ts';
import type { ServerRequest } from '../../../live/scheduling/server-request.ts';

const request = vmRequest({ id: 'r', vcpus: 4, ramMib: 1024 });
const host = { name: 'h', vcpus: 8, cpuAllocationRatio: 1, ramMib: 8192, diskGib: 0, takesServers: true };

function rowOf(id: string, revision: number, changes: Partial<ServerRequest> = {}): ServerRequest {
  return {
    id,
    idempotencyKey: id,
    projectId: null,
    projectName: null,
    userId: null,
    userName: null,
    byPerson: 0,
    tokenId: 1,
    spec: { name: id, imageId: 'i', networks: 'none', metadata: {}, flavor: null, request },
    state: 'active',
    revision,
    owner: 'o',
    leaseUntilS: 0,
    attempt: 1,
    host: 'h',
    cards: [],
    sentAtS: 0,
    serverId: id,
    decision: { policy: 'hybrid', host: 'h', cards: [], score: null, terms: {}, rejectedBy: {} },
    history: [],
    fault: null,
    createdAtS: 0,
    changedAtS: 0,
    ...changes,
  };
}

function bookOn(readHost: () => Promise<HostClaims>) {
  const policy = createPolicy(policyNamed('hybrid'));
  const view = new CloudView({
    registry: { hosts: new Map(), changes: NEVER },
    policy,
    warn: (text) => expect.fail(text),
  });
  view.setHosts([host]);
  const store = {
    read: async () => undefined,
    readHost,
    readVersions: async () => new Map([['h', 3]]),
    readLive: async () => [],
  };
  const ledger = new Ledger({ view, clock: { nowS: 0 }, aliases: aliasesOf({}), canBeOf: () => false });
  return { view, book: new ClaimBook(store, view, ledger) };
}

test('what was read before an end was noted does not bring it back', async () => {
  const states: HostClaims[] = [
    { version: 2, requests: [rowOf('a', 1)] },
    { version: 3, requests: [] },
  ];
  let reads = 0;
  const { view, book } = bookOn(async () => {
    const read = states[Math.min(reads++, 1)]!;
    // The request ends after the database was read, and before the answer is taken over.
    if (reads === 1) book.note(rowOf('a', 2, { state: 'deleted', host: null }));
    return read;
  });
  book.note(rowOf('a', 1));
  await book.catchUp();
  expect(reads).toBe(2);
  expect([...view.holdings.keys()]).toEqual([]);
});

test('what was claimed after the host was read is not forgotten', async () => {
  let reads = 0;
  const { view, book } = bookOn(async () => {
    reads++;
    if (reads > 1) return { version: 3, requests: [rowOf('b', 1)] };
    book.note(rowOf('b', 1));
    return { version: 2, requests: [] };
  });
  await book.catchUp();
  expect([...view.holdings.keys()]).toEqual(['b']);
});

test('a claim that another process beat decides again on what that one holds', async () => {
  const { book } = bookOn(async () => ({ version: 1, requests: [rowOf('theirs', 1), rowOf('theirs-too', 1)] }));
  const tried: (string | null)[] = [];
  const row = await book.claim(request, new Set(), async ({ named, on }) => {
    tried.push(named.host);
    if (tried.length === 1) throw new HostChanged('h');
    return rowOf('mine', 1, { host: on?.host ?? null, state: 'failed' });
  });
  expect(tried).toEqual(['h', null]);
  expect(row.host).toBeNull();
});
