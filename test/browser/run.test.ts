/** One run on the built page, in a real browser: what it shows is what stands in the run file and what `heps explain` says. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { formatTime } from '../../core/runs/explanation.ts';
import type { RunFile } from '../../core/runs/run-file.ts';
import { readRunFile } from '../../sim/records/run-file-io.ts';
import { layOutTiles } from '../../viz/charts/tile-layout.ts';
import { hostKindsOf } from '../../viz/model/host-kinds.ts';
import { runOf } from '../../viz/model/run.ts';
import { startView, type ViewProcess } from '../cli/view-process.ts';
import { heps, makeSampleRuns, openTab, runIsShown, type SampleRuns, startChromium } from './chromium.ts';

let browser: Browser;
let runs: SampleRuns;
let server: ViewProcess;
let file: RunFile;
let page: Page;
let errors: string[];

beforeAll(async () => {
  browser = await startChromium();
  runs = makeSampleRuns();
  server = await startView([runs.hybrid], process.cwd());
  file = readRunFile(runs.hybrid);
});

afterAll(async () => {
  await browser?.close();
  await server?.end('SIGINT');
  runs?.remove();
});

beforeEach(async () => {
  ({ page, errors } = await openTab(browser, { width: 1440, height: 900 }));
});

afterEach(async () => {
  await page.close();
  expect(errors).toEqual([]);
});

const open = async (address = ''): Promise<void> => {
  await page.goto(`${server.url}${address}`);
  await runIsShown(page);
};
const status = (): Promise<string> => page.locator('.run-view .status').innerText();
const side = () => page.locator('.side');

/** Sets the clock as a reader does who drags the slider. */
async function scrubTo(atS: number): Promise<void> {
  await page.locator('.player input[type=range]').evaluate((slider: HTMLInputElement, value) => {
    slider.value = String(value);
    slider.dispatchEvent(new Event('input'));
  }, atS);
  await page
    .locator('.player .clock')
    .filter({ hasText: formatTime(Math.round(atS)) })
    .waitFor();
}

/** How many pixels of the map have a colour, 0xRRGGBB. */
function pixelsOf(colour: number): Promise<number> {
  return page.locator('.cluster-map canvas').evaluate((canvas: HTMLCanvasElement, wanted) => {
    const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      if ((data[at]! << 16) + (data[at + 1]! << 8) + data[at + 2]! === wanted) count++;
    }
    return count;
  }, colour);
}

/** Rows that run at a moment, counted over all decisions. */
function runningAt(atS: number): number[] {
  const { host, decidedS, endS } = file.decisions!;
  return host.flatMap((each, row) => (each >= 0 && decidedS[row]! <= atS && endS[row]! > atS ? [row] : []));
}

describe('the cluster', () => {
  test('the headline is the summary of the run file', async () => {
    await open();
    const { servedShare, all } = file.summary;
    const text = (await page.locator('h1').innerText()).replaceAll('\u00a0', ' ');
    expect(text).toContain(`hybrid served ${(servedShare! * 100).toFixed(1)} % of`);
    expect(text).toContain(`${all.gaveUp} gave up waiting`);
  });

  test('wherever the clock is set, forth or back, the VMs of that moment are there', async () => {
    await open();
    for (const atS of [500_000, 3600, 250_000.5, 0, 604_800]) {
      await scrubTo(atS);
      expect((await status()).replaceAll(',', '')).toContain(`: ${runningAt(atS).length} VMs`);
    }
  });

  test('a tile says what its host carries, when pointed at and when chosen', async () => {
    const atS = 250_000;
    await open(`#atS=${atS}`);
    const { cluster } = runOf(file, 'run');
    const kinds = hostKindsOf(cluster.specs);
    const canvas = (await page.locator('.cluster-map').boundingBox())!;
    const layout = layOutTiles(kinds, canvas.width, canvas.height);
    const host = kinds.at(-1)!.hosts[0]!;
    const rows = runningAt(atS).filter((row) => file.decisions!.host[row] === host);
    const vcpus = rows.reduce((sum, row) => sum + file.decisions!.vcpus[row]!, 0);
    const [x, y] = [canvas.x + layout.x[host]! + layout.pitch / 2, canvas.y + layout.y[host]! + layout.pitch / 2];

    await page.mouse.move(x, y);
    const tip = await page.locator('.tip').innerText();
    expect(tip).toContain(cluster.specs[host]!.name);
    expect(tip).toContain(`${rows.length} VMs · ${vcpus} of ${cluster.vcpus[host]} vCPUs`);

    await page.mouse.click(x, y);
    await side().getByRole('heading', { name: cluster.specs[host]!.name }).waitFor();
    for (const row of rows) expect(await side().innerText()).toContain(file.decisions!.id[row]);
    await page.waitForFunction((name) => location.hash.includes(`host=${name}`), cluster.specs[host]!.name);
  });

  test('the bars of a tile are as long as the use of its host', async () => {
    const atS = 250_000;
    await open(`#atS=${atS}`);
    const { cluster } = runOf(file, 'run');
    const canvas = (await page.locator('.cluster-map').boundingBox())!;
    const layout = layOutTiles(hostKindsOf(cluster.specs), canvas.width, canvas.height);
    const used = new Float64Array(cluster.specs.length);
    for (const row of runningAt(atS)) used[file.decisions!.host[row]!]! += file.decisions!.vcpus[row]!;
    const size = layout.pitch - layout.gap;
    // One row of pixels through the middle of the vCPU bar of each host without cards.
    const lengths = await page.locator('.cluster-map canvas').evaluate(
      (element: HTMLCanvasElement, tiles) => {
        const context = element.getContext('2d')!;
        return tiles.map(({ x, y, width }) => {
          const { data } = context.getImageData(Math.round(x), Math.round(y), width, 1);
          const isEmpty = (pixel: number): boolean => data[4 * pixel] === 0xd5 && data[4 * pixel + 1] === 0xda;
          return Array.from({ length: width }, (_, pixel) => pixel).filter((pixel) => !isEmpty(pixel)).length;
        });
      },
      cluster.specs.map((_, host) => ({
        x: layout.x[host]! + 2,
        y: layout.y[host]! + 5,
        width: Math.round(size - 4),
      })),
    );
    const cpuHosts = cluster.hosts.filter(({ isGpuHost }) => !isGpuHost);
    expect(cpuHosts.length).toBeGreaterThan(100);
    for (const { index } of cpuHosts) {
      const share = used[index]! / cluster.vcpus[index]!;
      expect(Math.abs(lengths[index]! - share * (size - 4))).toBeLessThanOrEqual(1.5);
    }
  });

  test('a category of the legend can be made to stand out, and the address says so', async () => {
    await open('#colour=station');
    const orange = 0xe69f00; // of the second category
    const before = await pixelsOf(orange);
    expect(before).toBeGreaterThan(100);
    await page.locator('.legend .chip').first().click();
    await page.locator('.legend .chip[aria-pressed=true]').waitFor();
    expect(await pixelsOf(orange)).toBe(0);
    await page.waitForFunction(() => location.hash.includes('only='));
    await page.locator('.legend .chip').first().click();
    await page.locator('.legend .chip[aria-pressed=true]').waitFor({ state: 'detached' });
    expect(await pixelsOf(orange)).toBe(before);
  });
});

describe('time', () => {
  test('play moves the clock and pause stops it', async () => {
    await open('#atS=1000');
    await page.keyboard.press('Space');
    await page.waitForFunction(
      () => Number((document.querySelector('.player input') as HTMLInputElement).value) > 3000,
    );
    await page.keyboard.press('Space');
    // The frame that was under way may still be drawn.
    await expect
      .poll(async () => {
        const stopped = await status();
        await page.waitForTimeout(300);
        return (await status()) === stopped;
      })
      .toBe(true);
  });

  test('the next refusal is found from the clock on, and opens', async () => {
    await open('#atS=100000');
    const { host, decidedS, id } = file.decisions!;
    const refusals = host.flatMap((each, row) => (each < 0 && decidedS[row]! > 100_000 ? [row] : []));
    for (const row of refusals.slice(0, 2)) {
      await page.keyboard.press('n');
      await side()
        .getByRole('heading', { name: `${id[row]} was turned away` })
        .waitFor();
      expect(await page.locator('.player .clock').innerText()).toBe(formatTime(Math.round(decidedS[row]!)));
    }
    await page.keyboard.press('p');
    await side()
      .getByRole('heading', { name: `${id[refusals[0]!]} was turned away` })
      .waitFor();
  });

  test('dragging over the lines zooms to that time, a double click shows all again', async () => {
    await open();
    const box = (await page.locator('.timeline').boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.4, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 40, { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction(() => location.hash.includes('fromS='));
    expect(await page.locator('.strip-title').first().textContent()).toContain('every change');
    await page.mouse.dblclick(box.x + box.width * 0.5, box.y + 40);
    await page.waitForFunction(() => !location.hash.includes('fromS='));
  });

  test('a link shows the same moment, decision and colours', async () => {
    await open('#atS=333333&colour=flavor&vm=heps-000123');
    const [before, decision] = [await status(), await side().locator('h2').innerText()];
    await page.waitForTimeout(500);
    const address = page.url();
    await page.goto('about:blank');
    await page.goto(address);
    await runIsShown(page);
    expect(await status()).toBe(before);
    expect(await side().locator('h2').innerText()).toBe(decision);
    expect(await page.locator('.toolbar select').inputValue()).toBe('flavor');
  });
});

describe('a decision', () => {
  interface Explained {
    decision: { kind: string; score: number };
    verdicts: {
      name: string;
      rejection?: { reason: string };
      scored?: { shownScore: number; terms: Record<string, number> };
    }[];
  }
  const explained = (id: string): Explained => JSON.parse(heps(['explain', runs.hybrid, id, '--json'])) as Explained;
  const firstId = (isWanted: (row: number) => boolean): string => {
    const { id } = file.decisions!;
    return id[id.findIndex((_, row) => row > 300 && isWanted(row))]!;
  };

  test.each([
    ['a GPU VM', (row: number) => file.decisions!.cards[row]! > 0 && file.decisions!.host[row]! >= 0],
    ['a CPU VM', (row: number) => file.decisions!.cards[row] === 0 && file.decisions!.host[row]! >= 0],
  ])('%s: scores and terms are those of heps explain, digit by digit', async (_what, isWanted) => {
    const id = firstId(isWanted);
    await open(`#vm=${id}`);
    await side().getByRole('heading', { name: id }).waitFor();
    const { verdicts } = explained(id);
    const shown = await side()
      .locator('table.scores tbody tr')
      .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).innerText));
    let compared = 0;
    for (const { name, scored } of verdicts) {
      const row = shown.find((text) => text.startsWith(name));
      if (row === undefined) continue;
      compared++;
      expect(row).toContain(scored!.shownScore.toFixed(6));
      for (const term of Object.values(scored!.terms)) expect(row).toContain(term.toFixed(6));
    }
    expect(compared).toBeGreaterThanOrEqual(2);
  });

  test('a refusal: the funnel leaves what heps explain leaves, and removes for the same reasons', async () => {
    const id = firstId((row) => file.decisions!.host[row]! < 0);
    await open(`#vm=${id}`);
    await side()
      .getByRole('heading', { name: `${id} was turned away` })
      .waitFor();
    const { verdicts } = explained(id);
    const counts = new Map<string, number>();
    for (const { rejection } of verdicts) counts.set(rejection!.reason, (counts.get(rejection!.reason) ?? 0) + 1);
    const funnel = (await side().locator('svg[data-chart=funnel]').textContent())!;
    const words: Record<string, string> = { vcpus: 'free vCPUs', ram: 'free RAM', 'card-memory': 'too little memory' };
    let compared = 0;
    for (const [reason, count] of counts) {
      if (words[reason] === undefined) continue;
      compared++;
      expect(funnel).toMatch(new RegExp(`(?<!\\d)${count} (lacks?|has|have) [^0-9]*${words[reason]}`));
    }
    expect(compared).toBeGreaterThan(0);
    expect(await side().innerText()).toContain('What would have changed it');
  });

  test('who waited is explained at both moments', async () => {
    const { waitReason } = file.decisions!;
    const id = firstId((row) => waitReason.texts[waitReason.rows[row]!]!.startsWith('vcpus'));
    await open(`#vm=${id}`);
    await side().getByRole('button', { name: 'When it asked first' }).click();
    await page.waitForFunction(() => location.hash.includes('waiting=1'));
    const pressed = side().getByRole('button', { name: 'When it asked first' });
    expect(await pressed.getAttribute('aria-pressed')).toBe('true');
  });

  test('a VM that is not there is said not to be', async () => {
    await open();
    await page.getByRole('searchbox').fill('heps-999999');
    await page.keyboard.press('Enter');
    expect(await page.getByRole('alert').innerText()).toContain('No VM or host in this run is called “heps-999999”');
  });
});

describe('files', () => {
  const saved = async (name: string): Promise<Buffer> => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
    return readFileSync(await download.path());
  };

  test('the cluster is saved as an SVG with a mark for every host, and as a PNG', async () => {
    await open('#colour=station');
    const svg = (await saved('Save cluster as SVG')).toString();
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    expect(svg.match(/<rect /g)!.length).toBeGreaterThan(3 * 250);
    expect(svg).toContain('2 × RTX A6000');
    const png = await saved('Save cluster as PNG');
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.length).toBeGreaterThan(10_000);
  });

  test('a saved timeline and a saved similarity need nothing of the page', async () => {
    const { cards, host } = file.decisions!;
    const gpuVm = file.decisions!.id[cards.findIndex((each, row) => row > 300 && each > 0 && host[row]! >= 0)]!;
    await open(`#vm=${gpuVm}`);
    for (const name of ['timeline', 'similarity']) {
      const svg = (await saved(`Save ${name} as SVG`)).toString();
      expect(svg).not.toContain('class=');
      expect(svg).not.toContain('var(--');
      const alone = await browser.newPage();
      const path = join(runs.folder, `${name}.svg`);
      writeFileSync(path, svg);
      await alone.goto(`file://${path}`);
      expect(await alone.evaluate(() => document.querySelectorAll('path, rect').length)).toBeGreaterThan(5);
      await alone.close();
    }
  });

  /** Drops a file on the page. */
  const drop = async (name: string, content: string): Promise<void> => {
    await page.evaluate(
      ([fileName, text]) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([text!], fileName!));
        document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
      },
      [name, content],
    );
  };

  test.each([
    ['no JSON', '{"format": ', 'broken.json: expected a run file (JSON)'],
    ['another file', '{"format":"heps-cluster/1"}', 'broken.json, format: expected heps-run/1 (a run file'],
    [
      'a newer version',
      '{"format":"heps-run/2"}',
      'broken.json, format: expected heps-run/1, which is what this version',
    ],
  ])('a dropped file that is %s is refused in words, and the page goes on', async (_what, content, message) => {
    await open();
    const before = await status();
    await drop('broken.json', content);
    await page.getByRole('alert').filter({ hasText: message }).waitFor();
    expect(await status()).toBe(before);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    expect(await page.getByRole('alert').innerText()).toBe('');
  });

  test('a run whose decision names a host that is not there is refused with the place', async () => {
    await open();
    const host = [...file.decisions!.host];
    host[7] = 250;
    await drop('wrong.json', JSON.stringify({ ...file, decisions: { ...file.decisions, host } }));
    await page
      .getByRole('alert')
      .filter({ hasText: 'wrong.json, decisions.host[7]: expected -1 to 249, got 250' })
      .waitFor();
  });

  test('a dropped run opens beside the one that is open', async () => {
    await open();
    await drop('nova.run.json', readFileSync(runs.nova, 'utf8'));
    await page.locator('select.runs option').nth(1).waitFor({ state: 'attached' });
    expect(await page.locator('select.runs option').allInnerTexts()).toEqual(['hybrid', 'nova']);
  });

  test('an exported page opens from disk and shows the same', async () => {
    await open('#vm=heps-000400');
    const [headline, shown] = [await page.locator('h1').innerText(), await side().locator('h2').innerText()];
    const path = join(runs.folder, 'page.html');
    heps(['view', runs.hybrid, '--export', path]);
    await page.goto(`file://${path}#vm=heps-000400`);
    await runIsShown(page);
    expect(await page.locator('h1').innerText()).toBe(headline);
    expect(await side().locator('h2').innerText()).toBe(shown);
  });
});

test('without a run the page says what to do', async () => {
  const empty = await startView([], process.cwd());
  await page.goto(empty.url);
  await page.getByRole('heading', { name: 'Drop a run file here' }).waitFor();
  await empty.end('SIGTERM');
});
