/** A saved picture is a whole SVG whose texts cannot break it. */
import { expect, test } from 'vitest';
import { SvgPainter } from '../../viz/charts/svg-painter.ts';
import { colourOf, cssColour } from '../../viz/page/colour.ts';

test('colours go both ways', () => {
  expect(colourOf('#0072b2')).toBe(0x0072b2);
  expect(colourOf('rgb(0, 114, 178)')).toBe(0x0072b2);
  expect(cssColour(0x0072b2)).toBe('#0072b2');
  expect(() => colourOf('blue')).toThrow('a colour must be #rrggbb or rgb(r, g, b), got blue');
});

test('rectangles, frames, hatches, crosses and texts become marks', () => {
  const painter = new SvgPainter();
  painter.rect(1, 2, 3, 4, 0xff0000);
  painter.rect(1, 2, 0, 4, 0xff0000); // nothing to see
  painter.frame(0, 0, 10, 10, 0x00ff00, 2, 3);
  painter.cross(0, 0, 4, 4, 0x0000ff);
  painter.text(5, 6, 'a < b & "c"', 0x123456, 11, true);
  expect(painter.finish(20, 10, 0xffffff, 'x > y').split('\n')).toEqual([
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10" width="20" height="10" font-family="system-ui, sans-serif">',
    '<title>x &gt; y</title>',
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    '<rect x="1" y="2" width="3" height="4" fill="#ff0000"/>',
    '<rect x="1" y="1" width="8" height="8" fill="none" stroke="#00ff00" stroke-width="2" stroke-dasharray="3"/>',
    '<path d="M0 0L4 4M4 0L0 4" fill="none" stroke="#0000ff" stroke-width="1"/>',
    '<text x="5" y="6" fill="#123456" font-size="11" font-weight="600">a &lt; b &amp; &quot;c&quot;</text>',
    '</svg>',
  ]);
});
