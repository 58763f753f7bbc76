/** `heps view RUN...`: runs in a browser, served to this machine or written into one file. */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { InputError } from '../../core/input-error.ts';
import type { RunFile } from '../../core/runs/run-file.ts';
import { type PagePolicy, type PageRun, withModules, withSources } from '../../core/wire/page-sources.ts';
import { OutputFile } from '../../files/output-file.ts';
import { sayIdleOptions } from '../../idle-options.ts';
import { readBuiltPage } from '../../package-files.ts';
import type { LoadedPolicy } from '../../policy-modules/loaded-policy.ts';
import { policiesFrom } from '../../policy-modules/policy-reference.ts';
import { embeddedRun, splitAtBodyEnd } from '../page/page.ts';
import type { PagePolicies } from '../page/page-policies.ts';
import { startPageServer } from '../page/page-server.ts';
import { megabytes, mostPageBytes, readRunFile } from '../records/run-file-io.ts';
import { runFileNeeds } from './option-needs.ts';

export function addView(program: Command): void {
  program
    .command('view')
    .description('show runs in a browser: hosts over time, every decision, one run against another')
    .argument('[runs...]', 'run files; without any, drop files onto the page')
    .addOption(new Option('--port <n>', 'local port (default: a free one)').argParser(portNumber))
    .addOption(
      new Option('--export <file>', 'write page and runs to one .html file instead, to send or keep').conflicts('port'),
    )
    .option('--policy <files...>', 'your own policies that the runs used (default: the paths in the run files)')
    .addHelpText(
      'after',
      '\nExample:\n' +
        '  heps view runs/heps-250_heps-30d_hybrid_seed1.run.json runs/heps-250_heps-30d_nova_seed1.run.json\n' +
        '  heps view runs/heps-250_heps-30d_hybrid_seed1.run.json --export page.html',
    )
    .action(
      async (files: string[], options: { port?: number; export?: string; policy?: string[] }, command: Command) => {
        const paths = [...new Set(files)];
        if (options.export !== undefined) checkExport(options.export, paths);
        const page = readBuiltPage();
        for (const path of paths) refuseTooLargeForPage(path);
        const runs = paths.map((path) => ({ path, run: readRunFile(path) }));
        const given = await policiesFrom(options.policy ?? []);
        await sayIdleOptions(command, runFileNeeds, { runs: runs.map(({ run }) => run), given });
        const policies = await policiesOf(runs, given);
        if (options.export === undefined) await serve(page, paths, policies, options.port ?? 0);
        else exportPage(page, paths, policies, options.export);
      },
    );
}

/** The policies that do not come with heps. What loads them is itself loaded only where a run needs one. */
async function policiesOf(
  runs: readonly { readonly path: string; readonly run: RunFile }[],
  given: readonly LoadedPolicy[],
): Promise<PagePolicies> {
  const isNeeded = runs.some(({ run }) => run.inputs.policy.module !== undefined);
  if (!isNeeded) return { policies: [], modules: new Map() };
  const { pagePoliciesOf } = await import('../page/page-policies.ts');
  return pagePoliciesOf(runs, given, (text) => console.error(`heps: ${text}`));
}

/** A run as the page opens it. */
function pageRun(
  name: string,
  source: { readonly url: string } | { readonly embedded: string },
  policy: PagePolicy | undefined,
): PageRun {
  return { name, ...source, ...(policy === undefined ? {} : { policy }) };
}

/** Serves the page until the process is told to end. */
async function serve(
  page: string,
  paths: readonly string[],
  { policies, modules }: PagePolicies,
  port: number,
): Promise<void> {
  const runs = namesOf(paths).map((name, index) => pageRun(name, { url: `runs/${index}` }, policies[index]));
  const scripts = [...modules].map(([specifier, script], index) => ({
    specifier,
    script,
    url: `/modules/${index}.js`,
  }));
  const addresses = Object.fromEntries(scripts.map(({ specifier, url }) => [specifier, url]));
  const ended = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  const server = await startPageServer({
    page: withModules(withSources(page, { runs, live: null }), addresses),
    scripts: new Map(scripts.map(({ url, script }) => [url, script])),
    files: new Map(paths.map((path, index) => [`/runs/${index}`, path])),
    port,
  });
  const hint = runs.length === 0 ? 'Drop run files onto the page. ' : '';
  console.log(`\n  ${server.url}\n\n${hint}Ctrl-C ends it.`);
  await ended;
  await server.stop();
}

/** One file that needs no server: the page with the runs in it. The same runs give the same bytes. */
function exportPage(page: string, paths: readonly string[], { policies, modules }: PagePolicies, out: string): void {
  const ids = paths.map((_, index) => `heps-run-${index}`);
  const runs = namesOf(paths).map((name, index) => pageRun(name, { embedded: ids[index]! }, policies[index]));
  const addresses = Object.fromEntries(
    [...modules].map(([specifier, script]) => [specifier, `data:text/javascript,${encodeURIComponent(script)}`]),
  );
  const [head, tail] = splitAtBodyEnd(withModules(withSources(page, { runs, live: null }), addresses));
  const file = new OutputFile(out);
  let length = 0;
  const write = (text: string): void => {
    const bytes = Buffer.from(text);
    length += bytes.length;
    file.write(bytes);
  };
  try {
    write(head);
    for (const [index, path] of paths.entries()) write(embeddedRun(ids[index]!, readFileSync(path)));
    write(tail);
    file.finish();
  } catch (error) {
    file.discard();
    throw error;
  }
  console.log(`${out}, ${(length / 2 ** 20).toFixed(2)} MiB: opens in any browser, without a server`);
}

/** @throws InputError also where the runs would be written over, as in `--export a.run.json b.run.json` */
function checkExport(out: string, paths: readonly string[]): void {
  if (!/\.html?$/.test(out)) throw new InputError('--export', 'a file name that ends in .html', out);
  if (paths.length === 0) throw new InputError('--export', 'run files to write into the page', undefined);
}

/** @throws InputError where no browser can read the run */
function refuseTooLargeForPage(path: string): void {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes <= mostPageBytes) return;
  throw InputError.saying(`${path}: ${megabytes(bytes)}, and a browser reads at most 512 MiB; heps explain reads it`);
}

/** The files' names without folder; as typed where two would be the same. */
function namesOf(paths: readonly string[]): string[] {
  const names = paths.map((path) => basename(path));
  return names.map((name, index) => (names.indexOf(name) === names.lastIndexOf(name) ? name : paths[index]!));
}

function portNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) throw new InvalidArgumentError('Expected a port up to 65535.');
  return Number(text);
}
