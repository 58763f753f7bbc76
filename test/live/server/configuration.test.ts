import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readConfiguration } from '../../../live/server/configuration.ts';
import { temporaryFolder } from '../srm/build.ts';

const { path: folder, remove } = temporaryFolder();
const file = join(folder, 'heps.yaml');
afterAll(remove);

function read(text: string, environment: Record<string, string> = {}) {
  writeFileSync(file, text);
  return readConfiguration(file, environment);
}

test('the smallest file gives the defaults; paths are from its folder', () => {
  expect(read('database: {file: heps.db}')).toEqual({
    listen: { address: '127.0.0.1', port: 8790 },
    tls: null,
    database: { kind: 'sqlite', file: join(folder, 'heps.db') },
    srm: { intervalS: 10, auditReportsForH: 6 },
    scheduling: null,
    keepForD: { requests: 90, comparisons: 90, audit: 400 },
    keystone: null,
    mirror: null,
    desktops: null,
    log: { level: 'info' },
  });
});

test('scheduling on a cloud, with aliases of its own', () => {
  const file = `database: {file: heps.db}
cloud: {name: heps}
scheduling: {mode: shadow, aliases: {a100: A100-80GB}}`;
  expect(read(file).scheduling).toMatchObject({
    cloud: 'heps',
    mode: 'shadow',
    policy: 'hybrid',
    aliases: { a100: 'A100-80GB' },
    mostHosts: 3,
  });
  expect(() => read(`${file.replace('shadow', 'watch')}`)).toThrow('scheduling.mode: expected one of off, shadow');
  expect(() => read(`${file.replace('A100-80GB', '7')}`)).toThrow('scheduling.aliases.a100: expected a text');
  expect(() => read(`${file.replace('A100-80GB', 'A100-80')}`)).toThrow(
    'scheduling.aliases.a100: expected a model of the card catalogue, such as A100-80GB, got "A100-80"',
  );
});

test('tokens of Keystone are taken where a cloud is configured, by the roles that OpenStack has', () => {
  const head = 'database: {file: heps.db}\n';
  const usual = { admin: 'admin', member: 'project-member', reader: 'project-reader' };
  expect(read(`${head}cloud: {name: heps}`).keystone).toEqual({ cloud: 'heps', roles: usual });
  expect(read(`${head}scheduling: {mode: act}`).keystone).toEqual({ cloud: undefined, roles: usual });
  expect(read(`${head}scheduling: {mode: act}\naccess: {keystone: false}`).keystone).toBeNull();
  const roles = (text: string) => read(`${head}cloud: {name: heps}\naccess: {keystoneRoles: ${text}}`).keystone!.roles;
  expect(roles('{heps_operator: scheduler}')).toEqual({ heps_operator: 'scheduler' });
  expect(() => roles('{member: agent}')).toThrow('access.keystoneRoles.member: expected one of admin, scheduler');
});

test('MariaDB is spoken to in the clear, or by TLS with what the files say', () => {
  const head = 'database: {kind: mariadb, passwordFile: heps.yaml';
  const tlsOf = (more: string) => (read(`${head}${more}}`).database as { tls: unknown }).tls;
  expect(tlsOf('')).toBeNull();
  expect(tlsOf(', tls: true')).toEqual({ ca: undefined, client: null, verify: true });
  const text = `${head}, caFile: heps.yaml, certificateFile: heps.yaml, keyFile: heps.yaml, verify: false}`;
  expect(tlsOf(text.slice(head.length, -1))).toEqual({
    ca: text,
    client: { certificate: text, key: text },
    verify: false,
  });
  expect(() => tlsOf(', certificateFile: heps.yaml')).toThrow('database.keyFile: expected the file of the key');
});

test('the policy has the options of the simulator, by their names and with their defaults', () => {
  const head = 'database: {file: heps.db}\ncloud: {name: heps}\n';
  const defaults = {
    seed: 1,
    similarity: 'normalised',
    unasked: 'zero',
    freeCards: 'model',
    gpuScore: 'both',
    spill: 'allowed',
  };
  expect(read(`${head}scheduling: {mode: act}`).scheduling!.policyOptions).toEqual({
    ...defaults,
    reserveVcpusPerCard: 0,
    reserveRamMibPerCard: 0,
    hostAggregates: 'none',
  });
  const file = `${head}scheduling: {mode: act, policy: least-card, spill: never, gpuScore: card, similarity: raw,
  unasked: least, freeCards: node,
  reserveVcpusPerCard: 6, reserveRamMibPerCard: 32768}`;
  expect(read(file).scheduling).toMatchObject({
    policy: 'least-card',
    policyOptions: {
      similarity: 'raw',
      unasked: 'least',
      freeCards: 'node',
      gpuScore: 'card',
      spill: 'never',
      reserveVcpusPerCard: 6,
      reserveRamMibPerCard: 32768,
    },
  });
  const { scheduling } = read(file, { HEPS_SCHEDULING_RESERVE_VCPUS_PER_CARD: '8' });
  expect(scheduling!.policyOptions.reserveVcpusPerCard).toBe(8);
  expect(() => read(`${head}scheduling: {spill: seldom}`)).toThrow('scheduling.spill: expected one of allowed, never');
  expect(() => read(`${head}scheduling: {reserveVcpusPerCard: -1}`)).toThrow(
    'scheduling.reserveVcpusPerCard: expected a number of at least 0',
  );
});

test('the environment goes over the file', () => {
  const environment = {
    HEPS_LISTEN_PORT: '9000',
    HEPS_SRM_INTERVAL_S: '5',
    HEPS_DATABASE_FILE: '/x.db',
    HEPS_AGENT_TOKEN: 't',
  };
  const { listen, srm, database } = read('listen: {port: 1}', environment);
  expect([listen.port, srm.intervalS, database]).toEqual([9000, 5, { kind: 'sqlite', file: '/x.db' }]);
});

test('the password comes from the environment or a file, not from the configuration', () => {
  const mariadb = 'database: {kind: mariadb, name: heps';
  expect(read(`${mariadb}}`, { HEPS_DATABASE_PASSWORD: 'p' }).database).toMatchObject({ password: 'p', port: 3306 });
  writeFileSync(join(folder, 'password'), 'q\n');
  expect(read(`${mariadb}, passwordFile: password}`).database).toMatchObject({ password: 'q' });
  expect(() => read(`${mariadb}, password: secret}`)).toThrow(
    'expected it in the file that database.passwordFile names',
  );
  expect(() => read(`${mariadb}, password: secret}`)).not.toThrow('secret');
  expect(() => read(`${mariadb}}`)).toThrow(
    'database.passwordFile: expected a file with the password, or HEPS_DATABASE_PASSWORD',
  );
});

test.each([
  ['databse: {file: x}', 'heps.yaml, databse: not a known key; did you mean database?'],
  ['database: {flie: x}', 'heps.yaml, database.flie: not a known key; did you mean database.file?'],
  ['database: {file: x}\nlisten: {port: 70000}', 'heps.yaml, listen.port: expected a port up to 65535, got 70000'],
  ['database: {file: x}\nlog: {level: loud}', 'log.level: expected one of debug, info, warn, error, got "loud"'],
  ['database: {file: x}\ntls: {keyFile: no}', 'tls.certificateFile: expected the file of the certificate, got nothing'],
  // It would have to know beforehand which requests come.
  [
    'database: {file: x}\nscheduling: {policy: fgd}',
    /heps\.yaml, scheduling\.policy: expected one of hybrid, nova.*, got "fgd"$/,
  ],
  ['', 'database.file: expected the file that SQLite keeps the records in, got nothing'],
  ['a: [', 'heps.yaml:1: expected YAML'],
  ['database: 3', 'heps.yaml, database: expected an object, got 3'],
])('%j is refused in one line', (text, message) => {
  expect(() => read(text)).toThrow(message);
});

test('a misspelt variable is refused, one of another part is not', () => {
  expect(() => read('database: {file: x}', { HEPS_LISTEN_PROT: '1' })).toThrow(
    'environment, HEPS_LISTEN_PROT: not a known key; did you mean HEPS_LISTEN_PORT?',
  );
});

test('a file that is not there is refused', () => {
  expect(() => readConfiguration(join(folder, 'none.yaml'), {})).toThrow('none.yaml: expected a configuration file');
});

const desktops = `database: {file: heps.db}
scheduling: {mode: act}
desktops: {stationsFile: stations.yaml, publicUrl: 'https://desk.example.org', networks: [10.1.0.0/16]}
gateway: {publicUrl: 'https://stream.example.org/'}`;

test('desktops with their gateway, on local accounts', () => {
  const settings = read(desktops).desktops;
  expect(settings).toMatchObject({
    stationsFile: join(folder, 'stations.yaml'),
    machines: 'openstack',
    publicUrl: 'https://desk.example.org',
    networks: ['10.1.0.0/16'],
    allowLoopback: false,
    vmNetworks: 'none',
    limits: { mostDesktops: null, mostCards: null, mostCardHours: null },
    accounts: { kind: 'local', oidc: null, idleS: 28_800, longestS: 86_400 },
    gateway: { address: '127.0.0.1', port: 8791, publicUrl: 'https://stream.example.org', tls: null },
  });
});

test('numbers and lists of desktops come from the environment as well', () => {
  const environment = {
    HEPS_DESKTOPS_MOST_CARDS: '4',
    HEPS_DESKTOPS_NETWORKS: '10.1.0.0/16, 10.2.0.0/16',
    HEPS_ACCOUNTS_CLIENT_SECRET: 's',
  };
  const { limits, networks } = read(desktops, environment).desktops!;
  expect([limits.mostCards, networks]).toEqual([4, ['10.1.0.0/16', '10.2.0.0/16']]);
});

test.each([
  ['scheduling: {mode: act}', '', 'scheduling.mode: expected act, since desktops.machines is openstack, got "off"'],
  ['networks: [10.1.0.0/16]', 'networks: [10.1.0.0/40]', 'desktops.networks: expected networks such as 10.1.0.0/16'],
  [', networks: [10.1.0.0/16]', '', 'desktops.networks: expected the networks of the desktops, got nothing'],
  ['desk.example.org', 'desk.example.org/portal', 'desktops.publicUrl: expected an origin such as'],
  ['stream.example.org', 'desk.example.org', "gateway.publicUrl: expected another origin than the portal's"],
  ["gateway: {publicUrl: 'https://stream.example.org/'}", '', 'gateway.publicUrl: expected the origin under which'],
  ['gateway:', 'accounts: {kind: oidc}\ngateway:', 'accounts.issuer: expected the address of the OpenID provider'],
  ['gateway:', "accounts: {issuer: 'http://idp.example.org'}\ngateway:", 'accounts.issuer: expected an address that'],
  ['gateway:', 'accounts: {clientSecret: s}\ngateway:', 'expected it in the file that accounts.clientSecretFile names'],
])('of desktops, %j as %j is refused in one line', (part, as, message) => {
  expect(() => read(desktops.replace(part, as))).toThrow(message);
});
