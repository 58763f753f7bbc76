import { tmpdir } from 'node:os';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readBuiltPage } from '../../../package-files.ts';
import { embeddedRun, splitAtBodyEnd } from '../../../sim/page/page.ts';

const page = `<html><head><script id="heps-sources" type="application/json">{"runs":[],"live":null}</script>
<script type="module">const text = '</body> $&';</script></head><body><div></div></body></html>`;

test('the last end of a body is the one that counts', () => {
  expect(splitAtBodyEnd(page)[1]).toBe('</body></html>');
  expect(splitAtBodyEnd(page).join('')).toBe(page);
});

test('an embedded run is the file, packed without a date', () => {
  const file = Buffer.from('{"format": "heps-run/1"}\n');
  const [, id, base64] = /^<script id="(.*?)" type="application\/gzip;base64">([A-Za-z0-9+/=]*)<\/script>\n$/.exec(
    embeddedRun('heps-run-0', file),
  )!;
  const packed = Buffer.from(base64!, 'base64');
  expect(id).toBe('heps-run-0');
  expect(gunzipSync(packed)).toEqual(file);
  expect(packed.readUInt32LE(4)).toBe(0); // RFC 1952: bytes 4 to 7 are the time
});

test('where the page was not built, the error says how to', () => {
  expect(() => readBuiltPage(tmpdir())).toThrow("expected the page, which 'npm run build' makes, got nothing");
});

test('the built page, script and style, is below 150 kB compressed', () => {
  expect(gzipSync(readBuiltPage(), { level: 9 }).length).toBeLessThan(150_000);
});
