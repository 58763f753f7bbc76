/**
 * Reads an HTCondor submit description by its documented grammar, as condor_submit would, and gives the jobs it describes.
 * Source: HTCondor manual, "condor_submit" (commands, arguments in new syntax) and "Submitting many similar jobs" (queue).
 */

export interface SubmittedJob {
  /** Commands with their macros put in. */
  readonly commands: Readonly<Record<string, string>>;
  readonly arguments: readonly string[];
}

/** Commands that a description may have, of those in the manual. */
const known = [
  ...['universe', 'executable', 'transfer_executable', 'arguments', 'environment', 'getenv', 'initialdir', 'log'],
  ...['output', 'error', 'input', 'should_transfer_files', 'request_cpus', 'request_memory', 'request_disk'],
  ...['max_retries', 'success_exit_code', 'retry_until', 'batch_name', 'requirements', 'rank', 'priority'],
];

const shapes: Readonly<Record<string, RegExp>> = {
  universe: /^(vanilla|local|scheduler|container|parallel)$/,
  transfer_executable: /^(True|False)$/i,
  should_transfer_files: /^(YES|NO|IF_NEEDED)$/,
  request_cpus: /^[1-9]\d*$/,
  request_memory: /^[1-9]\d*(K|KB|M|MB|G|GB|T|TB)?$/,
  max_retries: /^\d+$/,
};

/** @throws Error naming the line that the grammar does not allow */
export function readSubmitDescription(text: string): SubmittedJob[] {
  const commands = new Map<string, string>();
  const jobs: SubmittedJob[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.trim();
    const wrong = (why: string): Error => new Error(`line ${index + 1}: ${why}: ${line}`);
    if (line === '' || line.startsWith('#')) return;
    if (/^queue\b/i.test(line)) {
      const queue = /^queue\s+(\w+)\s+in\s+\(([^()]*)\)$/i.exec(line);
      if (queue === null) throw wrong('no queue statement');
      const [, variable, list] = queue;
      const items = list!.split(/[\s,]+/).filter((item) => item !== '');
      if (items.length === 0) throw wrong('no items');
      items.forEach((item, process) => {
        const macros = { [variable!.toLowerCase()]: item, cluster: '7', process: String(process), dollar: '$' };
        jobs.push(jobOf(commands, macros));
      });
      return;
    }
    const command = /^([A-Za-z_]\w*)\s*=\s*(.*)$/.exec(line);
    if (command === null) throw wrong('neither a command nor queue');
    const name = command[1]!.toLowerCase();
    if (!known.includes(name)) throw wrong('unknown command');
    if (commands.has(name)) throw wrong('given twice');
    if (shapes[name] !== undefined && !shapes[name].test(command[2]!)) throw wrong('wrong value');
    commands.set(name, command[2]!);
  });
  if (jobs.length === 0) throw new Error('nothing is queued');
  return jobs;
}

function jobOf(commands: ReadonlyMap<string, string>, macros: Readonly<Record<string, string>>): SubmittedJob {
  const expanded = Object.fromEntries(
    [...commands].map(([name, value]) => [
      name,
      value.replace(/\$\((\w+)\)/g, (_, macro: string) => {
        const text = macros[macro.toLowerCase()];
        if (text === undefined) throw new Error(`${name}: no macro ${macro}`);
        return text;
      }),
    ]),
  );
  if (expanded.executable === undefined) throw new Error('no executable');
  return { commands: expanded, arguments: argumentsOf(expanded.arguments ?? '""') };
}

/** New syntax: all in double quotes; `""` is a double quote; white space parts, save in single quotes; `''` in those is one. */
function argumentsOf(text: string): string[] {
  const outer = /^"((?:[^"]|"")*)"$/.exec(text);
  if (outer === null) throw new Error(`arguments not in double quotes: ${text}`);
  const inner = outer[1]!.replaceAll('""', '"');
  const all: string[] = [];
  let current: string | undefined;
  for (let at = 0; at < inner.length; at++) {
    if (inner[at] === "'") {
      current ??= '';
      for (at++; inner[at] !== "'" || inner[at + 1] === "'"; at++) {
        if (at >= inner.length) throw new Error(`an open single quote: ${text}`);
        if (inner[at] === "'") at++;
        current += inner[at];
      }
    } else if (/\s/.test(inner[at]!)) {
      if (current !== undefined) all.push(current);
      current = undefined;
    } else current = (current ?? '') + inner[at];
  }
  return current === undefined ? all : [...all, current];
}
