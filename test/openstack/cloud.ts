/** The test cloud: starting and stopping it, or parts of it, and logging in. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  type CloudConfiguration,
  openSession,
  readCloudConfiguration,
  type Session,
  type SessionOptions,
} from '../../live/openstack/index.ts';

/** Where everything that the cloud owns lives; the same in `cloud/lib/env.sh`. */
export const stateFolder = process.env.OPENSTACK_STATE ?? join(tmpdir(), 'heps-test-openstack');

/** How many hosts the cloud has, a quarter of them with GPUs; 8 where nothing is said. */
const hosts = process.env.TEST_CLOUD_HOSTS;

/** Runs `cloud/up`, `cloud/down` or `cloud/host`, and gives what it printed. */
export async function runCloud(
  command: 'up' | 'down' | 'host',
  parameters: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const env = { ...process.env, ...environment, OPENSTACK_STATE: stateFolder };
  const path = join(import.meta.dirname, 'cloud', command);
  const size = command === 'up' && hosts !== undefined ? ['--hosts', hosts] : [];
  return (await promisify(execFile)(path, [...size, ...parameters], { env })).stdout;
}

/** The latest lines of nova-scheduler's log: why it found no host. */
export function schedulerLog(lines = 20): string {
  return readFileSync(join(stateFolder, 'log/scheduler.log'), 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/** @param cloud `admin`, or `demo`: a plain member */
export function cloudConfiguration(cloud: 'admin' | 'demo'): CloudConfiguration {
  const environment = { OS_CLIENT_CONFIG_FILE: join(stateFolder, 'clouds.yaml') };
  const around = { environment, directory: stateFolder, home: stateFolder, system: stateFolder };
  return readCloudConfiguration(around, cloud);
}

/** A session, and the statuses of its exchanges by service, in order. */
export function logIn(
  cloud: CloudConfiguration,
  options: Partial<SessionOptions> = {},
): { session: Session; statuses: Record<string, (number | null)[]> } {
  const statuses: Record<string, (number | null)[]> = {};
  const observe: SessionOptions['observe'] = ({ service, status }) => {
    statuses[service] ??= [];
    statuses[service].push(status);
  };
  return { session: openSession(cloud, { observe, ...options }), statuses };
}
