/** Sends reports to the SRM registry by HTTP: `PUT /v1/srm/{host}` with the host's token. */
import type { Outcome, Transport } from './agent.ts';

export interface RegistryOptions {
  /** Address of the registry, such as `https://controller:8790`. */
  readonly url: URL;
  /** The host's token; asked for each report, so that a new one is taken up. */
  readonly token: () => string;
  /** Seconds until an answer must be there. Defaults to 10. */
  readonly limitS?: number;
}

/** Answers: 200 {version}; 409 {version}, the one to succeed; 401 and 403; 408, 429 and 5xx pass; whatever else is refused. */
export function registryTransport({ url, token, limitS = 10 }: RegistryOptions): Transport {
  const base = url.href.replace(/\/+$/, '');
  return async (report, version, signal) => {
    let secret: string;
    try {
      secret = token();
    } catch (error) {
      return { kind: 'refused', reason: (error as Error).message };
    }
    try {
      const response = await fetch(`${base}/v1/srm/${encodeURIComponent(report.record.host)}`, {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${secret}`,
          'content-type': 'application/json',
          ...(version === null ? {} : { 'if-match': version }),
        },
        body: JSON.stringify(report),
        redirect: 'manual', // a token is for the registry it was made for
        signal: AbortSignal.any([signal, AbortSignal.timeout(limitS * 1000)]),
      });
      const text = (await response.text()).replaceAll(secret, '(token)');
      return outcomeOf(response.status, text, `the registry at ${url.host}`);
    } catch (error) {
      return { kind: 'unavailable', reason: `the registry at ${url.host} does not answer: ${causeOf(error, limitS)}` };
    }
  };
}

function outcomeOf(status: number, text: string, registry: string): Outcome {
  if (status === 200 || status === 409) {
    const version = versionOf(text);
    if (version === null) return { kind: 'unavailable', reason: `${registry} answered ${status} without a version` };
    return { kind: status === 200 ? 'taken' : 'conflict', version };
  }
  if (status === 401) return { kind: 'refused', reason: `${registry} does not accept the token (401)` };
  if (status === 403)
    return { kind: 'refused', reason: `${registry} does not let this token write this host's record (403)` };
  const said = text.replace(/\s+/g, ' ').trim().slice(0, 200);
  const reason = `${registry} answered ${status}${said === '' ? '' : `: ${said}`}`;
  return { kind: status >= 500 || status === 408 || status === 429 ? 'unavailable' : 'refused', reason };
}

/** A number or a text under `version`. */
function versionOf(text: string): string | null {
  try {
    const version: unknown = JSON.parse(text)?.version;
    return typeof version === 'number' || (typeof version === 'string' && version !== '') ? String(version) : null;
  } catch {
    return null; // no JSON: the caller says that there is no version
  }
}

/** fetch hides the reason in the cause: `ECONNREFUSED` behind "fetch failed". */
function causeOf(error: unknown, limitS: number): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `no answer in ${limitS} s`;
  return cause?.code ?? cause?.message ?? message;
}
