/** `heps live doctor | install | uninstall` as an administrator types them, against the real cloud. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Check } from '../../live/checks.ts';
import { gpuNamespace } from '../../live/metadata/gpu-namespace.ts';
import { openGlance } from '../../live/openstack/index.ts';
import { cloudConfiguration, logIn, runCloud, stateFolder } from './cloud.ts';

const { session } = logIn(cloudConfiguration('admin'));
const glance = openGlance(session);

/** The built command; the clouds `admin` and `demo` are those of the test cloud. */
function heps(...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, OS_CLIENT_CONFIG_FILE: join(stateFolder, 'clouds.yaml') };
  return spawnSync(process.execPath, [resolve('dist/cli.js'), 'live', ...args], { encoding: 'utf8', env });
}

const doctor = (cloud: string): { status: number | null; checks: Check[] } => {
  const { status, stdout } = heps('doctor', '--cloud', cloud, '--json');
  return { status, checks: (JSON.parse(stdout) as { checks: Check[] }).checks };
};
const removed = () => glance.deleteNamespace(gpuNamespace.namespace).catch(() => undefined);

beforeAll(removed);
afterAll(async () => {
  await removed();
  await session.close();
});

describe('install', () => {
  test('a dry run shows what is registered, needs no login and leaves Glance as it is', async () => {
    const { status, stdout } = heps('install', '--cloud', 'nowhere', '--dry-run', '--url', 'https://c:8790');
    expect(status).toBe(0);
    expect(stdout).toContain('"gpu_mem_mib"');
    expect(stdout).toContain('the service heps-srm at https://c:8790');
    expect(await glance.showNamespace(gpuNamespace.namespace)).toBeNull();
  });

  test('done twice it is as done once', async () => {
    expect(heps('install', '--cloud', 'admin').stdout).toContain('creates the namespace');
    expect(heps('install', '--cloud', 'admin').stdout).toContain('is there already');
    const found = await glance.showNamespace(gpuNamespace.namespace);
    expect(found!.properties.gpu_model).toMatchObject({ enum: expect.arrayContaining(['any', 'RTX A6000']) });
    expect(found!.resource_type_associations.map(({ name }) => name).sort()).toEqual([
      'OS::Nova::Flavor',
      'OS::Nova::Server',
    ]);
  });

  test('with an address the server is in the catalog, until uninstall', () => {
    const catalog = (): string => {
      const env = { ...process.env, OS_CLIENT_CONFIG_FILE: join(stateFolder, 'clouds.yaml') };
      const args = ['--os-cloud', 'admin', 'catalog', 'show', 'heps-srm', '-f', 'json'];
      return spawnSync('/usr/bin/openstack', args, { encoding: 'utf8', env }).stdout;
    };
    const url = 'http://127.0.0.1:8790';
    expect(heps('install', '--cloud', 'admin', '--url', url).stdout).toContain('is in the catalog now');
    expect(heps('install', '--cloud', 'admin', '--url', url).stdout).toContain('is in the catalog already');
    expect(JSON.parse(catalog())).toMatchObject({
      type: 'heps-srm',
      endpoints: expect.arrayContaining([expect.objectContaining({ interface: 'public', url })]),
    });
    expect(heps('uninstall', '--cloud', 'admin').stdout).toContain('the service heps-srm is no longer in the catalog');
    expect(JSON.parse(catalog() || '{}')).toEqual({});
    expect(heps('install', '--cloud', 'admin').stdout).toContain('is not registered: --url says');
  });

  test('definitions of another version are replaced', async () => {
    await glance.deleteNamespace(gpuNamespace.namespace);
    const { gpu_cores: _, ...properties } = gpuNamespace.properties;
    await glance.createNamespace({ ...gpuNamespace, properties });
    expect(heps('install', '--cloud', 'admin').stdout).toContain('replaces the namespace');
    expect((await glance.showNamespace(gpuNamespace.namespace))!.properties).toHaveProperty('gpu_cores');
  });

  test('who is no administrator is refused in one line, and nothing changes', async () => {
    const { status, stderr } = heps('uninstall', '--cloud', 'demo');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^heps: image: (PUT|DELETE) .*: 403 .*\n$/);
    expect(await glance.showNamespace(gpuNamespace.namespace)).not.toBeNull();
  });
});

describe('doctor', () => {
  test('doctor finds nothing wrong where all is in order', () => {
    const { status, checks } = doctor('admin');
    expect(checks.filter((check) => check.status === 'wrong')).toEqual([]);
    expect(status).toBe(0);
    expect([...new Set(checks.map(({ step }) => step))]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(checks.find(({ found }) => found.includes('hypervisors'))!.found).toBe(
      '8 hypervisors, each with its provider',
    );
  });

  test('doctor says that a plain member lacks the role', () => {
    const { status, checks } = doctor('demo');
    expect(status).toBe(1);
    expect(checks.find(({ step }) => step === 3)).toMatchObject({
      status: 'wrong',
      found: expect.stringContaining('403'),
      remedy: 'the scheduler needs the admin role in its project',
    });
  });

  test('doctor says what is missing after uninstall', () => {
    expect(heps('uninstall', '--cloud', 'admin').stdout).toBe('OS::HEPS::GPU is no longer in Glance\n');
    expect(heps('uninstall', '--cloud', 'admin').stdout).toBe('OS::HEPS::GPU was not in Glance\n');
    const { checks } = doctor('admin');
    expect(checks.find(({ step }) => step === 5)).toMatchObject({ status: 'wrong', found: 'no OS::HEPS::GPU' });
  });

  test('doctor names a service that does not answer, and checks the others', async () => {
    await runCloud('down', ['placement']);
    try {
      const { status, checks } = doctor('admin');
      expect(status).toBe(1);
      expect(checks.find((check) => check.step === 4)).toMatchObject({ status: 'wrong' });
      expect(checks.find((check) => check.step === 4)!.found).toMatch(/^placement: GET/);
      expect(checks.some((check) => check.step === 5)).toBe(true);
    } finally {
      await runCloud('up');
    }
  });

  test('a cloud that is not configured is one line and exit code 2', () => {
    const { status, stderr } = heps('doctor', '--cloud', 'nowhere');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^heps: .*clouds\.yaml: cloud: expected one of admin, demo, got "nowhere"\n$/);
  });
});
