/** What `heps live doctor` looks at in a cloud: whether we may do what the scheduler does, and whether what it relies on is there. */
import { InputError } from '../../core/input-error.ts';
import type { Check, CheckStatus } from '../checks.ts';
import { gpuNamespace } from '../metadata/gpu-namespace.ts';
import { planInstall } from '../metadata/install.ts';
import {
  type ComputeService,
  collect,
  NoAnswerError,
  type Nova,
  OpenStackError,
  openGlance,
  openNova,
  openPlacement,
  type Placement,
  type Session,
} from '../openstack/index.ts';

/** Steps 1 to 5, one check a thing; a step that fails leaves out those that need it; nothing in the cloud is changed. */
export async function checkCloud(session: Session): Promise<readonly Check[]> {
  const login = await checkLogin(session);
  if (login.status === 'wrong') return [login];
  const checks = [login];
  const nova = await attempt(2, checks, 'is compute in the catalog, and not older than Train (2.74)?', async () => {
    const opened = await openNova(session);
    checks.push(check(2, 'ok', `microversion ${opened.version}`));
    return opened;
  });
  if (nova !== null) await checkServices(nova, checks);
  const placement = await attempt(4, checks, 'is placement in the catalog?', () => openPlacement(session));
  if (nova !== null && placement !== null) await checkHosts(nova, placement, checks);
  await attempt(5, checks, 'is image in the catalog?', async () => checks.push(await checkDefinitions(session)));
  return checks;
}

async function checkLogin(session: Session): Promise<Check> {
  const { name, authUrl } = session.cloud;
  try {
    await session.endpoint('identity');
    return check(1, 'ok', `${name} at ${authUrl}`);
  } catch (error) {
    if (error instanceof InputError) return check(1, 'ok', `${name} at ${authUrl}`); // in, but without that service
    const refused = error instanceof OpenStackError && error.status === 401;
    const remedy = refused
      ? 'check user, password and project, or the application credential'
      : `does ${authUrl} answer?`;
    return check(1, 'wrong', saying(error), remedy);
  }
}

/** Needs the admin role, as creating a server on a host of one’s choice does. */
async function checkServices(nova: Nova, checks: Check[]): Promise<void> {
  const services = await attempt(3, checks, 'the scheduler needs the admin role in its project', () =>
    collect(nova.listServices()),
  );
  if (services === null) return;
  for (const binary of ['nova-scheduler', 'nova-conductor', 'nova-compute']) {
    checks.push(...servicesOf(services, binary));
  }
}

function servicesOf(all: readonly ComputeService[], binary: string): Check[] {
  const services = all.filter((service) => service.binary === binary);
  const isUp = ({ state, status }: ComputeService) => state === 'up' && status === 'enabled';
  const out = services.filter((service) => !isUp(service));
  if (services.length === 0) return [check(3, 'wrong', `no ${binary}`, `start ${binary}`)];
  const upText = `${services.length - out.length} of ${services.length} ${binary} up and enabled`;
  if (out.length === 0) return [check(3, 'ok', upText)];
  const names = out.slice(0, 5).map(({ host, state, status }) => `${host} (${state}, ${status})`);
  const more = out.length > names.length ? ` and ${out.length - names.length} more` : '';
  const status = out.length === services.length ? 'wrong' : 'cannot-tell';
  return [
    check(3, status, `${upText}; not ${names.join(', ')}${more}`, 'look at their logs, unless they are out on purpose'),
  ];
}

async function checkHosts(nova: Nova, placement: Placement, checks: Check[]): Promise<void> {
  await attempt(4, checks, 'reading hosts and Placement needs the admin role', async () => {
    const hypervisors = await collect(nova.listHypervisors());
    const providers = await placement.listProviders();
    const known = new Set(providers.map(({ name }) => name));
    const missing = hypervisors.filter(({ name }) => !known.has(name));
    checks.push(
      missing.length === 0
        ? check(4, 'ok', `${hypervisors.length} hypervisors, each with its provider`)
        : check(
            4,
            'wrong',
            `no provider for ${missing.map(({ name }) => name).join(', ')}`,
            'restart nova-compute there',
          ),
    );
    const cards = providers.filter(({ parentId }) => parentId !== null).length;
    checks.push(
      cards > 0
        ? check(4, 'ok', `${cards} devices below them`)
        : check(
            4,
            'cannot-tell',
            'no devices below them',
            'set [pci] report_in_placement = true on GPU hosts: heps live host prepare',
          ),
    );
  });
}

async function checkDefinitions(session: Session): Promise<Check> {
  const plan = await planInstall(openGlance(session));
  if (plan === 'nothing') return check(5, 'ok', gpuNamespace.namespace);
  const found = plan === 'create' ? `no ${gpuNamespace.namespace}` : `${gpuNamespace.namespace} of another version`;
  return check(5, 'wrong', found, 'heps live install');
}

/** A check, with what to do where something is to be done. */
export function check(step: number, status: CheckStatus, found: string, remedy: string | null = null): Check {
  return { step, status, found, remedy };
}

/** Adds what went wrong to the checks. @returns null then */
async function attempt<T>(step: number, checks: Check[], remedy: string, act: () => Promise<T>): Promise<T | null> {
  try {
    return await act();
  } catch (error) {
    checks.push(check(step, 'wrong', saying(error), remedy));
    return null;
  }
}

/** The message of what a cloud may do wrong. @throws the error itself where it is ours */
export function saying(error: unknown): string {
  if (error instanceof OpenStackError || error instanceof NoAnswerError || error instanceof InputError) {
    return error.message;
  }
  throw error;
}
