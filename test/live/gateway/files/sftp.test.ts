/** The SFTP client before a machine that answers as it should not. */
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { Sftp, SftpGone } from '../../../../live/gateway/files/sftp.ts';
import { sshString, sshU32 } from '../../../../live/gateway/files/ssh-wire.ts';

/** A client whose machine answers each question, by its number, with these packets (type, then what follows the number). */
async function clientOf(...answers: readonly (readonly [type: number, body: Buffer])[]): Promise<Sftp> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const send = (type: number, body: Buffer): void => {
    input.write(Buffer.concat([sshU32(1 + body.length), Buffer.from([type]), body]));
  };
  let held = Buffer.alloc(0);
  let isFirst = true;
  let id = 0;
  output.on('data', (bytes: Buffer) => {
    held = Buffer.concat([held, bytes]);
    while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
      held = held.subarray(4 + held.readUInt32BE(0));
      if (isFirst) send(2, sshU32(3));
      else if (answers[id] !== undefined) send(answers[id]![0], Buffer.concat([sshU32(id++), answers[id - 1]![1]]));
      isFirst = false;
    }
  });
  const sftp = new Sftp(input, output);
  await sftp.ready();
  return sftp;
}

const status = 101;
const ok = Buffer.concat([sshU32(0), sshString('')]);

test('an answer that breaks off fails its question, and the line with it', async () => {
  const sftp = await clientOf([status, Buffer.from([0, 0])]);
  await expect(sftp.remove('/a')).rejects.toThrow(SftpGone);
  await expect(sftp.remove('/b')).rejects.toThrow(SftpGone);
});

test('names that lead out of their folder are not shown', async () => {
  const names = ['..', '.', '', 'a', '../../.bashrc', '/etc', 'b\0c', 'ü.tif'];
  const listed = names.flatMap((name) => [sshString(name), sshString(name), sshU32(0)]);
  const eof = Buffer.concat([sshU32(1), sshString('')]);
  const sftp = await clientOf(
    [102, sshString('h')],
    [104, Buffer.concat([sshU32(names.length), ...listed])],
    [status, eof],
    [status, ok],
  );
  const found: string[] = [];
  for await (const batch of sftp.list('/home')) found.push(...batch.map(({ name }) => name));
  expect(found).toEqual(['a', 'ü.tif']);
});
