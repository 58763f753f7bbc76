/** Policies from files as the built code loads them: wrong ones end in one line. `npm test` builds first. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isPolicyFile, policyFilesIn } from '../../policy-modules/policy-reference.ts';

/** A policy that works, with other fields in it. */
const policyWith = (fields: string, name = 'mine'): string =>
  `import { fineGrained } from 'heps-vcd';\nexport default { name: '${name}', summary: 'one', ` +
  `create: () => ({ ...fineGrained, name: 'mine', score: () => 0, terms: () => ({}) }), ${fields} };\n`;
const optionWith = (fields: string): string =>
  policyWith(`options: { weight: { help: 'h', words: () => '', ${fields} } }`);

const wrong: readonly [file: string, text: string | null, line: string][] = [
  ['missing.ts', null, `: expected a policy's file that can be read (.ts, .mts, .js or .mjs), got "ENOENT"`],
  [
    'type.ts',
    'const a = 1;\nconst b: number = ;\n',
    ':2:19: expected JavaScript or types over it: Expression expected',
  ],
  ['enum.ts', 'enum A { b }\n', ':1:1: expected JavaScript or types over it: TypeScript enum is not supported'],
  ['syntax.mjs', 'export default {;\n', ':1:17: expected JavaScript or types over it: '],
  [
    'no-package.ts',
    `import 'no-such-package';\n`,
    `: expected a module that can be loaded, got Error: Cannot find package`,
  ],
  ['no-name.ts', `import { none } from 'heps-vcd';\nexport default none;\n`, `does not provide an export named 'none'`],
  ['throws.ts', `\nthrow new Error('boom');\n`, ':2:7: expected a module that can be loaded, got Error: boom'],
  [
    'no-default.ts',
    'export const policy = 1;\n',
    ': expected a default export with name, summary and create, as heps policy new writes it, got nothing',
  ],
  ['text.ts', `export default 'hybrid';\n`, ', export default: expected an object, got "hybrid"'],
  ['unnamed.ts', policyWith(`name: ''`), ', name: expected a name of letters, digits, dots and dashes, got ""'],
  ['clash.ts', policyWith('', 'hybrid'), ', name: expected a name that no policy of heps has, got "hybrid"'],
  ['summary.ts', policyWith(`summary: 'a\\nb'`), ', summary: expected one line, got "a\\nb"'],
  ['no-create.ts', policyWith('create: undefined'), ', create: expected a function, got nothing'],
  [
    'field.ts',
    policyWith('option: {}'),
    ', export default: expected the fields name, summary, options, needsTypicalRequests, create, shown, got "option"',
  ],
  ['needs.ts', policyWith('needsTypicalRequests: 1'), ', needsTypicalRequests: expected true, or nothing, got 1'],
  [
    'seed.ts',
    policyWith('options: { seed: {} }'),
    ', options: expected names other than seed, typicalRequests, got "seed"',
  ],
  [
    'case.ts',
    policyWith(`options: { 'idle-weight': {} }`),
    ', options: expected names in camelCase, such as idleWeight, got "idle-weight"',
  ],
  [
    'values.ts',
    optionWith('default: 1'),
    ', options.weight: expected choices (texts) or minimum (a number), got nothing',
  ],
  [
    'default.ts',
    optionWith('minimum: 2, default: 1'),
    ', options.weight.default: expected a number of at least 2, got 1',
  ],
  [
    'choice.ts',
    optionWith(`choices: ['a', 'b'], default: 'c'`),
    ', options.weight.default: expected one of a, b, got "c"',
  ],
  ['choices.ts', optionWith('choices: [1], default: 1'), ', options.weight.choices[0]: expected a text, got 1'],
  ['words.ts', optionWith('minimum: 0, default: 0, words: 1'), ', options.weight.words: expected a function, got 1'],
  ['create.ts', policyWith(`create() { throw new Error('no') }`), 'policy mine failed in create(): Error: no'],
  ['nothing.ts', policyWith('create() {}'), ', what create() returns: expected an object, got nothing'],
  [
    'other.ts',
    policyWith(`create: () => ({ name: 'yours' })`),
    ', what create() returns, name: expected mine, the name of the default export, got "yours"',
  ],
  [
    'filters.ts',
    policyWith(`create: () => ({ ...fineGrained, name: 'mine', filters: [() => undefined] })`),
    ', what create() returns, filters[0]: expected an object, got',
  ],
  ...['score', 'terms', 'cards', 'tier'].map((part): [string, string, string] => [
    `${part}.ts`,
    policyWith(`create: () => ({ ...fineGrained, name: 'mine', score: () => 0, terms: () => ({}), ${part}: 1 })`),
    `, what create() returns, ${part}: expected a function, got 1`,
  ]),
  [
    'shown.ts',
    policyWith(`shown: () => ({ combined: 'difference' })`),
    ', what shown() returns, combined: expected one of sum, product, got "difference"',
  ],
];

let folder: string;
let lines: readonly string[];

/** What a script of the built code prints, from the folder. */
function run(script: string): string {
  const dist = JSON.stringify(resolve('dist'));
  return execFileSync(process.execPath, ['--input-type=module', '-e', `const dist = ${dist};\n${script}`], {
    cwd: folder,
    encoding: 'utf8',
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heps-policy-modules-'));
  for (const [file, text] of wrong) if (text !== null) writeFileSync(join(folder, file), text);
  const files = JSON.stringify(wrong.map(([file]) => `./${file}`));
  const script = `const { loadPolicy } = await import(dist + '/policy-modules/load-policy.js');
    const lines = [];
    for (const file of ${files}) {
      lines.push(await loadPolicy(file).then(() => 'loaded', (error) => error.name + ' ' + error.message));
    }
    console.log(JSON.stringify(lines));`;
  lines = JSON.parse(run(script));
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

test.each(wrong.map(([file, , line], index) => [file, line, index] as const))(
  '%s is refused in one line that says: %s',
  (file, line, index) => {
    expect(lines[index]).toContain(`InputError ./${file}`);
    expect(lines[index]).toContain(line);
    expect(lines[index]).not.toContain('\n');
  },
);

test('a policy is loaded from TypeScript and JavaScript, with files of its own, in a folder where nothing is installed', () => {
  writeFileSync(join(folder, 'weight.ts'), 'export const weight: number = 2;\n');
  const good = `import { weight } from './weight.ts';\n${policyWith('shown: () => ({ terms: { weight: { title: String(weight) } } })')}`;
  for (const file of ['good.ts', 'good.mts', 'good.js', 'good.mjs']) writeFileSync(join(folder, file), good);
  const script = `const { loadPolicy } = await import(dist + '/policy-modules/load-policy.js');
    for (const file of ['good.ts', 'good.mts', 'good.js', 'good.mjs']) {
      const { factory, module } = await loadPolicy(file, './' + file);
      console.log(factory.name, factory.shown({}).terms.weight.title, module.given, module.sha256.length);
    }`;
  expect(run(script)).toBe(['ts', 'mts', 'js', 'mjs'].map((ending) => `mine 2 ./good.${ending} 64\n`).join(''));
});

test('two policies of one name are refused', () => {
  writeFileSync(join(folder, 'a.ts'), policyWith(''));
  writeFileSync(join(folder, 'b.ts'), policyWith(''));
  const script = `const { loadPolicies } = await import(dist + '/policy-modules/load-policy.js');
    await loadPolicies(['a.ts', 'b.ts']).catch((error) => console.log(error.message));`;
  expect(run(script)).toBe('b.ts, name: expected another name than that of a.ts, got "mine"\n');
});

test('the live configuration takes a policy from a file beside it, with its options as keys, and refuses one that needs typical requests', () => {
  writeFileSync(join(folder, 'live.ts'), optionWith('minimum: 0, default: 1'));
  writeFileSync(join(folder, 'needy.ts'), policyWith('needsTypicalRequests: true'));
  writeFileSync(
    join(folder, 'taken.ts'),
    policyWith(`options: { mode: { help: 'h', words: () => '', minimum: 0, default: 0 } }`),
  );
  const write = (name: string, scheduling: string): void =>
    writeFileSync(join(folder, name), `database: {file: heps.db}\nscheduling: {mode: shadow, ${scheduling}}\n`);
  write('live.yaml', 'policy: ./live.ts, weight: 3, spill: never');
  write('wrong.yaml', 'policy: ./live.ts, weight: -1');
  write('other.yaml', 'policy: hybrid, weight: 1');
  write('needy.yaml', 'policy: ./needy.ts');
  write('taken.yaml', 'policy: ./taken.ts');
  write('missing.yaml', 'policy: ./none.ts');
  const script = `const { openConfiguration } = await import(dist + '/live/server/configuration.js');
    process.chdir('/');
    for (const name of ['live', 'wrong', 'other', 'needy', 'taken', 'missing']) {
      await openConfiguration(${JSON.stringify(folder)} + '/' + name + '.yaml', {}).then(
        ({ scheduling: { policy, policyOptions: { weight, spill }, policyFactory } }) =>
          console.log(policy, weight, spill, policyFactory.name),
        (error) => console.log(error.message),
      );
    }`;
  const [live, ...refused] = run(script).trimEnd().split('\n');
  expect(live).toBe('mine 3 never mine');
  expect(refused.map((line) => line.replaceAll(`${folder}/`, ''))).toEqual([
    'wrong.yaml, scheduling.weight: expected a number of at least 0, got -1',
    'other.yaml, scheduling.weight: not a known key; did you mean scheduling.leaseS?',
    'needy.yaml, scheduling.policy: expected a policy that decides without typical requests, got "./needy.ts"',
    'taken.yaml, scheduling.policy, ./taken.ts, options.mode: expected a name that heps does not use (scheduling.mode), got "mode"',
    `missing.yaml, scheduling.policy, ./none.ts: expected a policy's file that can be read (.ts, .mts, .js or .mjs), got "ENOENT"`,
  ]);
});

test('a name with a path separator or a module’s ending is a file, but no policy of heps is', () => {
  expect(
    ['./mine', 'mine.ts', 'a/b', 'mine.js', 'mine.mts', 'mine.mjs', 'fgd/mine.ts'].map(isPolicyFile),
  ).not.toContain(false);
  expect(['hybrid', 'fgd/random', 'fgd/worst', 'mine', 'mine.tsx'].map(isPolicyFile)).not.toContain(true);
  const words = [
    'compare',
    '--policies',
    'hybrid,./a.ts,fgd/random,./b.mjs',
    '--policy=c.ts',
    '--policy',
    './a.ts',
    '--policies',
  ];
  expect(policyFilesIn(words)).toEqual(['./a.ts', './b.mjs', 'c.ts']);
});
