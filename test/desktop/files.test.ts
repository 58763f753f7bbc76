/** Files in and out of a machine with OpenSSH's real server, as its account. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { certificateLifeS } from '../../live/desktops/connect/ssh-authority.ts';
import { makeSshKeyPair } from '../../live/gateway/files/ssh-key.ts';
import { type FilesHarness, FilesPage, startFiles } from './files-harness.ts';
import { account, hasSshServer, SshMachine } from './ssh-machine.ts';

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(!hasSshServer)('files of a machine', () => {
  let files: FilesHarness;
  let page: FilesPage;
  let home: string;
  beforeAll(async () => {
    files = await startFiles();
    page = await files.page();
    home = files.machine.home;
  });
  afterAll(async () => {
    await files.stop();
  });

  test('begin at home and at the data that is mounted', () => {
    expect(page.roots).toEqual([
      { title: 'Home', path: home },
      { title: files.machine.data, path: files.machine.data },
    ]);
  });

  test('go up as the account with its rights, and come down with the same bytes, whole and in part', async () => {
    const content = randomBytes(3_000_001);
    expect(await page.upload(home, 'scans/2026/样品 1.tif', content)).toBe(204);
    const path = join(home, 'scans/2026/样品 1.tif');
    expect(readFileSync(path).equals(content)).toBe(true);
    if (process.getuid?.() === 0) expect(statSync(path).uid).toBe(65_534);
    const whole = await page.get(path);
    expect(whole.headers.get('content-disposition')).toContain("filename*=UTF-8''%E6%A0%B7%E5%93%81%201.tif");
    expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true);
    const part = await page.get(path, { range: 'bytes=1000000-1999999' });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1000000-1999999/3000001']);
    expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(1_000_000, 2_000_000))).toBe(true);
    const last = await page.get(path, { range: 'bytes=-5' });
    expect(Buffer.from(await last.arrayBuffer()).equals(content.subarray(-5))).toBe(true);
    expect((await page.get(path, { range: 'bytes=3000001-' })).status).toBe(416);
    const sum = sha256(content);
    expect(files.authority.transfers).toContainEqual(
      expect.objectContaining({ direction: 'in', path, bytes: content.length, sha256: sum, outcome: 'complete' }),
    );
    expect(files.authority.transfers).toContainEqual(
      expect.objectContaining({ direction: 'out', path, bytes: content.length, sha256: sum, outcome: 'complete' }),
    );
  });

  test('keep what is there: a second one of a name gets a number, also an empty one', async () => {
    for (const text of ['one', 'two', ''])
      expect([201, 204]).toContain(await page.upload(home, 'same.txt', Buffer.from(text)));
    const read = (name: string): string => readFileSync(join(home, name), 'utf8');
    expect([read('same.txt'), read('same (1).txt'), read('same (2).txt')]).toEqual(['one', 'two', '']);
  });

  test('come as a zip of a folder that every program opens, without links, naming what could not be read', async () => {
    const folder = files.machine.makeFolder(join(home, 'run 7'));
    files.machine.makeFolder(join(folder, 'empty'));
    files.machine.makeFolder(join(folder, 'raw'));
    const content = randomBytes(500_000);
    files.machine.write(join(folder, 'raw', 'é.dat'), content);
    files.machine.write(join(folder, 'readme.txt'), 'hello');
    symlinkSync('/etc/passwd', join(folder, 'passwd'));
    writeFileSync(join(folder, 'closed'), 'secret', { mode: 0o600 });
    const response = await page.ask('GET', `zip?${new URLSearchParams({ path: folder })}`);
    const unpacked = mkdtempSync(join(tmpdir(), 'heps-zip-'));
    try {
      writeFileSync(join(unpacked, 'all.zip'), Buffer.from(await response.arrayBuffer()));
      execFileSync('python3', ['-m', 'zipfile', '-e', 'all.zip', '.'], { cwd: unpacked });
      expect(readdirSync(join(unpacked, 'run 7')).sort()).toEqual(
        ['empty', 'raw', 'readme.txt', ...(process.getuid?.() === 0 ? [] : ['closed'])].sort(),
      );
      expect(readFileSync(join(unpacked, 'run 7/raw/é.dat')).equals(content)).toBe(true);
      if (process.getuid?.() === 0) {
        expect(readFileSync(join(unpacked, 'NOT IN THIS ARCHIVE.txt'), 'utf8')).toBe(
          'run 7/closed: Permission denied\n',
        );
      }
    } finally {
      rmSync(unpacked, { recursive: true });
    }
  });

  test('are listed, renamed and deleted, each with a row of its own', async () => {
    const folder = files.machine.makeFolder(join(home, 'work'));
    files.machine.write(join(folder, 'a.txt'), 'a');
    symlinkSync(files.machine.data, join(folder, 'data'));
    symlinkSync('/etc', join(folder, 'etc'));
    expect((await page.list(folder)).names).toEqual(['file a.txt', 'folder data', 'other etc']);
    const at = (path: string, to?: string) => new URLSearchParams({ path, ...(to !== undefined && { to }) });
    expect((await page.ask('POST', `folder?${at(join(folder, 'new'))}`)).status).toBe(204);
    expect((await page.ask('POST', `name?${at(join(folder, 'a.txt'), join(folder, 'b.txt'))}`)).status).toBe(204);
    expect((await page.list(folder)).names).toEqual(['file b.txt', 'folder data', 'folder new', 'other etc']);
    for (const name of ['b.txt', 'new', 'etc'])
      expect((await page.ask('DELETE', `entry?${at(join(folder, name))}`)).status).toBe(204);
    expect((await page.list(folder)).names).toEqual(['folder data']);
    expect(existsSync('/etc/passwd')).toBe(true);
    const changes = files.authority.transfers
      .filter(({ direction }) => direction === 'change')
      .map(({ outcome }) => outcome);
    expect(changes).toEqual(['folder made', `renamed to ${join(folder, 'b.txt')}`, 'deleted', 'deleted', 'deleted']);
  });

  test.skipIf(process.getuid?.() !== 0)(
    'are refused in a sentence where the rights of the machine do not allow it',
    async () => {
      writeFileSync(join(home, 'closed.txt'), 'secret', { mode: 0o600 });
      const response = await page.get(join(home, 'closed.txt'));
      expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('rights of this file')]);
      chmodSync(files.machine.data, 0o500);
      expect(await page.upload(files.machine.data, 'x', Buffer.from('x'))).toBe(403);
      chmodSync(files.machine.data, 0o700);
    },
  );

  test('are downloaded by the browser itself with a token that works once, and go on by its cookie', async () => {
    const path = files.machine.write(join(home, 'big.bin'), randomBytes(100_000));
    const token = files.authority.mint(files.grant());
    const address = `${page.url}/get?${new URLSearchParams({ path, token })}`;
    const first = await fetch(address);
    expect(Buffer.from(await first.arrayBuffer()).equals(readFileSync(path))).toBe(true);
    const set = first.headers.get('set-cookie')!;
    expect(set).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await fetch(address)).status).toBe(403);
    const cookie = set.split(';')[0]!;
    const more = await fetch(address, { headers: { cookie, range: 'bytes=50000-' } });
    expect(Buffer.from(await more.arrayBuffer()).equals(readFileSync(path).subarray(50_000))).toBe(true);
    // Pages of the gateway's origin are web applications in machines.
    expect(
      (await fetch(address, { headers: { cookie, range: 'bytes=0-', 'sec-fetch-site': 'same-origin' } })).status,
    ).toBe(403);
    expect(files.lines.join('')).not.toContain(token);
  });

  test('end within two seconds of the right, up and down', async () => {
    const grant = files.grant();
    const other = await FilesPage.open(files.gateway.url, files.authority.mint(grant));
    const path = files.machine.write(join(home, 'long.bin'), Buffer.alloc(64 * 1024 * 1024));
    const down = await other.get(path);
    const reader = down.body!.getReader();
    await reader.read();
    const { address } = await other.begin(home, 'never.bin', 1e9);
    const body = new ReadableStream({
      async pull(controller) {
        controller.enqueue(new Uint8Array(1000));
        await new Promise((resolve) => setTimeout(resolve, 20));
      },
    });
    const up = other.send(address, 0, Buffer.alloc(0), { body, duplex: 'half' } as RequestInit).then(
      ({ status }) => status,
      () => 'broken off',
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    files.authority.ended.set(grant.id, 'The desktop is not shared with you any more.');
    const startMs = performance.now();
    await expect(
      (async () => {
        while (!(await reader.read()).done) {}
      })(),
    ).rejects.toThrow();
    expect([403, 'broken off']).toContain(await up);
    expect(performance.now() - startMs).toBeLessThan(2000);
    expect((await other.list(home)).status).toBe(403);
    expect(existsSync(join(home, 'never.bin'))).toBe(false);
    expect(files.authority.transfers.at(-1)).toMatchObject({ direction: 'out', outcome: 'right-ended' });
  });

  test('are not given to a machine that cannot prove to be the one', async () => {
    const upstream = { ...files.machine.upstream, hostKey: makeSshKeyPair().publicKey };
    await expect(files.page({ upstream })).rejects.toThrow(/^502 .*is not its machine: no file was touched/);
  });
});

describe.skipIf(!hasSshServer)('a certificate', () => {
  let files: FilesHarness;
  let machine: SshMachine;
  let folder: string;
  beforeAll(async () => {
    files = await startFiles();
    machine = await SshMachine.start(await files.ssh.publicKey(), true);
    folder = mkdtempSync(join(tmpdir(), 'heps-certificate-'));
  });
  afterAll(async () => {
    await machine.stop();
    await files.stop();
    rmSync(folder, { recursive: true });
  });

  async function certificate(whose: string, atS = Date.now() / 1000): Promise<string> {
    const { publicKey, privateKey } = makeSshKeyPair();
    writeFileSync(join(folder, 'key'), privateKey, { mode: 0o600 });
    const text = await files.ssh.certify({ publicKey, account: whose, keyId: 'chen, grant 1' }, atS);
    writeFileSync(join(folder, 'key-cert.pub'), `${text}\n`);
    return text;
  }

  /** What ssh says and prints. */
  function ssh(...words: readonly string[]): string {
    const options = [
      '-F',
      'none',
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
      '-o',
      'BatchMode=yes',
    ];
    const { stdout, stderr } = spawnSync(
      'ssh',
      [...options, '-i', join(folder, 'key'), '-p', String(machine.port), `${account}@127.0.0.1`, ...words],
      { encoding: 'utf8', input: 'exit\n', timeout: 10_000 },
    );
    return stdout + stderr;
  }

  test('is what ssh-keygen reads: of one account, for a minute, and for files alone', async () => {
    await certificate('chen');
    const shown = execFileSync('ssh-keygen', ['-L', '-f', join(folder, 'key-cert.pub')], { encoding: 'utf8' });
    expect(shown).toContain('Type: ssh-ed25519-cert-v01@openssh.com user certificate');
    expect(shown).toContain('Key ID: "chen, grant 1"');
    expect(shown).toMatch(/Principals: \n\s+chen\n/);
    expect(shown).toMatch(/Critical Options: \n\s+force-command internal-sftp\n\s+Extensions: \(none\)/);
    expect(certificateLifeS).toBe(60);
  });

  test('gives no shell, no command and no other account, and nothing after its minute', async () => {
    await certificate(account);
    expect(ssh('id')).not.toContain('uid=');
    expect(ssh('-s', 'sftp')).not.toContain('Permission denied');
    await certificate('somebody-else');
    expect(ssh('-s', 'sftp')).toContain('Permission denied');
    await certificate(account, Date.now() / 1000 - 61);
    expect(ssh('-s', 'sftp')).toContain('Permission denied');
  });
});
