/** Whether what a server holds is what the cloud has, and what an operator has to look at: of `heps live verify` and `heps live reconcile`. */
import type { Clock } from '../../core/clock.ts';
import type { Check } from '../checks.ts';
import type { Session } from '../openstack/index.ts';
import type { Client } from '../scheduling/client.ts';
import { verify } from '../verify/verify.ts';
import { check, saying } from './cloud-checks.ts';
import { holdingsStep } from './steps.ts';

/** Seconds within which the server must have followed the cloud. */
const withinS = 5;

/** Differences or places named in one check. */
const mostNames = 5;

export async function checkHoldings(client: Pick<Client, 'ask'>, session: Session, clock: Clock): Promise<Check[]> {
  const checks: Check[] = [];
  try {
    const { hosts, servers, cards, differences, notes } = await verify(client, session, withinS, clock);
    const texts = differences.map(
      ({ host, subject, holdings, cloud }) => `${host}, ${subject}: ${holdings}, not ${cloud}`,
    );
    checks.push(
      differences.length === 0
        ? check(
            holdingsStep,
            'ok',
            `${hosts} hosts, ${servers} servers, ${cards} cards in use: as in Nova and Placement`,
          )
        : check(
            holdingsStep,
            'wrong',
            `${differences.length} differences: ${some(texts)}`,
            'heps live verify names all of them',
          ),
    );
    if (notes.length > 0) {
      const remedy =
        'not given out; openstack resource provider allocation delete, or the guest ended on its host, frees them';
      checks.push(check(holdingsStep, 'wrong', some(notes), remedy));
    }
    checks.push(...(await reviewChecks(client)));
  } catch (error) {
    checks.push(check(holdingsStep, 'cannot-tell', saying(error), 'see the steps before'));
  }
  return checks;
}

async function reviewChecks(client: Pick<Client, 'ask'>): Promise<Check[]> {
  const { body } = await client.ask('GET', '/v1/review', [200]);
  const concerns = Array.isArray(body.concerns) ? body.concerns.map(String) : [];
  const items = Array.isArray(body.items) ? body.items.length : 0;
  const checks = concerns.map((concern) => check(holdingsStep, 'wrong', concern, 'heps live reconcile --review'));
  if (items > 0) checks.push(check(holdingsStep, 'cannot-tell', `${items} in doubt`, 'heps live reconcile --review'));
  return checks;
}

function some(texts: readonly string[]): string {
  const more = texts.length > mostNames ? `; and ${texts.length - mostNames} more` : '';
  return `${texts.slice(0, mostNames).join('; ')}${more}`;
}
