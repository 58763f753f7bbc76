/** In which order tasks arrive, which of them arrive again, and in which order nodes stand: from a seed, or from an order file. */
import type { HostSpec } from '../../core/host.ts';
import { InputError } from '../../core/input-error.ts';
import type { VmRequest } from '../../core/request.ts';
import { readLines } from '../../traces/csv.ts';
import { type RandomStream, randomStream } from '../../traces/random.ts';
import { cardsOf, milliGpuOf, type OpenbData } from './openb-data.ts';

/** What is played. */
export interface ArrivalOrder {
  /** In the order in which they arrive; a task that arrives again has a name of its own. */
  readonly tasks: readonly VmRequest[];
  /** Sorted by name. The artifact breaks ties by the lowest name, so that this is our rule, the lowest index. */
  readonly hosts: readonly HostSpec[];
}

/** GPU that is asked for in all, over what there is: the artifact's tuning ratio. */
const inflation = 1.3;

/**
 * Our own draw under the rules of the artifact: tasks shuffled; then tasks drawn from the list, with repetition, until they ask for 130 %
 * of the cards (where the list asks for more, tasks are taken out instead); nodes in random order, which a number before their name says.
 *
 * @throws InputError when the list asks for no GPU
 */
export function drawOrder({ nodes, tasks: all }: OpenbData, seed: number): ArrivalOrder {
  const target = inflation * cardsOf(nodes) * 1000;
  const tasks = shuffled(all, randomStream(seed, 'fgd/order'));
  const draw = randomStream(seed, 'fgd/inflation');
  let sum = tasks.reduce((soFar, task) => soFar + milliGpuOf(task), 0);
  if (sum === 0) throw new InputError('task list', 'tasks that ask for GPUs', 0);
  while (sum > target) sum -= milliGpuOf(tasks.splice(below(draw, tasks.length), 1)[0]!);
  for (let copies = 0; ; copies++) {
    const task = all[below(draw, all.length)]!;
    // What one card gives is compared, and what all give is added, as the artifact does; so the sum may end above the target.
    if (sum + task.cardCores > target) break;
    sum += milliGpuOf(task);
    tasks.push({ ...task, id: `${task.id}-tuned-${copies}` });
  }
  const byName = [...nodes].sort((a, b) => (a.name < b.name ? -1 : 1));
  const numbers = shuffled(
    byName.map((_, index) => index),
    randomStream(seed, 'fgd/nodes'),
  );
  return {
    tasks,
    hosts: sorted(
      byName.map((node, index) => ({ ...node, name: `${String(numbers[index]).padStart(4, '0')}-${node.name}` })),
    ),
  };
}

/** Fisher and Yates. */
function shuffled<Item>(items: readonly Item[], stream: RandomStream): Item[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = below(stream, last + 1);
    [result[last], result[other]] = [result[other]!, result[last]!];
  }
  return result;
}

function below(stream: RandomStream, limit: number): number {
  return Math.floor(stream() * limit);
}

function sorted(hosts: HostSpec[]): HostSpec[] {
  return hosts.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Reads an order file, plain or gzipped: `P,<tasks>,<milli-GPU>`, then `p,<task>` in order of arrival, then `n,<number>-<node>` for each
 * node. A task that arrives again is `<task>-tuned-<n>`.
 *
 * @throws InputError naming file and line
 */
export async function readOrder(path: string, { nodes, tasks }: OpenbData): Promise<ArrivalOrder> {
  const taskNamed = new Map(tasks.map((task) => [task.id, task]));
  const nodeNamed = new Map(nodes.map((node) => [node.name, node]));
  const arriving: VmRequest[] = [];
  const hosts: HostSpec[] = [];
  const seen = new Set<string>();
  let announced: string[] | undefined;
  let line = 0;
  for await (const lines of readLines(path)) {
    for (const text of lines) {
      line++;
      const where = `${path}:${line}`;
      const [kind, name = '', ...rest] = text.split(',');
      if (announced === undefined) {
        if (!/^P,\d{1,9},\d{1,15}$/.test(text)) throw new InputError(where, 'P,<number of tasks>,<milli-GPU>', text);
        announced = [name, rest[0]!];
        continue;
      }
      if (text === '') continue;
      if (rest.length > 0 || (kind !== 'p' && kind !== 'n')) throw new InputError(where, 'p,<task> or n,<node>', text);
      if (seen.has(text)) throw new InputError(where, 'each task and node once', name);
      seen.add(text);
      if (kind === 'p') {
        const task = taskNamed.get(name.replace(/-tuned-\d+$/, ''));
        if (task === undefined) throw new InputError(where, 'a task of the list, with or without -tuned-<n>', name);
        arriving.push({ ...task, id: name });
      } else {
        const node = nodeNamed.get(name.replace(/^\d+-/, ''));
        if (node === undefined) throw new InputError(where, 'a node of the list, after a number and -', name);
        nodeNamed.delete(node.name);
        hosts.push({ ...node, name });
      }
    }
  }
  if (announced === undefined) throw new InputError(`${path}:1`, 'P,<number of tasks>,<milli-GPU>', undefined);
  const [missing] = nodeNamed.keys();
  if (missing !== undefined)
    throw new InputError(path, `a line for each of the ${nodes.length} nodes`, `none for ${missing}`);
  const asked = arriving.reduce((sum, task) => sum + milliGpuOf(task), 0);
  if (Number(announced[0]) !== arriving.length || Number(announced[1]) !== asked) {
    const expected = `${announced[0]} tasks that ask for ${announced[1]} milli-GPU, as its first line says`;
    throw new InputError(path, expected, `${arriving.length} that ask for ${asked}`);
  }
  return { tasks: arriving, hosts: sorted(hosts) };
}
