/** Whether `heps live serve` answers, and whether every host with cards reports to it. */
import { aBoolean, anArray, anObject, aText } from '../../core/check.ts';
import type { Check } from '../checks.ts';
import { collect, openNova, openPlacement, pciProviders, type Session } from '../openstack/index.ts';
import { hostCardsInPlacement } from '../record/host-cards.ts';
import type { Client } from '../scheduling/client.ts';
import { mostApartS, type ServiceClocks } from './clock-checks.ts';
import { check, saying } from './cloud-checks.ts';
import { clockStep, serverStep } from './steps.ts';

/** Hosts named in one check. */
const mostNames = 10;

export async function checkServer(
  client: Pick<Client, 'ask'>,
  session: Session,
  clocks: Pick<ServiceClocks, 'note'> | null = null,
): Promise<Check[]> {
  const checks: Check[] = [];
  try {
    const { status, body, aheadS = null } = await client.ask('GET', '/readyz', [200, 503]);
    if (aheadS !== null) clocks?.note('heps live serve', aheadS);
    if (status !== 200) {
      return [
        wrong(
          `not ready: ${String(body.detail ?? 'without a reason')}`,
          'look at its log; a moment after its start this is as it should be',
        ),
      ];
    }
    checks.push(check(serverStep, 'ok', 'ready'));
  } catch (error) {
    return [wrong(saying(error), 'is heps live serve running there?')];
  }
  try {
    const { body } = await client.ask('GET', '/v1/srm', [200]);
    const records = recordsIn(body);
    checks.push(
      ...recordChecks(records),
      ...hostClockChecks(records),
      ...(await hostChecks(new Set(records.map(({ host }) => host)), session)),
    );
  } catch (error) {
    checks.push(wrong(saying(error), 'does the token have the role reader, and is it of this server?'));
  }
  return checks;
}

interface HostRecord {
  readonly host: string;
  readonly isStale: boolean;
  /** By how much its clock was ahead when its last report came; null where that is not told. */
  readonly aheadS: number | null;
}

function recordsIn(body: Readonly<Record<string, unknown>>): HostRecord[] {
  return anArray(body.hosts, 'hosts').map((item, index) => {
    const where = `hosts[${index}]`;
    const { host, stale, receivedAtS, record } = anObject(item, where);
    const observedAtS = record === undefined ? undefined : anObject(record, `${where}.record`).observedAtS;
    const hasTimes = typeof receivedAtS === 'number' && typeof observedAtS === 'number';
    const aheadS = hasTimes ? observedAtS - receivedAtS : null;
    return { host: aText(host, `${where}.host`), isStale: aBoolean(stale, `${where}.stale`), aheadS };
  });
}

function recordChecks(records: readonly HostRecord[]): Check[] {
  const stale = records.filter(({ isStale }) => isStale).map(({ host }) => host);
  if (records.length === 0) {
    return [wrong('no host has reported', 'run heps live agent on each GPU host')];
  }
  if (stale.length === 0)
    return [check(serverStep, 'ok', `none of ${records.length} hosts that have reported is stale`)];
  return [
    wrong(
      `${stale.length} of ${records.length} hosts have not reported for three intervals: ${named(stale)}`,
      'look at heps live agent there; of a host that is gone: heps live host forget NAME',
    ),
  ];
}

/** Clocks of hosts, by when their reports came: a report is read, sent and taken within a second or two. */
function hostClockChecks(records: readonly HostRecord[]): Check[] {
  const wrongOnes = records.flatMap(({ host, aheadS }) =>
    aheadS === null || Math.abs(aheadS) <= mostApartS
      ? []
      : [`${host} (${Math.round(Math.abs(aheadS))} s ${aheadS > 0 ? 'ahead' : 'behind'})`],
  );
  if (wrongOnes.length === 0) return [];
  const text = `clocks of hosts are not the server's: ${named(wrongOnes)}`;
  return [check(clockStep, 'wrong', text, 'set the clocks there by NTP; ages of reports do not depend on them')];
}

/** Compares who reports with whom the cloud knows. */
async function hostChecks(reporting: ReadonlySet<string>, session: Session): Promise<Check[]> {
  let devices: Set<string>;
  let cards: Set<string>;
  let known: Set<string>;
  try {
    const nova = await openNova(session);
    const placement = await openPlacement(session);
    const hypervisors = await collect(nova.listHypervisors());
    known = new Set(hypervisors.map(({ host }) => host));
    cards = new Set((await hostCardsInPlacement(hypervisors, placement)).byHost.keys());
    devices = new Set(pciProviders(hypervisors, await placement.listProviders()).map(({ host }) => host));
  } catch (error) {
    return [check(serverStep, 'cannot-tell', `which hosts should report: ${saying(error)}`, 'see the steps before')];
  }
  const checks: Check[] = [];
  const silent = [...devices].filter((host) => !reporting.has(host));
  const withCards = silent.filter((host) => cards.has(host));
  const withOthers = silent.filter((host) => !cards.has(host));
  if (withCards.length > 0) {
    checks.push(wrong(`cards in Placement, but no record: ${named(withCards)}`, 'run heps live agent there'));
  }
  if (withOthers.length > 0) {
    const found = `devices of unknown models in Placement, and no record: ${named(withOthers)}`;
    checks.push(check(serverStep, 'cannot-tell', found, 'run heps live agent there, if they are GPUs'));
  }
  if (silent.length === 0 && devices.size > 0) {
    checks.push(check(serverStep, 'ok', `all ${devices.size} hosts with devices in Placement report`));
  }
  const strange = [...reporting].filter((host) => !known.has(host));
  if (strange.length > 0) {
    checks.push(
      wrong(
        `Nova has no such hosts, but they report: ${named(strange)}`,
        'start the agents with --host NAME, as Nova names the host',
      ),
    );
  }
  return checks;
}

function named(hosts: readonly string[]): string {
  const more = hosts.length > mostNames ? ` and ${hosts.length - mostNames} more` : '';
  return `${hosts.slice(0, mostNames).join(', ')}${more}`;
}

function wrong(found: string, remedy: string): Check {
  return check(serverStep, 'wrong', found, remedy);
}
