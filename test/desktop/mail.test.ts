/** Mail to a real SMTP server: Debian's aiosmtpd, on loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMailer } from '../../live/desktops/reminders/mailer.ts';
import { checkMail } from '../../live/doctor/mail-checks.ts';
import { freePort } from '../free-port.ts';

const settings = {
  host: '127.0.0.1',
  tls: 'none',
  login: null,
  from: 'Desktops <desktops@example.org>',
  domain: null,
} as const;
let server: ChildProcess;
let port: number;
/** All that it took, as it came. */
let taken = '';

beforeAll(async () => {
  port = await freePort();
  const args = [
    '-u',
    '-m',
    'aiosmtpd',
    '-n',
    '-u',
    '-l',
    `127.0.0.1:${port}`,
    '-c',
    'aiosmtpd.handlers.Debugging',
    'stdout',
  ];
  server = spawn('/usr/bin/python3', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  server.stdout!.setEncoding('utf8').on('data', (text: string) => (taken += text));
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isUp = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isUp) return;
    await sleep(100);
  }
});

afterAll(async () => {
  server.kill('SIGTERM');
  await once(server, 'exit');
});

test('a mail arrives with its sender, its receiver and all of its text', async () => {
  const mailer = openMailer({ ...settings, port });
  await mailer.send({
    to: 'chen@example.org',
    subject: '“Ti-6Al-4V 三维” is stopped in an hour',
    text: 'Extend it:\nhttps://desk.example.org/portal/\n',
  });
  mailer.close();
  await expect.poll(() => taken).toContain('END MESSAGE');
  expect(taken).toContain('From: Desktops <desktops@example.org>');
  expect(taken).toContain('To: chen@example.org');
  expect(taken).toContain('https://desk.example.org/portal/');
  const subject = [...taken.matchAll(/=\?UTF-8\?(Q|B)\?([^?]*)\?=/gi)]
    .map(([, way, text]) =>
      way!.toUpperCase() === 'B'
        ? Buffer.from(text!, 'base64').toString()
        : Buffer.from(
            text!
              .replaceAll('_', ' ')
              .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
            'latin1',
          ).toString(),
    )
    .join('');
  expect(subject).toContain('三维');
});

test('a title cannot add a receiver or a header', async () => {
  taken = '';
  const mailer = openMailer({ ...settings, port });
  await mailer.send({ to: 'chen@example.org', subject: 'x\r\nBcc: eve@example.org', text: 'x' });
  mailer.close();
  await expect.poll(() => taken).toContain('END MESSAGE');
  expect(taken).not.toMatch(/^Bcc:/m);
  expect(taken).not.toContain('RCPT TO:<eve@example.org>');
});

test('nothing is sent in the clear where TLS is asked for and the server has none', async () => {
  const mailer = openMailer({ ...settings, port, tls: 'starttls' });
  await expect(mailer.send({ to: 'chen@example.org', subject: 'x', text: 'x' })).rejects.toThrow(/STARTTLS|TLS/i);
  mailer.close();
});

test('doctor says whether the server takes mail', async () => {
  expect(await checkMail({ ...settings, port })).toMatchObject({ status: 'ok', found: `127.0.0.1:${port} answers` });
  const away = await checkMail({ ...settings, port: await freePort() });
  expect(away).toMatchObject({ status: 'wrong' });
  expect(away.found).toMatch(/ECONNREFUSED/);
});
