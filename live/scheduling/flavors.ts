/** Flavors that follow decisions: Nova fixes a flavor before it schedules, and names cards only by alias. */
import { createHash } from 'node:crypto';
import { type Flavor, isNotFound, type NewFlavor, type Nova, OpenStackError } from '../openstack/index.ts';
import type { Aliases } from './aliases.ts';
import { aliasesIn } from './asked-request.ts';
import { type HeldCard, wantedCards } from './holding.ts';
import type { ServerSpec } from './server-spec.ts';

/** What a server needs of its flavor. */
export type WantedFlavor = NewFlavor & Pick<Flavor, 'extraSpecs'>;

const prefix = 'heps-';
const description = 'Made by heps live for servers that it places; heps live flavors --remove removes unused ones.';
const aliasKey = 'pci_passthrough:alias';

/** Whether we made it. */
export function isOurs(flavor: Pick<Flavor, 'name' | 'description'>): boolean {
  return isOurName(flavor.name) && flavor.description === description;
}

/** Whether a server's flavor was one of ours, judged by its name, which is all that is left of it. */
export function isOurName(name: string): boolean {
  return name.startsWith(prefix);
}

/**
 * The flavor of a server on the cards that were chosen: the one that was named where it asks for just these cards, else one of ours:
 * `heps-8c-32768m-50g-a6000x2`, private, of the same name for the same content.
 */
export function flavorFor(
  { flavor, request }: Pick<ServerSpec, 'flavor' | 'request'>,
  cards: readonly HeldCard[],
  aliases: Aliases,
): { readonly id: string } | WantedFlavor {
  const wanted = wantedCards(cards)
    .map(({ model, count }) => ({ alias: aliases.aliasOf(model!), count }))
    .sort((one, other) => (one.alias < other.alias ? -1 : 1));
  const alias = wanted.map(({ alias: name, count }) => `${name}:${count}`).join(',');
  if (flavor !== null && sortedAlias(flavor.extraSpecs[aliasKey] ?? '') === alias) return { id: flavor.id };
  const { [aliasKey]: _, ...others } = flavor?.extraSpecs ?? {};
  const extraSpecs = { ...others, ...(alias !== '' && { [aliasKey]: alias }) };
  const { vcpus, ramMib, diskGib } = request;
  const size = `${vcpus}c-${ramMib}m-${diskGib}g`;
  const cardPart = wanted.map(({ alias: name, count }) => `-${name}x${count}`).join('');
  const more = Object.keys(others).length === 0 ? '' : `-${digestOf(others)}`;
  return {
    name: `${prefix}${size}${cardPart}${more}`,
    vcpus,
    ramMib,
    diskGib,
    isPublic: false,
    description,
    extraSpecs,
  };
}

/** Finds flavors by name or makes them, and remembers their ids. */
export class FlavorCache {
  readonly #nova: Pick<Nova, 'listFlavors' | 'createFlavor' | 'setFlavorExtraSpecs' | 'letUseFlavor'>;
  readonly #ids = new Map<string, Promise<string>>();
  /** Flavors with projects that may use them, of those that are ours. */
  readonly #uses = new Set<string>();

  constructor(nova: Pick<Nova, 'listFlavors' | 'createFlavor' | 'setFlavorExtraSpecs' | 'letUseFlavor'>) {
    this.#nova = nova;
  }

  /** Its id. A flavor whose extra specs were not written, since somebody died in between, gets them. @throws OpenStackError, NoAnswerError */
  async idOf(wanted: { readonly id: string } | WantedFlavor): Promise<string> {
    if ('id' in wanted) return wanted.id;
    let id = this.#ids.get(wanted.name);
    if (id === undefined) {
      id = this.#findOrMake(wanted);
      this.#ids.set(wanted.name, id);
      id.catch(() => this.#ids.delete(wanted.name));
    }
    return await id;
  }

  /** The same for a server in another project, which may use it then. @throws OpenStackError, NoAnswerError */
  async idFor(wanted: { readonly id: string } | WantedFlavor, projectId: string): Promise<string> {
    const id = await this.idOf(wanted);
    const use = `${id} ${projectId}`;
    if ('id' in wanted || this.#uses.has(use)) return id;
    await this.#nova.letUseFlavor(id, projectId);
    this.#uses.add(use);
    return id;
  }

  /** Forgets all ids: one was removed. */
  forget(): void {
    this.#ids.clear();
    this.#uses.clear();
  }

  async #findOrMake(wanted: WantedFlavor): Promise<string> {
    const { extraSpecs, ...size } = wanted;
    let flavor = await this.#find(wanted.name);
    if (flavor === undefined) {
      try {
        flavor = await this.#nova.createFlavor(size);
      } catch (error) {
        // Another replica was first, or our own order arrived though its answer did not.
        flavor = await this.#find(wanted.name);
        if (flavor === undefined) throw error;
      }
    }
    const differs = (['vcpus', 'ramMib', 'diskGib'] as const).some((field) => flavor[field] !== wanted[field]);
    if (differs) throw new FlavorMisused(wanted.name);
    const missing = Object.entries(extraSpecs).filter(([key, value]) => flavor.extraSpecs[key] !== value);
    if (missing.length > 0) await this.#nova.setFlavorExtraSpecs(flavor.id, Object.fromEntries(missing));
    return flavor.id;
  }

  async #find(name: string): Promise<Flavor | undefined> {
    for await (const flavor of this.#nova.listFlavors()) if (flavor.name === name) return flavor;
    return undefined;
  }
}

/** Somebody changed one of our flavors. */
export class FlavorMisused extends Error {
  override readonly name = 'FlavorMisused';

  constructor(flavor: string) {
    super(`the flavor ${flavor} has another size than its name says: remove it`);
  }
}

/** Removes those of ours that no server and no claim has. @returns their names */
export async function removeUnused(
  nova: Pick<Nova, 'listFlavors' | 'deleteFlavor' | 'listServers'>,
  inUse: ReadonlySet<string>,
): Promise<string[]> {
  const used = new Set(inUse);
  for await (const { flavor } of nova.listServers({ allProjects: true })) used.add(flavor.name);
  const removed: string[] = [];
  for await (const flavor of nova.listFlavors()) {
    if (!isOurs(flavor) || used.has(flavor.name)) continue;
    try {
      await nova.deleteFlavor(flavor.id);
      removed.push(flavor.name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return removed;
}

/** Whether Nova said that the flavor of a create does not exist. */
export function isFlavorGone(error: unknown): boolean {
  return error instanceof OpenStackError && [400, 404].includes(error.status) && /flavor/i.test(error.detail);
}

function sortedAlias(text: string): string {
  return aliasesIn(text)
    .sort((one, other) => (one.alias < other.alias ? -1 : 1))
    .map(({ alias, count }) => `${alias}:${count}`)
    .join(',');
}

function digestOf(extraSpecs: Readonly<Record<string, string>>): string {
  const text = JSON.stringify(Object.entries(extraSpecs).sort(([one], [other]) => (one < other ? -1 : 1)));
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
