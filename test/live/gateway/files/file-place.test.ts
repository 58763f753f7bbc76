import { posix } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  entry,
  existing,
  isInside,
  NoPlace,
  plainName,
  plainPath,
  type Root,
} from '../../../../live/gateway/files/file-place.ts';
import { type Sftp, SftpError } from '../../../../live/gateway/files/sftp.ts';

/** A file system of links: each leads where it says, anything else is itself. */
const links: Readonly<Record<string, string>> = {
  '/home/chen/out': '/etc',
  '/home/chen/up': '/home/chen/sub/../..',
  '/home/chen/loop': '/home/chen',
  '/home/chen/data': '/heps/b7/chen',
  '/home/chen/sub/root': '/',
};
const roots: readonly Root[] = [
  { title: 'Home', path: '/home/chen' },
  { title: '/heps', path: '/heps' },
];
const sftp = {
  async realPath(path: string): Promise<string> {
    let at = '/';
    for (const part of path.split('/')) {
      at = posix.join(at, part);
      for (let hops = 0; links[at] !== undefined; hops++) {
        if (hops > 8) throw new SftpError(4, 'too many links');
        at = posix.normalize(links[at]!);
      }
    }
    return at.length > 1 ? at.replace(/\/$/, '') : at;
  },
} as Sftp;

const part = fc.oneof(
  fc.constantFrom(
    '..',
    '.',
    '',
    'out',
    'up',
    'loop',
    'data',
    'sub',
    'root',
    'etc',
    'passwd',
    'chen',
    'li',
    '\0',
    '%2e%2e',
    '..\\',
    '…',
    '~',
  ),
  fc.string(),
);
const path = fc
  .tuple(
    fc.constantFrom('/home/chen/', '/home/chen', '/', '/heps/', '/home/chenli/', '', '//', '/home/chen/../li/'),
    fc.array(part, { maxLength: 6 }),
  )
  .map(([start, parts]) => start + parts.join('/'));

test('of 100 000 paths none leads out of home and data, whatever is in it and whatever links there are', async () => {
  let inside = 0;
  await fc.assert(
    fc.asyncProperty(path, async (hostile) => {
      for (const resolve of [existing, entry]) {
        try {
          const at = await resolve(sftp, roots, hostile);
          expect(isInside(roots, resolve === existing ? at : posix.dirname(at))).toBe(true);
          expect(posix.normalize(at)).toBe(at);
          inside++;
        } catch (error) {
          if (!(error instanceof NoPlace || error instanceof SftpError)) throw error;
        }
      }
    }),
    { numRuns: 50_000 },
  );
  expect(inside).toBeGreaterThan(1000);
}, 120_000);

test('a neighbour whose name begins like the home is not inside it', () => {
  expect(isInside(roots, '/home/chenli/x')).toBe(false);
  expect(isInside(roots, '/home/chen')).toBe(true);
});

test('links into data are followed, links out are not; a home itself is neither renamed nor deleted', async () => {
  expect(await existing(sftp, roots, '/home/chen/data/x')).toBe('/heps/b7/chen/x');
  await expect(existing(sftp, roots, '/home/chen/out/passwd')).rejects.toThrow(NoPlace);
  await expect(entry(sftp, roots, '/home/chen/up/li')).rejects.toThrow(NoPlace);
  // The link itself, which is hers.
  expect(await entry(sftp, roots, '/home/chen/out')).toBe('/home/chen/out');
  await expect(entry(sftp, roots, '/home/chen/loop/sub/../..')).rejects.toThrow(NoPlace);
  await expect(
    entry(
      sftp,
      [
        { title: 'Home', path: '/home/chen' },
        { title: 'x', path: '/home/chen/x' },
      ],
      '/home/chen/x',
    ),
  ).rejects.toThrow(NoPlace);
});

test('names and paths that are none are refused', () => {
  for (const name of ['', '.', '..', 'a/b', 'a\0', 'x'.repeat(256)]) expect(() => plainName(name)).toThrow(NoPlace);
  for (const bad of [null, '', 'a', '/a/', '/a//b', '/a/../b', '/./a', `/${'x'.repeat(5000)}`]) {
    expect(() => plainPath(bad)).toThrow(NoPlace);
  }
  expect(plainPath('/')).toBe('/');
});
