/** Which hosts Placement allows a server on, asked before a claim: of the one that is best, and of all only where that one is out. */
import { disabledTrait, type Nova, type Placement } from '../openstack/index.ts';
import type { BinderParts } from './binder.ts';
import type { CloudHosts } from './cloud-hosts.ts';
import { type PlacedSpec, placementQuestion } from './placement-question.ts';
import type { ServerSpec } from './server-spec.ts';

export interface PlacementRulesParts {
  readonly placement: Pick<Placement, 'listCandidates' | 'listProviders'>;
  readonly nova: Pick<Nova, 'listAggregates'>;
  readonly hosts: Pick<CloudHosts, 'idOf' | 'nameOf' | 'names'>;
  readonly log: BinderParts['log'];
}

/** Out by Placement for a reason that has no name of its own: room, or a group of resources. */
const byPlacement = 'placement';

/** What Placement says of the hosts for one request. */
export class PlacementRules {
  readonly #parts: PlacementRulesParts;
  readonly #spec: PlacedSpec & Pick<ServerSpec, 'availabilityZone'>;
  readonly #allowed = new Set<string>();
  #excluded = new Map<string, string>();
  #zone: { readonly uuids: readonly string[]; readonly hosts: ReadonlySet<string> } | null = null;
  #hasAsked = false;
  /** Nobody can say: Nova will. */
  #isUnknown = false;

  constructor(parts: PlacementRulesParts, spec: PlacedSpec & Pick<ServerSpec, 'availabilityZone'>) {
    this.#parts = parts;
    this.#spec = spec;
  }

  /** Hosts that are out, with the rule that forbids each. */
  get excluded(): ReadonlyMap<string, string> {
    return this.#excluded;
  }

  /** Whether Placement has said that the host may take it. */
  allows(host: string): boolean {
    return this.#isUnknown || this.#allowed.has(host);
  }

  /** Asks about a host that was not asked about; the second time about all of them. Where nobody answers, all are allowed. */
  async ask(host: string): Promise<void> {
    const { hosts, placement } = this.#parts;
    const id = hosts.idOf(host);
    if (id === null) {
      this.#allowed.add(host);
      return;
    }
    await this.#orUnknown(async () => {
      if (!this.#hasAsked) {
        this.#hasAsked = true;
        this.#zone = await this.#readZone();
        if ((await placement.listCandidates({ ...this.#question(), inTree: id })).has(id)) {
          this.#allowed.add(host);
          return;
        }
      }
      await this.#askAll();
    });
  }

  /** Asks once more about all hosts, if any was out, and finds out by which rule each is: before a request is refused. */
  async askAgain(): Promise<void> {
    if (this.#excluded.size === 0 || this.#isUnknown) return;
    await this.#orUnknown(async () => {
      await this.#askAll();
      await this.#nameRules();
    });
  }

  async #askAll(): Promise<void> {
    const { placement, hosts } = this.#parts;
    const found = await placement.listCandidates({ ...this.#question(), inTree: null });
    this.#excluded = new Map();
    for (const name of hosts.names()) {
      if (found.has(hosts.idOf(name)!)) this.#allowed.add(name);
      else {
        this.#allowed.delete(name);
        this.#excluded.set(name, byPlacement);
      }
    }
  }

  async #nameRules(): Promise<void> {
    const { placement, hosts } = this.#parts;
    const { required, forbidden } = this.#question();
    const withTrait = async (trait: string): Promise<ReadonlySet<string | null>> =>
      new Set((await placement.listProviders({ required: [trait] })).map(({ rootId }) => hosts.nameOf(rootId)));
    const rules: [rule: string, forbids: (host: string) => boolean][] = [];
    const disabled = await withTrait(disabledTrait);
    rules.push(['disabled', (host) => disabled.has(host)]);
    const zone = this.#zone;
    if (zone !== null) rules.push(['zone', (host) => !zone.hosts.has(host)]);
    for (const trait of required) {
      const having = await withTrait(trait);
      rules.push([`trait-${trait}`, (host) => !having.has(host)]);
    }
    for (const trait of forbidden) {
      const having = await withTrait(trait);
      rules.push([`forbidden-${trait}`, (host) => having.has(host)]);
    }
    for (const host of this.#excluded.keys()) {
      const rule = rules.find(([, forbids]) => forbids(host));
      if (rule !== undefined) this.#excluded.set(host, rule[0]);
    }
  }

  #question() {
    return placementQuestion(this.#spec, this.#zone === null ? null : this.#zone.uuids);
  }

  /** Null without a zone, and for the default one, which has no aggregates: Nova judges it. */
  async #readZone() {
    const { availabilityZone } = this.#spec;
    if (availabilityZone === undefined) return null;
    const aggregates = (await this.#parts.nova.listAggregates()).filter(
      (aggregate) => aggregate.availabilityZone === availabilityZone,
    );
    if (aggregates.length === 0) return null;
    return { uuids: aggregates.map(({ uuid }) => uuid), hosts: new Set(aggregates.flatMap(({ hosts }) => hosts)) };
  }

  async #orUnknown(ask: () => Promise<void>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      this.#isUnknown = true;
      this.#excluded = new Map();
      this.#parts.log('warn', { err: error }, 'Placement does not say which hosts are allowed: Nova will');
    }
  }
}
