import { expect, test } from 'vitest';
import { withSources } from '../../../core/wire/page-sources.ts';

const page = `<html><head><script id="heps-sources" type="application/json">{"runs":[],"live":null}</script>
<script type="module">const text = '</body> $&';</script></head><body><div></div></body></html>`;

test('sources are replaced as they are, whatever the names', () => {
  const sources = { runs: [{ name: '</script><!--$&$1', url: 'runs/0' }], live: null };
  const written = withSources(page, sources);
  const json = /application\/json">([^<]*)<\/script>/.exec(written)![1]!;
  expect(JSON.parse(json)).toEqual(sources);
  expect(written.replace(json, '{"runs":[],"live":null}')).toBe(page);
});

test('a page without a place for sources is refused', () => {
  expect(() => withSources('<html></html>', { runs: [], live: null })).toThrow('no element #heps-sources');
});
