/** A real cloud: the streams of a running `heps live serve`. */
export type * from '../core/events.ts';
export { InputError } from '../core/input-error.ts';
export type { VmRequest } from '../core/request.ts';
export type { SrmCard, SrmRecord } from '../core/srm.ts';
export type { ReconnectOptions } from './watch/reconnecting.ts';
export { StreamRefused } from './watch/server-sent-events.ts';
export { watchCloud$ } from './watch/watch-cloud.ts';
export { watchSrm$ } from './watch/watch-srm.ts';
