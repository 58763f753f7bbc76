/** Reads configuration files as OpenStack's services do: INI in which an option may come several times and go on over lines. */
import { type HostTree, namesAt, textAt } from './host-tree.ts';

/** Values of each option under `section.option`, in the order of the files. */
export type OsloConfig = ReadonlyMap<string, readonly string[]>;

/**
 * `/etc/SERVICE/SERVICE.conf` and after it `/etc/SERVICE/SERVICE.conf.d/*.conf`, in order of name, as oslo.config finds them.
 *
 * @returns null when there is none, or, with a warning, when one cannot be read
 */
export function readServiceConfig(tree: HostTree, service: string): OsloConfig | null {
  const file = `/etc/${service}/${service}.conf`;
  const further = (namesAt(tree, `${file}.d`) ?? []).filter((name) => name.endsWith('.conf'));
  const warningsBefore = tree.warnings.length;
  const texts = [file, ...further.map((name) => `${file}.d/${name}`)].map((path) => textAt(tree, path));
  if (tree.warnings.length > warningsBefore || texts.every((text) => text === null)) return null;
  return parseOslo(texts.map((text) => `${text ?? ''}\n`).join('[DEFAULT]\n'));
}

/** The last value of an option that has one value; undefined where it is not set. */
export function lastValue(config: OsloConfig, option: string): string | undefined {
  return config.get(option)?.at(-1);
}

/** Differs from oslo.config in passing over lines that mean nothing, at which the service itself would not start. */
export function parseOslo(text: string): OsloConfig {
  const values = new Map<string, string[]>();
  let section = 'DEFAULT';
  let current: string[] | null = null;
  for (const line of text.split(/\r?\n/)) {
    const header = /^\[([^\]]+)\]/.exec(line);
    const assignment = /^([^\s#;=:[][^=:]*?)\s*[=:]\s*(.*)$/.exec(line);
    if (/^\s+\S/.test(line) && current !== null) {
      current.push(`${current.pop()!}\n${line.trim()}`);
    } else if (header !== null) {
      section = header[1]!;
      current = null;
    } else if (assignment !== null) {
      const option = `${section}.${assignment[1]}`;
      current = values.get(option) ?? [];
      values.set(option, current);
      current.push(assignment[2]!.trim().replace(/^(['"])(.*)\1$/, '$2'));
    } else if (line.trim() === '') {
      current = null;
    }
  }
  return values;
}
