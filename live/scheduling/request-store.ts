/** Requests for servers and their claims in the database: what was acknowledged is there, whatever dies. */
import { type Kysely, sql } from 'kysely';
import type { VmRequest } from '../../core/request.ts';
import type { DatabaseKind } from '../database/column-types.ts';
import { type Step, transact } from '../database/transact.ts';
import { type Comparison, comparisonOf } from './comparison.ts';
import { rowOf, type ServerRequest, serverRequestOf } from './server-request.ts';
import { type ServerSpec, withoutUserData } from './server-spec.ts';
import type { RequestAction, RequestState, SchedulingSchema } from './tables.ts';

/** States in which somebody has to go on with a request. */
export const openStates: readonly RequestState[] = ['claimed', 'building', 'failing', 'deleting'];

/** States of what is over: nothing is held, and nobody goes on with it. */
export const endStates: readonly RequestState[] = ['failed', 'deleted'];

/** Rows that are removed, or cleared of user data, at a time. */
const rowsAtOnce = 500;

/** Somebody else has changed the request since it was read: read it again. */
export class RequestChanged extends Error {
  override readonly name = 'RequestChanged';
}

/** Somebody else has claimed on the host since it was read: read it again, and decide again. */
export class HostChanged extends Error {
  override readonly name = 'HostChanged';
  readonly host: string;

  constructor(host: string) {
    super(`what is held on ${host} has changed`);
    this.host = host;
  }
}

/** Who asked for a change. */
export interface Asker {
  /** Whose token asked for it; null for what the scheduler does on its own. */
  readonly tokenId: number | null;
  /** Who asked for it with her token of Keystone. */
  readonly userId?: string;
}

/** What is written with a change of a request. */
export interface RequestWrite extends Asker {
  readonly nowS: number;
  readonly requestId: string;
  /** The host that is claimed by it, and the version of what is held there that the decision knew. */
  readonly claim: { readonly host: string; readonly version: number } | null;
  /** Other hosts on which something else is held now. */
  readonly touched: readonly string[];
}

/** What is held on a host, and its version. */
export interface HostClaims {
  readonly version: number;
  readonly requests: readonly ServerRequest[];
}

/** Columns that a change may give. */
export type RequestChanges = Partial<
  Omit<ServerRequest, 'id' | 'idempotencyKey' | 'tokenId' | 'spec' | 'revision' | 'createdAtS'>
>;

export class RequestStore {
  readonly #database: Kysely<SchedulingSchema>;
  readonly #kind: DatabaseKind;

  constructor({ database, kind }: { readonly database: Kysely<SchedulingSchema>; readonly kind: DatabaseKind }) {
    this.#database = database;
    this.#kind = kind;
  }

  /**
   * Writes a new request with its claim, if it has one, and its audit row: all or none.
   *
   * @returns the request that had the same idempotency key already; undefined when this one was written
   * @throws HostChanged when the claim's version is not the one that is there
   */
  async add(row: ServerRequest, write: RequestWrite): Promise<ServerRequest | undefined> {
    const keyIsTaken = new Error('the key is taken');
    try {
      await transact(this.#database, [
        { query: this.#database.insertInto('requests').values(rowOf(row)), otherwise: keyIsTaken },
        ...this.#versionSteps(write),
        { query: this.#audit(row, write) },
      ]);
      return undefined;
    } catch (error) {
      if (error !== keyIsTaken) throw error;
      const known = await this.#database
        .selectFrom('requests')
        .selectAll()
        .where('idempotencyKey', '=', row.idempotencyKey)
        .executeTakeFirstOrThrow();
      return serverRequestOf(known);
    }
  }

  /**
   * Changes a request, with its audit row where the state is another: all or none.
   *
   * @returns the request as it is now
   * @throws RequestChanged when it is not at that revision any more @throws HostChanged as above
   */
  async change(row: ServerRequest, changes: RequestChanges, write: RequestWrite): Promise<ServerRequest> {
    const state = changes.state ?? row.state;
    const spec = endStates.includes(state) ? withoutUserData(row.spec) : row.spec;
    const next: ServerRequest = { ...row, ...changes, spec, revision: row.revision + 1, changedAtS: write.nowS };
    const { id: _, idempotencyKey: __, tokenId: ___, spec: specText, createdAtS: ____, ...others } = rowOf(next);
    const columns = { ...others, ...(spec !== row.spec && { spec: specText }) };
    const isNoted = next.state !== row.state || next.attempt !== row.attempt;
    await transact(this.#database, [
      ...this.#versionSteps(write),
      {
        query: this.#database
          .updateTable('requests')
          .set(columns)
          .where('id', '=', row.id)
          .where('revision', '=', row.revision),
        rows: 1,
        otherwise: new RequestChanged(`request ${row.id} is not at revision ${row.revision}`),
      },
      ...(isNoted ? [{ query: this.#audit(next, write) }] : []),
    ]);
    return next;
  }

  /** The request of that id. */
  async read(id: string): Promise<ServerRequest | undefined> {
    const row = await this.#database.selectFrom('requests').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : serverRequestOf(row);
  }

  /** The request of the highest number among those whose keys are the prefix and a number. */
  async readLatest(keyPrefix: string): Promise<ServerRequest | undefined> {
    const rows = await this.#database
      .selectFrom('requests')
      .selectAll()
      .where('idempotencyKey', '>=', keyPrefix)
      .where('idempotencyKey', '<', `${keyPrefix}:`)
      .execute();
    const numberOf = ({ idempotencyKey }: (typeof rows)[number]): number =>
      Number(idempotencyKey.slice(keyPrefix.length));
    const [latest] = rows.sort((one, other) => numberOf(other) - numberOf(one));
    return latest === undefined ? undefined : serverRequestOf(latest);
  }

  /** Requests that hold something, have a server, or are unfinished. */
  async readLive(): Promise<ServerRequest[]> {
    const rows = await this.#database
      .selectFrom('requests')
      .selectAll()
      .where((where) => where.or([where('host', 'is not', null), where('state', 'in', [...openStates, 'active'])]))
      .execute();
    return rows.map(serverRequestOf);
  }

  /** What was asked for since then, of us and of Nova without us, in order of time. */
  async readAsked(sinceS: number): Promise<{ readonly request: VmRequest; readonly atS: number }[]> {
    const ours = await this.#database.selectFrom('requests').selectAll().where('createdAtS', '>=', sinceS).execute();
    const others = await this.#database.selectFrom('comparisons').selectAll().where('atS', '>=', sinceS).execute();
    return [
      ...ours.map((row) => ({ request: serverRequestOf(row).spec.request, atS: row.createdAtS })),
      ...others.map((row) => ({ request: comparisonOf(row).request, atS: row.atS })),
    ].sort((one, other) => one.atS - other.atS);
  }

  /** The newest requests first. @param projectId null for those of all projects */
  async readNewest(limit: number, projectId: string | null = null): Promise<ServerRequest[]> {
    const rows = await this.#database
      .selectFrom('requests')
      .selectAll()
      .$if(projectId !== null, (query) => query.where('projectId', '=', projectId))
      .orderBy('createdAtS', 'desc')
      .limit(limit)
      .execute();
    return rows.map(serverRequestOf);
  }

  /** What is held on a host, both from one moment. */
  async readHost(host: string): Promise<HostClaims> {
    return await this.#database.transaction().execute(async (transaction) => {
      const found = await transaction
        .selectFrom('hostVersions')
        .select('version')
        .where('host', '=', host)
        .executeTakeFirst();
      const requests = await transaction.selectFrom('requests').selectAll().where('host', '=', host).execute();
      return { version: found?.version ?? 0, requests: requests.map(serverRequestOf) };
    });
  }

  /** The version of what is held, of each host on which anything ever was. */
  async readVersions(): Promise<Map<string, number>> {
    const rows = await this.#database.selectFrom('hostVersions').selectAll().execute();
    return new Map(rows.map(({ host, version }) => [host, version]));
  }

  /** Keeps what the owner works on for itself until then. */
  async renewLeases(owner: string, leaseUntilS: number): Promise<void> {
    await this.#database
      .updateTable('requests')
      .set({ leaseUntilS })
      .where('owner', '=', owner)
      .where('state', 'in', [...openStates])
      .execute();
  }

  /** Unfinished requests that nobody has a lease on any more, or that are the owner's own. */
  async readUnattended(owner: string, nowS: number): Promise<ServerRequest[]> {
    const rows = await this.#database
      .selectFrom('requests')
      .selectAll()
      .where('state', 'in', [...openStates])
      .where((where) => where.or([where('owner', '=', owner), where('leaseUntilS', '<', nowS)]))
      .execute();
    return rows.map(serverRequestOf);
  }

  /** Writes an audit row on its own. */
  async note(
    action: RequestAction,
    subject: string,
    write: Pick<RequestWrite, 'nowS' | 'requestId' | 'tokenId' | 'userId'>,
    detail: string | null = null,
  ): Promise<void> {
    const { nowS: atS, requestId, tokenId, userId = null } = write;
    await this.#database
      .insertInto('audit')
      .values({ atS, tokenId, action, subject, version: null, requestId, userId, detail })
      .execute();
  }

  /** Keeps a comparison, unless there is one of that server. */
  async addComparison(comparison: Comparison): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      const known = await transaction
        .selectFrom('comparisons')
        .select('serverId')
        .where('serverId', '=', comparison.serverId)
        .executeTakeFirst();
      if (known !== undefined) return;
      const row = { ...comparison, request: JSON.stringify(comparison.request) };
      await transaction.insertInto('comparisons').values(row).execute();
    });
  }

  /** Since that time, the newest first. */
  async readComparisons(sinceS: number, limit: number): Promise<Comparison[]> {
    const rows = await this.#database
      .selectFrom('comparisons')
      .selectAll()
      .where('atS', '>=', sinceS)
      .orderBy('atS', 'desc')
      .limit(limit)
      .execute();
    return rows.map(comparisonOf);
  }

  /** Removes user data of requests that were over before that was done at their end. @returns of how many */
  async dropUserData(): Promise<number> {
    const rows = await this.#database
      .selectFrom('requests')
      .select(['id', 'spec'])
      .where('state', 'in', [...endStates])
      .where('spec', 'like', '%"userData"%')
      .limit(rowsAtOnce)
      .execute();
    const old = rows.filter(({ spec }) => (JSON.parse(spec) as ServerSpec).userData !== undefined);
    for (const { id, spec } of old) {
      const kept = withoutUserData(JSON.parse(spec) as ServerSpec);
      await this.#database
        .updateTable('requests')
        .set({ spec: JSON.stringify(kept) })
        .where('id', '=', id)
        .execute();
    }
    return old.length;
  }

  /** Removes requests that were over before then, some at a time. @returns how many */
  async dropRequests(beforeS: number): Promise<number> {
    const rows = await this.#database
      .selectFrom('requests')
      .select('id')
      .where('state', 'in', [...endStates])
      .where('changedAtS', '<', beforeS)
      .limit(rowsAtOnce)
      .execute();
    const ids = rows.map(({ id }) => id);
    if (ids.length > 0) await this.#database.deleteFrom('requests').where('id', 'in', ids).execute();
    return ids.length;
  }

  /** Removes comparisons from before then. @returns how many */
  async dropComparisons(beforeS: number): Promise<number> {
    const { numDeletedRows } = await this.#database
      .deleteFrom('comparisons')
      .where('atS', '<', beforeS)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  /** Takes part in every write that claims or lets go: a claim made on an old version fails. */
  #versionSteps({ claim, touched }: RequestWrite): Step[] {
    const steps: Step[] = [];
    const versions = this.#database;
    if (claim !== null) {
      const { host, version } = claim;
      const query =
        version === 0
          ? versions.insertInto('hostVersions').values({ host, version: 1 })
          : versions
              .updateTable('hostVersions')
              .set({ version: version + 1 })
              .where('host', '=', host)
              .where('version', '=', version);
      steps.push({ query, rows: 1, otherwise: new HostChanged(host) });
    }
    for (const host of touched) {
      if (host === claim?.host) continue;
      const insert = versions.insertInto('hostVersions').values({ host, version: 1 });
      const raised = sql<number>`${sql.ref('hostVersions.version')} + 1`;
      const query =
        this.#kind === 'sqlite'
          ? insert.onConflict((conflict) => conflict.column('host').doUpdateSet({ version: raised }))
          : insert.onDuplicateKeyUpdate({ version: raised });
      steps.push({ query });
    }
    return steps;
  }

  #audit(row: ServerRequest, { nowS: atS, tokenId, requestId, userId }: RequestWrite) {
    const { id, revision, state } = row;
    const written = { atS, tokenId, action: `server-${state}`, subject: id, version: revision, requestId };
    return this.#database.insertInto('audit').values({ ...written, userId: userId ?? null, detail: removalText(row) });
  }
}

/** What is about to be removed with that state, and why that is right; null where nothing is. */
function removalText({ state, serverId, attempt, fault, spec }: ServerRequest): string | null {
  if (serverId === null) return null;
  const named = `removes server ${serverId} (${spec.name})`;
  if (state === 'deleting') return `${named}: it is the server of this request, whose removal was ordered`;
  return state === 'failing' ? `${named}: it is of attempt ${attempt}, which failed: ${fault}` : null;
}
