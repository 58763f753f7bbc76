import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readConfiguration } from '../../live/configuration.ts';
import { temporaryFolder } from './srm/build.ts';

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
