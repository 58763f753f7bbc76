/** Servers that others boot: where Nova put them, and where the policy would have. */
import { InputError } from '../../core/input-error.ts';
import type { VmRequest } from '../../core/request.ts';
import { readJsonColumn } from '../database/json-column.ts';
import type { Server } from '../openstack/index.ts';
import type { Aliases } from './aliases.ts';
import { type AskedRequest, askedOf } from './asked-request.ts';
import type { CloudView } from './cloud-view.ts';
import { aVmRequest } from './server-request.ts';
import type { ComparisonTable } from './tables.ts';

/** A server that others booted: where it went, and where the policy would have put it at that moment. */
export interface Comparison extends Readonly<Omit<ComparisonTable, 'request'>> {
  readonly request: VmRequest;
}

/** @throws UnreadableColumn */
export function comparisonOf({ request, ...others }: ComparisonTable): Comparison {
  const where = `comparisons ${others.serverId}, request`;
  return { ...others, request: readJsonColumn(request, where, aVmRequest) };
}

/** To be made before the server is held in the view. Null while Nova has not placed it, or when its request cannot be read. */
export function compare(view: CloudView, server: Server, aliases: Aliases, nowS: number): Comparison | null {
  const asked = readable(server, aliases);
  if (asked === null || server.host === null) return null;
  const { request } = asked;
  const row = { serverId: server.id, atS: nowS, name: server.name, request, novaHost: server.host };
  // In act the plugin refuses it.
  if (asked.objection !== null) return { ...row, host: null, score: null, objection: asked.objection };
  view.noteAsked(request, nowS);
  const { decision, host, verdicts } = view.explain(request);
  const index = view.cluster.specs.findIndex(({ name }) => name === server.host);
  const novaVerdict = index < 0 ? undefined : verdicts[index];
  return {
    ...row,
    host,
    score: decision.kind === 'placed' ? decision.score : null,
    objection: index < 0 ? 'unknown-host' : (novaVerdict?.rejection?.reason ?? null),
  };
}

function readable(server: Server, aliases: Aliases): AskedRequest | null {
  try {
    return askedOf(server, aliases);
  } catch (error) {
    if (error instanceof InputError || error instanceof RangeError) return null;
    throw error;
  }
}
