/** The server's log: one JSON object a line, to standard output. */
import { type Logger, pino } from 'pino';
import type { LogLevel } from '../settings/setting-checks.ts';

/** Headers are never logged; what an error of a library might carry along is blacked out. */
export function makeLog(level: LogLevel): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ['err.sql', 'err.parameters', '*.authorization', '*.password', '*.token'], remove: true },
  });
}
