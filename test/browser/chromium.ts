/** A real Chromium, and the runs that tests open in it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Debian's; another one by the environment variable CHROMIUM. */
export function startChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`no browser at ${executablePath}: apt-get install chromium`);
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** Runs of one week on the same requests, made by the built command as a user makes them. */
export interface SampleRuns {
  readonly folder: string;
  readonly hybrid: string;
  readonly nova: string;
  /** With failures, late SRM records and boot time. */
  readonly rough: string;
  remove(): void;
}

/** What the built command prints. */
export function heps(args: readonly string[]): string {
  return execFileSync(process.execPath, [resolve('dist/cli.js'), ...args], { encoding: 'utf8', maxBuffer: 2 ** 28 });
}

export function makeSampleRuns(): SampleRuns {
  const folder = mkdtempSync(join(tmpdir(), 'heps-browser-'));
  const common = [
    '--days',
    '7',
    '--load',
    '1.1',
    '--on-full',
    'queue',
    '--backfill',
    '--patience',
    '4h',
    '--seed',
    '1',
  ];
  const simulate = (name: string, ...more: string[]): string => {
    const path = join(folder, `${name}.run.json`);
    heps(['simulate', ...common, ...more, '--out', path]);
    return path;
  };
  const failures = ['--mtbf-h', '400', '--card-mtbf-h', '300', '--mttr-h', '20', '--resubmit'];
  return {
    folder,
    hybrid: simulate('hybrid', '--policy', 'hybrid'),
    nova: simulate('nova', '--policy', 'nova'),
    rough: simulate('rough', '--policy', 'hybrid', ...failures, '--srm-interval-s', '600', '--boot-s', '60'),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** A tab whose errors, of scripts and of the console, are kept. */
export async function openTab(
  browser: Browser,
  options: { width: number; height: number; isDark?: boolean },
): Promise<{ page: Page; errors: string[] }> {
  const { width, height, isDark = false } = options;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: isDark ? 'dark' : 'light' });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error.stack)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return { page, errors };
}

/** Waits until the run on the page is drawn. */
export async function runIsShown(page: Page): Promise<void> {
  await page.locator('.run-view .status').filter({ hasText: ' VMs' }).waitFor();
}
