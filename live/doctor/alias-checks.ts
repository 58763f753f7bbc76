/** Whether Nova knows the PCI aliases of the configuration: its API names them nowhere, but refuses a server whose flavor has an unknown one. */
import type { Check } from '../checks.ts';
import {
  collect,
  type Flavor,
  isNotFound,
  type Nova,
  OpenStackError,
  openGlance,
  openNova,
  type Session,
} from '../openstack/index.ts';
import { aliasesIn } from '../scheduling/asked-request.ts';
import { check, saying } from './cloud-checks.ts';
import { aliasStep } from './steps.ts';

/** A host that no cloud has (RFC 2606): Nova looks at the alias first, then at the host, and makes nothing. */
const noHost = 'heps-live-doctor.invalid';

/** One check for each alias that is wrong or cannot be asked about, and one for all others; nothing in the cloud is changed. */
export async function checkAliases(session: Session, aliases: readonly string[]): Promise<Check[]> {
  if (aliases.length === 0) return [];
  let found: Map<string, string | null>;
  try {
    const nova = await openNova(session);
    const [image] = await collect(openGlance(session).listImages());
    if (image === undefined) return [unasked(aliases, 'there is no image to ask with')];
    const flavors = await collect(nova.listFlavors());
    found = new Map();
    for (const alias of aliases) found.set(alias, await reasonAgainst(nova, image.id, flavors, alias));
  } catch (error) {
    return [unasked(aliases, saying(error))];
  }
  const known = aliases.filter((alias) => found.get(alias) === null);
  const others = [...found].flatMap(([alias, reason]) => (reason === null ? [] : [checkOf(alias, reason)]));
  return [
    ...(known.length > 0 ? [check(aliasStep, 'ok', `Nova knows the aliases ${known.join(', ')}`)] : []),
    ...others,
  ];
}

function checkOf(alias: string, reason: string): Check {
  if (!/not defined/i.test(reason)) return unasked([alias], reason);
  const remedy =
    'write it into [pci] alias of nova.conf on API and GPU hosts (heps live host prepare), or out of scheduling.aliases';
  return check(aliasStep, 'wrong', `Nova has no PCI alias ${alias}`, remedy);
}

function unasked(aliases: readonly string[], reason: string): Check {
  const text = `whether Nova knows the aliases ${aliases.join(', ')}: ${reason}`;
  return check(aliasStep, 'cannot-tell', text, 'see [pci] alias of nova.conf on API and GPU hosts');
}

/** What Nova says against a server with that alias but its host; null for nothing. */
async function reasonAgainst(
  nova: Pick<Nova, 'createServer' | 'deleteServer'>,
  imageId: string,
  flavors: readonly Flavor[],
  alias: string,
): Promise<string | null> {
  const flavor = flavors.find(({ extraSpecs }) =>
    aliasesIn(extraSpecs['pci_passthrough:alias'] ?? '').some((each) => each.alias === alias),
  );
  if (flavor === undefined) return 'no flavor names it';
  try {
    const order = { name: 'heps-live-doctor', imageId, flavorId: flavor.id, networks: 'none', host: noHost } as const;
    const { id } = await nova.createServer(order);
    // No Nova should have taken it.
    await nova.deleteServer(id).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    return null;
  } catch (error) {
    if (!(error instanceof OpenStackError)) throw error;
    const isHost = [400, 404].includes(error.status) && error.detail.includes(noHost);
    return isHost ? null : error.detail;
  }
}
