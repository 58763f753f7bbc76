/**
 * How far the database had come, kept in the cloud: in the extra specs of a private flavor that nobody boots. A database that has come less far
 * is an older copy, as after a restore: what it says of servers and attempts is not what was.
 */
import type { Flavor, Nova } from '../openstack/index.ts';

const description =
  'Kept by heps live: how far its database had come when it last wrote here. It is used by no server.';
const epochKey = 'heps:epoch';
const installationKey = 'heps:installation';

export class EpochMark {
  readonly #nova: Pick<Nova, 'listFlavors' | 'createFlavor' | 'setFlavorExtraSpecs'>;
  readonly #installation: string;
  #id: string | null = null;

  constructor(nova: Pick<Nova, 'listFlavors' | 'createFlavor' | 'setFlavorExtraSpecs'>, installation: string) {
    this.#nova = nova;
    this.#installation = installation;
  }

  /** What was written last; 0 where nothing is. */
  async read(): Promise<number> {
    const flavor = await this.#find();
    const text = flavor?.extraSpecs[epochKey] ?? '';
    return /^\d{1,15}$/.test(text) ? Number(text) : 0;
  }

  async write(epoch: number): Promise<void> {
    this.#id ??= (await this.#find())?.id ?? (await this.#make());
    try {
      await this.#nova.setFlavorExtraSpecs(this.#id, {
        [epochKey]: String(epoch),
        [installationKey]: this.#installation,
      });
    } catch (error) {
      this.#id = null; // somebody has removed it, perhaps: looked for again the next time
      throw error;
    }
  }

  async #make(): Promise<string> {
    const size = { vcpus: 1, ramMib: 1, diskGib: 0 };
    return (await this.#nova.createFlavor({ name: this.#name, ...size, isPublic: false, description })).id;
  }

  async #find(): Promise<Flavor | undefined> {
    for await (const flavor of this.#nova.listFlavors()) {
      if (flavor.name === this.#name && flavor.extraSpecs[installationKey] === this.#installation) return flavor;
    }
    return undefined;
  }

  get #name(): string {
    return `heps-mark-${this.#installation}`;
  }
}
