/** Moves of servers from host to host: Nova's `os-migrations`. A move that is under way, or waits to be confirmed, holds places on two hosts. */
import { anObject, aText } from '../../core/check.ts';
import { anyText, orNull } from './answer-values.ts';
import type { Service } from './service.ts';

/** A move of a server, done or under way (`GET /os-migrations`). */
export interface Move {
  /** Under which Placement has what the server holds of the place that it leaves. */
  readonly id: string;
  readonly serverId: string;
  /** `resize`, `migration`, `live-migration`, `evacuation`. */
  readonly type: string;
  /** `finished` is one that waits to be confirmed. */
  readonly status: string;
  /** Null before they are chosen. */
  readonly sourceHost: string | null;
  readonly targetHost: string | null;
}

/** Which moves are asked for; all of them without any. */
export interface MoveFilter {
  readonly serverId?: string;
  /** It comes from there or goes there. */
  readonly host?: string;
  readonly type?: string;
  readonly status?: string;
}

/** Statuses in which a move holds nothing any more. An evacuation that is `done` holds the old place until that host is back. */
const overStatuses: readonly string[] = ['completed', 'confirmed', 'reverted', 'cancelled', 'error', 'failed'];

/** Whether it may still hold a place beside the one where the server is. */
export function isMoveOpen({ type, status }: Pick<Move, 'type' | 'status'>): boolean {
  return !overStatuses.includes(status) && (status !== 'done' || type === 'evacuation');
}

/** The newest first; admin only. */
export function listMoves(nova: Service, filter: MoveFilter = {}): AsyncGenerator<Move, void, undefined> {
  const { serverId, host, type, status } = filter;
  const query = { instance_uuid: serverId, host, migration_type: type, status };
  return nova.items({ path: '/os-migrations', field: 'migrations', query }, readMove);
}

function readMove(value: unknown, where: string): Move {
  const move = anObject(value, where);
  return {
    id: aText(move.uuid, `${where}.uuid`),
    serverId: aText(move.instance_uuid, `${where}.instance_uuid`),
    type: orNull(move.migration_type, `${where}.migration_type`, anyText) ?? '',
    status: aText(move.status, `${where}.status`),
    sourceHost: orNull(move.source_compute, `${where}.source_compute`, aText),
    targetHost: orNull(move.dest_compute, `${where}.dest_compute`, aText),
  };
}
