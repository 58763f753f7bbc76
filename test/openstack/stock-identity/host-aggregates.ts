/** Two host aggregates, of hosts with cards and of those without, as an operator keeps flavors of one kind off hosts of the other. */
import { anArray, anObject, aText } from '../../../core/check.ts';
import type { HostSpec } from '../../../core/host.ts';
import type { Nova } from '../../../live/openstack/index.ts';
import { serviceOf } from '../../../live/openstack/service.ts';
import type { Session } from '../../../live/openstack/session.ts';

/** What flavors say of the aggregate that they belong to: AggregateInstanceExtraSpecsFilter compares it with the aggregate's metadata. */
export function extraSpecOf(cards: number): Record<string, string> {
  return { 'aggregate_instance_extra_specs:cards': cards > 0 ? 'yes' : 'no' };
}

const prefix = 'identity-cards-';

/** Makes the aggregates and puts every host into one; those that an interrupted run left go first. @returns what takes them away again */
export async function addHostAggregates(
  session: Session,
  nova: Nova,
  specs: readonly HostSpec[],
): Promise<() => Promise<void>> {
  const compute = serviceOf(session, 'compute', nova.version);
  const post = (path: string, body: object) => compute.request({ method: 'POST', path, body }, (answer) => answer);
  const remove = async () => {
    const { value } = await compute.request({ method: 'GET', path: '/os-aggregates' }, (body) => body);
    for (const each of anArray(anObject(value, 'body').aggregates, 'aggregates')) {
      const { id, name, hosts } = anObject(each, 'aggregate');
      if (!aText(name, 'name').startsWith(prefix)) continue;
      const path = `/os-aggregates/${String(id)}`;
      for (const host of anArray(hosts, 'hosts')) await post(`${path}/action`, { remove_host: { host } });
      await compute.request({ method: 'DELETE', path }, () => undefined);
    }
  };
  await remove();
  for (const cards of ['yes', 'no'] as const) {
    const { value } = await post('/os-aggregates', { aggregate: { name: `${prefix}${cards}` } });
    const { id } = anObject(anObject(value, 'body').aggregate, 'aggregate');
    const path = `/os-aggregates/${String(id)}`;
    const hosts = specs.filter((host) => host.cards.length > 0 === (cards === 'yes')).map(({ name }) => name);
    await post(`${path}/action`, { set_metadata: { metadata: { cards } } });
    for (const host of hosts) await post(`${path}/action`, { add_host: { host } });
  }
  return remove;
}
