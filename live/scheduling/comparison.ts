/** Servers that others boot: where Nova put them, and where the policy would have. */
import { InputError } from '../../core/input-error.ts';
import { requestFromFlavor, type VmRequest, vmRequest } from '../../core/request.ts';
import { readJsonColumn } from '../database/json-column.ts';
import type { Server } from '../openstack/index.ts';
import type { Aliases } from './aliases.ts';
import type { CloudView } from './cloud-view.ts';
import { aVmRequest } from './server-request.ts';
import { aliasesIn } from './server-spec.ts';
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

/** What a server asks for, with the models that its PCI aliases name; null when its flavor or metadata cannot be read. */
export function requestOf(
  { id, flavor, metadata }: Pick<Server, 'id' | 'flavor' | 'metadata'>,
  aliases: Aliases,
): VmRequest | null {
  const { vcpus, ramMib, diskGib, extraSpecs } = flavor;
  try {
    const size = { vcpus, ram: ramMib, disk: diskGib };
    const named = aliasesIn(extraSpecs['pci_passthrough:alias'] ?? '');
    if (named.length === 0) return requestFromFlavor(id, size, extraSpecs, metadata);
    // Nova gives by alias, whatever else is written: models of other names, other counts.
    const cards = named.reduce((sum, { count }) => sum + count, 0);
    const models = named.flatMap(({ alias }) => aliases.modelOf(alias) ?? []);
    const count = (key: string): number => Number(/^\d{1,9}$/.exec(metadata[key] ?? extraSpecs[key] ?? '')?.[0] ?? 0);
    return vmRequest({
      id,
      vcpus,
      ramMib,
      diskGib,
      cards,
      cardModels: [...new Set(models)],
      cardMemoryMib: count('heps:gpu_mem_mib'),
      cardCores: count('heps:gpu_cores'),
    });
  } catch (error) {
    if (error instanceof InputError || error instanceof RangeError) return null;
    throw error;
  }
}

/** To be made before the server is held in the view. Null while Nova has not placed it, or when its request cannot be read. */
export function compare(view: CloudView, server: Server, aliases: Aliases, nowS: number): Comparison | null {
  const request = requestOf(server, aliases);
  if (request === null || server.host === null) return null;
  const { decision, host, verdicts } = view.explain(request);
  const index = view.cluster.specs.findIndex(({ name }) => name === server.host);
  const novaVerdict = index < 0 ? undefined : verdicts[index];
  return {
    serverId: server.id,
    atS: nowS,
    name: server.name,
    request,
    novaHost: server.host,
    host,
    score: decision.kind === 'placed' ? decision.score : null,
    objection: index < 0 ? 'unknown-host' : (novaVerdict?.rejection?.reason ?? null),
  };
}
