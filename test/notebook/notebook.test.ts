/** The example notebook, executed on a sweep that the built command makes; `UPDATE_NOTEBOOK=1 npm run test:notebook` writes its outputs. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

interface Cell {
  readonly cell_type: 'code' | 'markdown';
  readonly source: readonly string[];
  readonly outputs?: readonly { readonly data?: Record<string, string | readonly string[]> }[];
  readonly metadata: object;
}
interface Notebook {
  readonly cells: readonly Cell[];
}

const committed = resolve('docs/examples/notebook/sweep.ipynb');

test('the notebook gives its committed tables and figure on the sweep of the plan beside it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heps-notebook-'));
  try {
    const plan = resolve('docs/examples/notebook/plan.yaml');
    execFileSync(process.execPath, [resolve('dist/cli.js'), 'sweep', plan, '--out', folder], { stdio: 'pipe' });
    const executed = join(folder, 'executed.ipynb');
    // Debian's own Python, which has pandas, without settings of the user.
    const env = { PATH: '/usr/bin:/bin', HOME: folder, HEPS_TABLE: join(folder, 'table.csv') };
    const options = ['--to', 'notebook', '--execute', '--output', executed, committed];
    execFileSync('/usr/bin/jupyter', ['nbconvert', ...options], { env, stdio: 'pipe' });
    const notebook = withoutTimes(readNotebook(executed));
    if (process.env.UPDATE_NOTEBOOK === '1') writeFileSync(committed, `${JSON.stringify(notebook, null, 1)}\n`);
    const outputs = outputsOf(notebook);
    expect(outputs.map(({ kinds }) => kinds).filter((kinds) => kinds.length > 0)).toEqual([
      ...[
        ['text/html', 'text/plain'],
        ['text/html', 'text/plain'],
        ['text/html', 'text/plain'],
      ],
      ['image/svg+xml', 'text/plain'],
    ]);
    expect(outputs).toEqual(outputsOf(readNotebook(committed)));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function readNotebook(path: string): Notebook {
  return JSON.parse(readFileSync(path, 'utf8')) as Notebook;
}

/** Without when each cell ran, which differs every time. */
function withoutTimes({ cells, ...rest }: Notebook): Notebook {
  return { ...rest, cells: cells.map((cell) => ({ ...cell, metadata: {} })) };
}

/** What each code cell shows: the kinds, and the texts of each without the drawing program's version. */
function outputsOf({ cells }: Notebook): { source: string; kinds: string[]; texts: string[] }[] {
  return cells
    .filter(({ cell_type }) => cell_type === 'code')
    .map(({ source, outputs = [] }) => {
      const shown = outputs.flatMap(({ data = {} }) => Object.entries(data)).sort(([a], [b]) => (a < b ? -1 : 1));
      const texts = shown.map(([, text]) =>
        [text]
          .flat()
          .join('')
          .replace(/<metadata>[\s\S]*?<\/metadata>/, ''),
      );
      return { source: source.join(''), kinds: shown.map(([kind]) => kind), texts };
    });
}
