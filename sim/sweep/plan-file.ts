/** Reads a sweep's plan: YAML whose keys are options of a run, each with a value or a list, in one block or in named experiments. */
import { readFileSync } from 'node:fs';
import { closest } from 'fastest-levenshtein';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml';
import { InputError } from '../../core/input-error.ts';
import { type PlanValue, PlanVocabulary, seedsOf } from './plan-options.ts';

/** A value and where it stands: `plan.yaml:3:9, load`. */
export interface LocatedValue {
  readonly value: PlanValue;
  readonly where: string;
}

/** Options with the values that are crossed, in the order in which the plan names them. */
export type PlanOptions = ReadonlyMap<string, readonly LocatedValue[]>;

export interface Experiment {
  /** Null where the plan has no `experiments`. */
  readonly name: string | null;
  readonly where: string;
  /** With those that all experiments share; `seeds` as single numbers. */
  readonly options: PlanOptions;
}

export interface PlanFile {
  /** What is kept of each run. */
  readonly runs: 'summary' | 'full';
  readonly experiments: readonly Experiment[];
}

/** Keys of a plan besides options. */
const ownKeys = ['runs', 'experiments'];

/** The text of a plan. @throws InputError */
export function readPlanText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(file, 'a plan that can be read', (error as NodeJS.ErrnoException).code);
  }
}

/** The policies that a plan names, by name or by file, wherever it does so; what else is in it is not checked. */
export function policiesNamedIn(text: string): string[] {
  const named = new Set<string>();
  visit(parseDocument(text, { prettyErrors: false }), {
    Pair(_, { key, value }) {
      if (!isScalar(key) || key.value !== 'policy') return;
      for (const item of isSeq(value) ? value.items : [value]) {
        if (isScalar(item) && typeof item.value === 'string') named.add(item.value);
      }
    },
  });
  return [...named];
}

/**
 * @param file its name, for messages
 * @param vocabulary the options that it may name
 * @throws InputError naming file, line and column
 */
export function parsePlan(text: string, file: string, vocabulary = new PlanVocabulary()): PlanFile {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error !== undefined) throw InputError.saying(`${at(error.pos[0])}: expected YAML (${error.message})`);
  const reader: Reader = { document, vocabulary, at: (node) => at(node.range![0]) };
  if (!isMap(document.contents))
    throw InputError.saying(`${file}:1:1: expected options of runs, such as load: [0.7, 1]`);
  return readPlan(document.contents, reader);
}

interface Reader {
  readonly document: Document;
  readonly vocabulary: PlanVocabulary;
  /** Line and column of a node. */
  at(node: Node): string;
}

interface Entry {
  readonly key: string;
  readonly keyNode: Node;
  readonly value: Node;
}

function readPlan(map: YAMLMap, reader: Reader): PlanFile {
  const entries = entriesOf(map, reader);
  const shared = readOptions(
    entries.filter(({ key }) => !ownKeys.includes(key)),
    reader,
    ownKeys,
  );
  const runs = entries.find(({ key }) => key === 'runs');
  const experiments = entries.find(({ key }) => key === 'experiments');
  return {
    runs: runs === undefined ? 'summary' : readRuns(runs.value, reader),
    experiments:
      experiments === undefined
        ? [{ name: null, where: reader.at(map), options: shared }]
        : readExperiments(experiments, shared, reader),
  };
}

function readRuns(node: Node, reader: Reader): PlanFile['runs'] {
  const value = isScalar(node) ? node.value : undefined;
  if (value !== 'summary' && value !== 'full') {
    throw new InputError(`${reader.at(node)}, runs`, 'summary or full', value);
  }
  return value;
}

function readExperiments({ value, keyNode }: Entry, shared: PlanOptions, reader: Reader): Experiment[] {
  if (!isMap(value) || value.items.length === 0) {
    throw InputError.saying(`${reader.at(keyNode)}, experiments: expected names, each with its options`);
  }
  return entriesOf(value, reader).map(({ key: name, keyNode: nameNode, value: content }) => {
    const where = `${reader.at(nameNode)}, ${name}`;
    const isEmpty = isScalar(content) && content.value === null;
    if (!isMap(content) && !isEmpty)
      throw InputError.saying(`${where}: expected options of runs, such as load: [0.7, 1]`);
    const own = isMap(content) ? readOptions(entriesOf(content, reader), reader, []) : new Map();
    return { name, where, options: new Map([...shared, ...own]) };
  });
}

/** @param otherKeys what else may stand there, for suggestions */
function readOptions(entries: readonly Entry[], reader: Reader, otherKeys: readonly string[]): PlanOptions {
  return new Map(
    entries.map(({ key, keyNode, value }) => {
      if (!reader.vocabulary.names.includes(key)) {
        const nearest = closest(key, [...reader.vocabulary.names, ...otherKeys]);
        throw InputError.saying(`${reader.at(keyNode)}: ${key} is no option of a run; did you mean ${nearest}?`);
      }
      return [key, readValues(key, keyNode, value, reader)];
    }),
  );
}

function readValues(key: string, keyNode: Node, node: Node, reader: Reader): LocatedValue[] {
  const items = isSeq(node) ? node.items.map((item) => resolved(item as Node, reader)) : [node];
  if (items.length === 0)
    throw InputError.saying(`${reader.at(keyNode)}, ${key}: expected at least one value, got none`);
  const values = items.flatMap((item) => {
    const where = `${reader.at(item)}, ${key}`;
    const value = isScalar(item) ? item.value : undefined;
    if (value !== null && typeof value !== 'number' && typeof value !== 'string' && typeof value !== 'boolean') {
      throw InputError.saying(`${where}: expected a value or a list of values`);
    }
    reader.vocabulary.check(key, value, where);
    const each = key === 'seeds' && value !== null ? seedsOf(value) : [value];
    return each.map((one) => ({ value: one, where }));
  });
  const seen = new Set<string>();
  for (const { value, where } of values) {
    if (seen.has(String(value))) throw new InputError(where, 'different values', value);
    seen.add(String(value));
  }
  return values;
}

function entriesOf(map: YAMLMap, reader: Reader): Entry[] {
  return map.items.map(({ key, value }) => {
    const keyNode = key as Node;
    if (!isScalar(keyNode)) throw InputError.saying(`${reader.at(keyNode)}: expected a name`);
    return { key: String(keyNode.value), keyNode, value: resolved(value as Node | null, reader, keyNode) };
  });
}

/** What an alias stands for; a key without a value has the place of the key. */
function resolved(node: Node | null, reader: Reader, keyNode?: Node): Node {
  if (node === null) return Object.assign(reader.document.createNode(null) as Node, { range: keyNode?.range });
  if (!isAlias(node)) return node;
  const target = node.resolve(reader.document);
  if (target === undefined)
    throw InputError.saying(`${reader.at(node)}: expected the name of an anchor, got *${node.source}`);
  return target;
}
