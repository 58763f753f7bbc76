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
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
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

  test('are listed, made and deleted, each with a row of its own', async () => {
    const folder = files.machine.makeFolder(join(home, 'work'));
    files.machine.write(join(folder, 'a.txt'), 'a');
    symlinkSync(files.machine.data, join(folder, 'data'));
    symlinkSync('/etc', join(folder, 'etc'));
    expect((await page.list(folder)).names).toEqual(['file a.txt', 'folder data', 'other etc']);
    const at = (path: string) => new URLSearchParams({ path });
    expect((await page.ask('POST', `folder?${at(join(folder, 'new'))}`)).status).toBe(204);
    expect((await page.list(folder)).names).toEqual(['file a.txt', 'folder data', 'folder new', 'other etc']);
    for (const name of ['a.txt', 'new', 'etc'])
      expect((await page.ask('DELETE', `entry?${at(join(folder, name))}`)).status).toBe(204);
    expect((await page.list(folder)).names).toEqual(['folder data']);
    expect(existsSync('/etc/passwd')).toBe(true);
    const changes = files.authority.transfers
      .filter(({ direction }) => direction === 'change')
      .map(({ outcome }) => outcome);
    expect(changes).toEqual(['folder made', 'deleted', 'deleted', 'deleted']);
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

  test('end with the role that let them be', async () => {
    const grant = files.grant();
    const other = await FilesPage.open(files.gateway.url, files.authority.mint(grant));
    const down = await other.get(files.machine.write(join(home, 'theirs.bin'), Buffer.alloc(64 * 1024 * 1024)));
    const reader = down.body!.getReader();
    await reader.read();
    files.authority.roles.set(grant.id, 'view');
    await expect(
      (async () => {
        while (!(await reader.read()).done) {}
      })(),
    ).rejects.toThrow();
    expect(files.authority.transfers.at(-1)).toMatchObject({ direction: 'out', outcome: 'right-ended' });
    files.authority.roles.delete(grant.id);
  });

  test('end with the right also where the browser takes nothing', async () => {
    const grant = files.grant();
    const other = await FilesPage.open(files.gateway.url, files.authority.mint(grant));
    const down = await other.get(files.machine.write(join(home, 'slow.bin'), Buffer.alloc(64 * 1024 * 1024)));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const noted = files.authority.transfers.length;
    files.authority.ended.set(grant.id, 'You have logged out.');
    await vi.waitFor(() => expect(files.authority.transfers.length).toBe(noted + 1), { timeout: 2000 });
    await expect(down.arrayBuffer()).rejects.toThrow();
  });

  test('are not given to a machine that cannot prove to be the one', async () => {
    const upstream = { ...files.machine.upstream, hostKey: makeSshKeyPair().publicKey };
    await expect(files.page({ upstream })).rejects.toThrow(/^502 .*is not its machine: no file was touched/);
  });
});

describe.skipIf(!hasSshServer)('cuts', () => {
  let files: FilesHarness;
  beforeAll(async () => {
    files = await startFiles();
  });
  afterAll(async () => {
    await files.stop();
  });

  test('of the network and of the line to the machine leave every byte of an upload right, and its sum', async () => {
    const page = await files.page();
    const content = randomBytes(24_000_000);
    const { address } = await page.begin(files.machine.home, 'cut.bin', content.length);
    let cuts = 0;
    for (let offset = 0; offset < content.length; offset = await page.offset(address)) {
      const gone = new AbortController();
      const timer = cuts < 12 ? setTimeout(() => gone.abort(), 20 + 15 * (cuts % 4)) : undefined;
      // Every third cut takes the line to the machine, and with it what the gateway knew.
      if (cuts < 12 && cuts % 3 === 2) setTimeout(() => files.machine.cutLines(), 20);
      await page.send(address, offset, content.subarray(offset), { signal: gone.signal }).then(
        (response) => response.text(),
        () => undefined,
      );
      clearTimeout(timer);
      cuts++;
      await vi.waitFor(() => page.offset(address), { timeout: 20_000 });
    }
    expect(cuts).toBeGreaterThan(4);
    expect(sha256(readFileSync(join(files.machine.home, 'cut.bin')))).toBe(sha256(content));
    expect(files.authority.transfers.at(-1)).toMatchObject({ outcome: 'complete', sha256: sha256(content) });
    expect(readdirSync(files.machine.home)).toEqual(['cut.bin']);
  });

  test('of a download leave every byte right, when it goes on with ranges', async () => {
    const page = await files.page();
    const content = randomBytes(24_000_000);
    const path = files.machine.write(join(files.machine.home, 'down.bin'), content);
    const parts: Buffer[] = [];
    let got = 0;
    let cuts = 0;
    while (got < content.length) {
      try {
        const response = await page.get(path, { range: `bytes=${got}-` });
        const limit = cuts < 10 ? got + 1_500_000 : Number.POSITIVE_INFINITY;
        for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
          parts.push(Buffer.from(part));
          got += part.length;
          if (got < limit) continue;
          if (cuts % 2 === 0) files.machine.cutLines();
          break;
        }
      } catch {
        // The line broke: on with what is there.
      }
      cuts++;
    }
    expect(cuts).toBeGreaterThan(5);
    expect(sha256(Buffer.concat(parts))).toBe(sha256(content));
  });

  test('a gateway that was killed does not matter: another goes on with the upload, and has its sum', async () => {
    const page = await files.page();
    const content = randomBytes(5_000_000);
    const { address } = await page.begin(files.machine.home, 'moved.bin', content.length);
    const half = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(content.subarray(0, 2_000_000)));
      },
    });
    const gone = new AbortController();
    const first = page.send(address, 0, Buffer.alloc(0), {
      body: half,
      duplex: 'half',
      signal: gone.signal,
    } as RequestInit);
    first.catch(() => undefined);
    const other = await startFiles({}, files);
    await new Promise((resolve) => setTimeout(resolve, 500));
    gone.abort();
    const page2 = await other.page();
    const offset = await page2.offset(address);
    expect(offset).toBeGreaterThan(0);
    expect((await page2.send(address, offset, content.subarray(offset))).status).toBe(204);
    expect(sha256(readFileSync(join(files.machine.home, 'moved.bin')))).toBe(sha256(content));
    expect(other.authority.transfers.at(-1)).toMatchObject({ outcome: 'complete', sha256: sha256(content) });
    await other.stop();
  });
});

describe.skipIf(!hasSshServer)('of 3000 tries to get in or out', () => {
  test('none does: forged and spent secrets, other desktops, other origins, paths and uploads that lead elsewhere', async () => {
    const files = await startFiles();
    try {
      const page = await files.page();
      files.machine.makeFolder(join(files.machine.home, 'sub'));
      symlinkSync('/etc', join(files.machine.home, 'out'));
      const secret = (): string => randomBytes(32).toString('base64url');
      const id = (fields: unknown): string => Buffer.from(JSON.stringify(fields)).toString('base64url');
      const at = (path: string): string => String(new URLSearchParams({ path }));
      const home = files.machine.home;
      const tus = { 'tus-resumable': '1.0.0' };
      const paths = [
        '/etc/passwd',
        `${home}/../../etc/passwd`,
        `${home}/out/passwd`,
        `${home}/sub/../../x`,
        '//etc/passwd',
        `${home}x/y`,
        'etc',
        '',
      ];
      const tries: (() => Promise<Response>)[] = [
        () => page.ask('GET', `list?${at(home)}`, { headers: { authorization: `Bearer ${secret()}` } }),
        () => page.ask('GET', `list?${at(home)}`, { headers: { origin: 'https://evil.example' } }),
        () => page.ask('POST', 'session', {}), // a secret is no token
        () => fetch(`${page.url}/get?${at(`${home}/sub`)}`, { headers: { cookie: `heps-files=${secret()}` } }),
        () =>
          fetch(`${page.url.replace('-000000000001', '-000000000002')}/list?${at(home)}`, {
            headers: { authorization: `Bearer ${page.secret}`, origin: 'http://portal.test' },
          }),
        ...paths.flatMap((path) => [
          () => page.ask('GET', `get?${at(path)}`),
          () => page.ask('GET', `zip?${at(path)}`),
          () => page.ask('GET', `list?${at(path)}`),
          () => page.ask('DELETE', `entry?${at(path)}`),
          () => page.ask('POST', `folder?${at(path)}`),
          () => page.ask('HEAD', `tus/${id([path, 'x', '.heps-upload-0123456789abcdef', 1])}`, { headers: tus }),
        ]),
        () => page.ask('DELETE', `tus/${id([home, 'x', '../../etc/passwd', 1])}`, { headers: tus }),
        () => page.ask('DELETE', `tus/${id([home, '../x', '.heps-upload-0123456789abcdef', 1])}`, { headers: tus }),
        () => page.ask('HEAD', `tus/${randomBytes(20).toString('base64url')}`, { headers: tus }),
      ];
      const statuses = new Map<number, number>();
      for (let done = 0; done < 3000; done += tries.length) {
        const answers = await Promise.all(tries.map((each) => each()));
        for (const answer of answers) {
          await answer.text();
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        }
      }
      expect([...statuses.keys()].filter((status) => status < 400 || status >= 500)).toEqual([]);
      expect(readdirSync(home).sort()).toEqual(['out', 'sub']);
      expect(files.authority.transfers).toEqual([]);
    } finally {
      await files.stop();
    }
  }, 300_000);
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
