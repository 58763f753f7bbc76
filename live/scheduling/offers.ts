/** Images and flavors that can be asked for by name. */
import type { Clock } from '../../core/clock.ts';
import { InputError } from '../../core/input-error.ts';
import { collect, type Flavor, type Glance, type Image, type Nova } from '../openstack/index.ts';
import type { Aliases } from './aliases.ts';
import { type ServerBody, type ServerSpec, specOf } from './server-spec.ts';

/** Seconds for which they are not asked for again. */
const keptForS = 30;

export class Offers {
  readonly #glance: Pick<Glance, 'listImages'>;
  readonly #nova: Pick<Nova, 'listFlavors'>;
  readonly #aliases: Aliases;
  readonly #clock: Pick<Clock, 'nowS'>;
  #known: { readonly images: readonly Image[]; readonly flavors: readonly Flavor[]; readonly readAtS: number } | null =
    null;

  constructor(
    glance: Pick<Glance, 'listImages'>,
    nova: Pick<Nova, 'listFlavors'>,
    aliases: Aliases,
    clock: Pick<Clock, 'nowS'>,
  ) {
    this.#glance = glance;
    this.#nova = nova;
    this.#aliases = aliases;
    this.#clock = clock;
  }

  /** Looks up image and flavor. @throws InputError naming the field, OpenStackError, NoAnswerError */
  async specOf(id: string, body: ServerBody): Promise<ServerSpec> {
    const modelOf = (alias: string): string | undefined => this.#aliases.modelOf(alias);
    const { images, flavors, readAtS } = await this.#readSince(this.#clock.nowS - keptForS);
    try {
      return specOf(id, body, images, flavors, modelOf);
    } catch (error) {
      const { nowS } = this.#clock;
      if (!(error instanceof InputError) || nowS - readAtS < 1) throw error;
      // It may have been made a moment ago.
      const newest = await this.#readSince(nowS);
      return specOf(id, body, newest.images, newest.flavors, modelOf);
    }
  }

  /** Read at that time or later. */
  async #readSince(leastS: number) {
    if (this.#known === null || this.#known.readAtS < leastS) {
      const readAtS = this.#clock.nowS;
      const [images, flavors] = await Promise.all([
        collect(this.#glance.listImages()),
        collect(this.#nova.listFlavors()),
      ]);
      this.#known = { images, flavors, readAtS };
    }
    return this.#known;
  }
}
