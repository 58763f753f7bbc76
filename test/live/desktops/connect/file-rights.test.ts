/** Who may move files of a desktop: the rules of the gateway, for this way in. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Session } from '../../../../live/desktops/accounts/sessions.ts';
import type { StationFiles } from '../../../../live/desktops/catalogue/station.ts';
import { Refused } from '../../../../live/gateway/authority/authority.ts';
import { makeSshKeyPair } from '../../../../live/gateway/files/ssh-key.ts';
import { Problem } from '../../../../live/http/problem.ts';
import { b7, DesktopsUnderTest } from '../harness.ts';

const origin = { address: '192.0.2.7', requestId: 'r-1' };
let desktops: DesktopsUnderTest;
let chen: Session;
let li: Session;
let id: string;

async function begin(files: Partial<StationFiles> = {}, clientNetworks: readonly string[] = []): Promise<void> {
  const station = { ...b7, files: { ...b7.files, ...files }, clientNetworks };
  desktops = await DesktopsUnderTest.start({ station });
  chen = await desktops.person('chen');
  li = await desktops.person('li', { uid: 20_002 });
  id = await desktops.ready(chen);
}
beforeEach(() => begin());
afterEach(() => desktops.stop());

/** With a station of other rules. */
async function anew(files: Partial<StationFiles>, clientNetworks: readonly string[] = []): Promise<void> {
  await desktops.stop();
  await begin(files, clientNetworks);
}

const mint = async (session = chen, address = origin.address): Promise<string> =>
  (await desktops.tokens.mint(session, { kind: 'files', desktop: id, app: null }, { ...origin, address })).token;
const exchange = (token: string, address = origin.address) =>
  desktops.authority.exchange({ token, address, requestId: 'r-2' });
const secretOf = async (session = chen): Promise<string> => (await exchange(await mint(session))).secret;
const grant = (secret: string, desktop = id) => desktops.authority.filesGrant(secret, desktop);
const share = (role: 'control' | 'view') =>
  desktops.store.share(id, 'li', role, { atS: desktops.clock.nowS, action: 'share' });

/** Why it is refused: the reason, or the sentence for the person. */
async function refusal(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'let in',
    (error: unknown) => {
      if (error instanceof Refused) return error.reason;
      if (error instanceof Problem) return error.message;
      throw error;
    },
  );
}

test('the owner gets a right to her own account’s files, at the machine that was made, and a certificate for it', async () => {
  const secret = await secretOf();
  const right = await grant(secret);
  expect(right).toMatchObject({ person: 'chen', role: 'owner', files: { up: true, down: true, mostBytes: 1e9 } });
  const { ssh } = await desktops.store.readOrder(id);
  expect(right.upstream).toMatchObject({ kind: 'files', account: 'chen', port: 22, hostKey: ssh!.hostKey });
  const certificate = await desktops.authority.certify(secret, id, makeSshKeyPair().publicKey);
  const text = Buffer.from(certificate.split(' ')[1]!, 'base64').toString('latin1');
  expect(text).toContain('chen');
  expect(text).toContain('internal-sftp');
});

test('a token is good once, for files alone, and a secret for its desktop alone', async () => {
  const token = await mint();
  await exchange(token);
  expect(await refusal(exchange(token))).toBe('token-unknown');
  expect(await refusal(desktops.authority.redeem({ token: await mint(), ...origin }))).toBe('token-other-kind');
  const secret = await secretOf();
  const other = await desktops.ready(chen);
  expect(await refusal(grant(secret, other))).toBe('token-unknown');
  expect(await refusal(desktops.authority.appGrant(secret, id, 'jupyter'))).toBe('token-unknown');
  expect(await refusal(desktops.authority.certify('A'.repeat(43), id, makeSshKeyPair().publicKey))).toBe(
    'token-unknown',
  );
  const app = (await desktops.tokens.mint(chen, { kind: 'app', desktop: id, app: 'jupyter' }, origin)).token;
  expect(await refusal(grant((await exchange(app)).secret))).toBe('token-unknown');
});

test('who only looks moves nothing, nor does who has no share; who controls it does as the station says', async () => {
  expect(await refusal(mint(li))).toContain('There is no such desktop');
  await share('view');
  expect(await refusal(mint(li))).toBe('Who only looks at a desktop moves no files.');
  await share('control');
  expect(await refusal(mint(li))).toBe('This station lets you move no files.');
  await anew({ byControllers: true });
  await share('control');
  const secret = await secretOf(li);
  expect(await grant(secret)).toMatchObject({ person: 'li', role: 'control', upstream: { account: 'chen' } });
  await share('view');
  expect(await refusal(grant(secret))).toBe('right-ended');
  expect(await refusal(desktops.authority.certify(secret, id, makeSshKeyPair().publicKey))).toBe('right-ended');
});

test('a station without files gives no right to any', async () => {
  await anew({ up: false, down: false });
  expect(await refusal(mint())).toBe('This station lets you move no files.');
});

test('a right ends with the login', async () => {
  const secret = await secretOf();
  const right = await grant(secret);
  await desktops.sessions.end(chen, origin);
  expect(await refusal(grant(secret))).toBe('session-ended');
  const { ended } = await desktops.authority.check([{ id: right.id, activeAtS: null }]);
  expect(ended.get(right.id)).toBe('You have logged out, or your login has ended.');
});

test('outside of the networks nobody is let in, is told so in a sentence, and leaves a row', async () => {
  await anew({ clientNetworks: ['10.1.0.0/16'] });
  expect(await refusal(mint())).toBe(
    'Files of this station are moved within its networks only, and you come from 192.0.2.7.',
  );
  const token = await mint(chen, '10.1.2.3');
  expect(await refusal(exchange(token))).toBe('network');
  const stream = await desktops.tokens.mint(chen, { kind: 'stream', desktop: id, app: null }, origin);
  expect(await refusal(desktops.authority.redeem({ token: stream.token, ...origin }))).toBe('let in');
  const rows = await desktops.database.database
    .selectFrom('desktopAudit')
    .selectAll()
    .where('detail', '=', 'network')
    .execute();
  expect(rows.map(({ action, person, address }) => [action, person, address])).toEqual([
    ['connect-refuse', 'chen', '192.0.2.7'],
    ['connect-refuse', 'chen', '192.0.2.7'],
  ]);
});

test('a station’s own networks hold for its desktops, their applications and files', async () => {
  await anew({}, ['10.1.0.0/16']);
  for (const [kind, app] of [
    ['stream', null],
    ['app', 'jupyter'],
    ['files', null],
  ] as const) {
    expect(await refusal(desktops.tokens.mint(chen, { kind, desktop: id, app }, origin))).toContain(
      'within its networks only',
    );
    const inside = { ...origin, address: '10.1.2.3' };
    const { token } = await desktops.tokens.mint(chen, { kind, desktop: id, app }, inside);
    expect(await refusal(kind === 'stream' ? desktops.authority.redeem({ token, ...origin }) : exchange(token))).toBe(
      'network',
    );
  }
});

test('what was moved is in the audit trail, with name, bytes, sum and direction', async () => {
  const right = await grant(await secretOf());
  const sha256 = 'ab'.repeat(32);
  await desktops.authority.transferred({
    grantId: right.id,
    direction: 'in',
    path: '/home/chen/scan.tif',
    bytes: 12_345,
    sha256,
    outcome: 'complete',
    ...origin,
  });
  const row = await desktops.database.database
    .selectFrom('desktopAudit')
    .selectAll()
    .where('action', '=', 'file-in')
    .executeTakeFirstOrThrow();
  expect(row).toMatchObject({ person: 'chen', desktop: id, address: '192.0.2.7' });
  expect(row.detail).toBe(`complete; 12345 bytes, SHA-256 ${sha256}; /home/chen/scan.tif`);
});
