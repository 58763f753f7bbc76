/** Sends reports to the SRM registry by HTTP: `PUT /v1/srm/{host}` with the host's token. */
import type { Outcome, Transport } from './agent.ts';

export interface RegistryOptions {
  /** Addresses of servers on one database, such as `https://controller:8790`: the next one is asked where one does not answer. */
  readonly urls: readonly URL[];
  /** The host's token; asked for each report, so that a new one is taken up. */
  readonly token: () => string;
  /** Seconds until an answer must be there. Defaults to 10. */
  readonly limitS?: number;
}

/**
 * Answers: 200 {version}; 409 {version}, the one to succeed, and where that was named, the record's `sequence` is asked for; 401 and 403; 408, 429 and 5xx pass; whatever else is
 * refused, with the `detail` of a problem (RFC 9457).
 */
export function registryTransport({ urls, token, limitS = 10 }: RegistryOptions): Transport {
  const transports = urls.map((url) => transportTo(url, token, limitS));
  /** The one that answered last. */
  let current = 0;
  return async (report, version, signal) => {
    const reasons: string[] = [];
    for (let tries = 0; tries < transports.length && !signal.aborted; tries++) {
      const outcome = await transports[current]!(report, version, signal);
      if (outcome.kind !== 'unavailable') return outcome;
      reasons.push(outcome.reason);
      current = (current + 1) % transports.length;
    }
    return { kind: 'unavailable', reason: reasons.join('; ') };
  };
}

function transportTo(url: URL, token: () => string, limitS: number): Transport {
  const base = url.href.replace(/\/+$/, '');
  const registry = `the registry at ${url.host}`;
  return async (report, version, signal) => {
    let secret: string;
    try {
      secret = token();
    } catch (error) {
      return { kind: 'refused', reason: (error as Error).message };
    }
    const address = `${base}/v1/srm/${encodeURIComponent(report.record.host)}`;
    const ask = async (method: string, headers: Record<string, string>, body: string | null): Promise<Answer> => {
      const response = await fetch(address, {
        method,
        headers: { authorization: `Bearer ${secret}`, ...headers },
        body,
        redirect: 'manual', // a token is for the registry it was made for
        signal: AbortSignal.any([signal, AbortSignal.timeout(limitS * 1000)]),
      });
      const text = (await response.text()).replaceAll(secret, '(token)');
      return { status: response.status, text, json: jsonOf(text) };
    };
    try {
      const headers = { 'content-type': 'application/json', ...(version !== null && { 'if-match': version }) };
      const outcome = outcomeOf(await ask('PUT', headers, JSON.stringify(report)), registry);
      if (outcome.kind !== 'conflict' || outcome.version !== version) return outcome;
      const { status, json } = await ask('GET', {}, null);
      const sequence = status === 200 ? (json.record as { sequence?: unknown } | undefined)?.sequence : undefined;
      return Number.isSafeInteger(sequence) ? { ...outcome, sequence: sequence as number } : outcome;
    } catch (error) {
      return { kind: 'unavailable', reason: `${registry} does not answer: ${causeOf(error, limitS)}` };
    }
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
  /** Its members; none where it is no JSON object. */
  readonly json: Readonly<Record<string, unknown>>;
}

function outcomeOf({ status, text, json }: Answer, registry: string): Outcome {
  if (status === 200 || status === 409) {
    const { version } = json;
    if (typeof version !== 'number' && (typeof version !== 'string' || version === '')) {
      return { kind: 'unavailable', reason: `${registry} answered ${status} without a version` };
    }
    return { kind: status === 200 ? 'taken' : 'conflict', version: String(version) };
  }
  if (status === 401) return { kind: 'refused', reason: `${registry} does not accept the token (401)` };
  if (status === 403) {
    return { kind: 'refused', reason: `${registry} does not let this token write this host's record (403)` };
  }
  const said = (typeof json.detail === 'string' ? json.detail : text).replace(/\s+/g, ' ').trim().slice(0, 200);
  const reason = `${registry} answered ${status}${said === '' ? '' : `: ${said}`}`;
  return { kind: status >= 500 || status === 408 || status === 429 ? 'unavailable' : 'refused', reason };
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {}; // the code that needs a member says that it is missing
  }
}

/** fetch hides the reason in the cause: `ECONNREFUSED` behind "fetch failed". */
function causeOf(error: unknown, limitS: number): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `no answer in ${limitS} s`;
  return cause?.code ?? cause?.message ?? message;
}
