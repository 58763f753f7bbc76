/** Where a cloud's configuration comes from, what wins, and what is said of a wrong one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readCloudConfiguration } from '../../../live/openstack/configuration.ts';
import { tokenRequest } from '../../../live/openstack/credential.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'heps-clouds-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Writes a file below the test's folder, and gives its path. */
function write(path: string, text: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function read(environment: Record<string, string> = {}, cloud?: string) {
  const [directory, home, system] = ['here', 'home', 'system'].map((folder) => join(root, folder));
  return readCloudConfiguration({ environment, directory: directory!, home: home!, system: system! }, cloud);
}

/** A file of clouds by name, each with its own address. */
const clouds = (...names: string[]) =>
  `clouds:\n${names
    .map((name) => `  ${name}: {auth: {auth_url: 'http://${name}/', username: u, password: p, project_name: q}}\n`)
    .join('')}`;

const variables = {
  OS_AUTH_URL: 'http://variables:5000',
  OS_USERNAME: 'u',
  OS_PASSWORD: 'p',
  OS_PROJECT_NAME: 'q',
};

describe('the file', () => {
  test('OS_CLIENT_CONFIG_FILE comes before the working directory, that before the home directory, that before /etc', () => {
    write('system/clouds.yaml', clouds('system'));
    expect(read().authUrl).toBe('http://system/v3');
    write('home/.config/openstack/clouds.yaml', clouds('home'));
    expect(read().authUrl).toBe('http://home/v3');
    write('here/clouds.yaml', clouds('here'));
    expect(read().authUrl).toBe('http://here/v3');
    const chosen = write('chosen.yaml', clouds('chosen'));
    expect(read({ OS_CLIENT_CONFIG_FILE: chosen }).authUrl).toBe('http://chosen/v3');
  });

  test('that OS_CLIENT_CONFIG_FILE names must exist', () => {
    write('here/clouds.yaml', clouds('here'));
    expect(() => read({ OS_CLIENT_CONFIG_FILE: '/no/such' })).toThrow(
      'OS_CLIENT_CONFIG_FILE: expected a file that exists, got "/no/such"',
    );
  });

  test('secure.yaml is laid over clouds.yaml, field by field', () => {
    write('here/clouds.yaml', 'clouds: {a: {auth: {auth_url: http://a, username: u, project_name: q}}}');
    write('home/.config/openstack/secure.yaml', 'clouds: {a: {auth: {password: 0123}}}');
    expect(tokenRequest(read().credential)).toEqual({
      auth: {
        identity: {
          methods: ['password'],
          // A password of digits stays a text, with its zero.
          password: { user: { name: 'u', domain: { id: 'default' }, password: '0123' } },
        },
        scope: { project: { name: 'q', domain: { id: 'default' } } },
      },
    });
  });
});

describe('which cloud', () => {
  test('the caller comes before OS_CLOUD, that before OS_AUTH_URL, that before the only one of the file', () => {
    const file = write('here/clouds.yaml', clouds('one', 'two'));
    expect(read({ ...variables, OS_CLOUD: 'one' }, 'two').name).toBe('two');
    expect(read({ ...variables, OS_CLOUD: 'one' }).name).toBe('one');
    expect(read(variables)).toMatchObject({ name: 'environment', authUrl: 'http://variables:5000/v3' });
    expect(() => read()).toThrow(`${file} has several clouds: expected OS_CLOUD to be one of one, two`);
    expect(() => read({ OS_CLOUD: 'three' })).toThrow(`${file}: cloud: expected one of one, two, got "three"`);
  });

  test('none at all is said', () => {
    expect(() => read()).toThrow('no cloud is configured: expected clouds.yaml (OS_CLIENT_CONFIG_FILE) or OS_AUTH_URL');
  });

  test('for a cloud from a file region, interface and CA of the environment win, but not its password', () => {
    write(
      'here/clouds.yaml',
      `${clouds('one').trimEnd().slice(0, -1)}, region_name: A, interface: internalURL, cacert: /a.pem}`,
    );
    expect(read()).toMatchObject({ region: 'A', interface: 'internal', caFile: '/a.pem' });
    const over = { ...variables, OS_CLOUD: 'one', OS_PASSWORD: 'other', OS_REGION_NAME: 'B', OS_INTERFACE: 'admin' };
    const cloud = read({ ...over, OS_CACERT: '/b.pem' });
    expect(cloud).toMatchObject({ region: 'B', interface: 'admin', caFile: '/b.pem', authUrl: 'http://one/v3' });
    expect(JSON.stringify(tokenRequest(cloud.credential))).toContain('"password":"p"');
  });
});

describe('the credential', () => {
  test('a CA below the home directory may be written with ~', () => {
    expect(read({ ...variables, OS_CACERT: '~/ca.pem' }).caFile).toBe(join(root, 'home/ca.pem'));
  });

  test('ids come before names, a domain of the user before the common one', () => {
    const cloud = read({
      ...{ ...variables, OS_USER_DOMAIN_NAME: 'Users', OS_DOMAIN_ID: 'common', OS_PROJECT_ID: 'p-1' },
    });
    expect(cloud.credential).toMatchObject({ user: { name: 'u', domain: { name: 'Users' } }, project: { id: 'p-1' } });
  });

  test('an application credential by id has no scope', () => {
    const { credential } = read({
      OS_AUTH_URL: 'http://a',
      OS_APPLICATION_CREDENTIAL_ID: 'c-1',
      OS_APPLICATION_CREDENTIAL_SECRET: 's',
    });
    expect(tokenRequest(credential)).toEqual({
      auth: {
        identity: { methods: ['application_credential'], application_credential: { id: 'c-1', secret: 's' } },
      },
    });
  });

  test('an application credential by name needs its user', () => {
    const byName = {
      OS_AUTH_URL: 'http://a',
      OS_APPLICATION_CREDENTIAL_NAME: 'n',
      OS_APPLICATION_CREDENTIAL_SECRET: 's',
    };
    expect(() => read(byName)).toThrow('OS_USERNAME: expected a text, got nothing');
    expect(read({ ...byName, OS_USER_ID: 'u-1' }).credential).toMatchObject({
      credential: { name: 'n', user: { id: 'u-1' } },
    });
  });

  test('printing or serialising a configuration shows no secret', () => {
    const cloud = read({ ...variables, OS_PASSWORD: 'hunter2' });
    expect(inspect(cloud, { depth: null }) + JSON.stringify(cloud)).not.toContain('hunter2');
  });
});

describe('what is wrong is said in one line, without secrets', () => {
  test.each([
    ['a field that is missing', '{auth: {auth_url: http://a, username: u}}', /: clouds\.a: password: expected a text/],
    ['another kind of login', '{auth_type: v3oidc, auth: {auth_url: http://a}}', /auth_type: expected one of password/],
    ['Keystone v2', '{auth: {auth_url: http://a/v2.0}}', /auth_url: expected the address of Keystone's v3 API/],
    ['no address', '{auth: {auth_url: nowhere, password: hunter2}}', /auth_url: expected an http or https address/],
    ['a secret in the address', '{auth: {auth_url: "http://u:hunter2@a"}}', /address without user and password/],
    ['a list for a text', '{auth: {auth_url: http://a, password: [hunter2]}}', /password: expected a text$/],
    [
      'an unknown interface',
      '{interface: x, auth: {auth_url: http://a, username: u, password: p, project_name: q}}',
      /interface: expected one of public, internal/,
    ],
    ['no verification', '{verify: false, auth: {auth_url: http://a}}', /expected certificates to be verified/],
    ['no entry', 'hunter2', /clouds\.a: expected fields$/],
    ['no fields in auth', '{auth: hunter2}', /clouds\.a\.auth: expected fields$/],
  ])('%s', (_, entry, message) => {
    write('here/clouds.yaml', `clouds:\n  a: ${entry}\n`);
    const thrown = () => {
      try {
        return read();
      } catch (error) {
        return error;
      }
    };
    expect(thrown()).toMatchObject({ name: 'InputError', message: expect.stringMatching(message) });
    expect((thrown() as Error).message).not.toMatch(/hunter2|\n/);
  });

  test('a file that cannot be read', () => {
    const folder = dirname(write('folder/file', ''));
    expect(() => read({ OS_CLIENT_CONFIG_FILE: folder })).toThrow(`${folder}: cannot be read (EISDIR)`);
  });

  test('what is no YAML, with line and column', () => {
    const file = write('here/clouds.yaml', 'clouds:\n  a: {auth: {password: "hunter2}}\n');
    expect(() => read()).toThrow(new RegExp(`^${file}:\\d+:\\d+: not YAML \\([a-z ]+\\)$`));
  });

  test.each(['', 'a: 1', '- a', 'clouds:'])('a file %j without clouds', (text) => {
    const file = write('here/clouds.yaml', text);
    expect(() => read()).toThrow(`${file}: `);
  });
});
