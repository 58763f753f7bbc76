/** nova-scheduler's decisions, read from its debug log: which hosts passed, in which order, and what they weighed. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** One decision. Hosts stand in the order in which Nova had them: of equal weights the first is chosen. */
export interface LoggedDecision {
  /** Hosts in Placement's answer; 0 where it had none. */
  candidates: number;
  /** Hosts that passed all filters; empty where none did. */
  passed: string[];
  /** Raw values by weigher (`RAMWeigher`), in the order of the weighers; empty with fewer than two hosts. */
  raw: Map<string, Map<string, number>>;
  /** Weight by host, heaviest first. */
  weights: Map<string, number>;
}

/**
 * Decisions by request id, of requests for one server.
 *
 * @param from byte at which to begin
 */
export async function readDecisions(path: string, from: number): Promise<Map<string, LoggedDecision>> {
  const decisions = new Map<string, LoggedDecision>();
  for await (const line of createInterface({ input: createReadStream(path, { start: from }) })) {
    const [, id, message] = /\[(?:None )?(req-[0-9a-f-]+) [^\]]*\] (.*)$/.exec(line) ?? [];
    if (id === undefined || message === undefined) continue;
    if (message.startsWith('Starting to schedule')) {
      decisions.set(id, { candidates: 0, passed: [], raw: new Map(), weights: new Map() });
    }
    const decision = decisions.get(id);
    if (decision !== undefined) readMessage(message, decision);
  }
  return decisions;
}

function readMessage(message: string, decision: LoggedDecision): void {
  const [, candidates] = /^Starting with (\d+) host/.exec(message) ?? [];
  if (candidates !== undefined) decision.candidates = Number(candidates);
  if (message.startsWith('Filtered [')) {
    decision.passed = [...message.matchAll(/\((\S+), \S+\) ram: /g)].map(([, host]) => host!);
  }
  const [, weigher] = /^(\w+): raw weights /.exec(message) ?? [];
  if (weigher !== undefined) decision.raw.set(weigher, numbers(message, /\('([^']+)', '[^']+'\): (-?[\d.e+-]+)/g));
  if (message.startsWith('Weighed [')) {
    decision.weights = numbers(message, /host: \((\S+), \S+\) ram: [^\]]* weight: (-?[\d.e+-]+)\]/g);
  }
}

function numbers(message: string, pattern: RegExp): Map<string, number> {
  return new Map([...message.matchAll(pattern)].map(([, host, number]) => [host!, Number(number)]));
}
