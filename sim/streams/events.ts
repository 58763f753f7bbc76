/** A simulation as an Observable of its events. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Observable, type Subscriber } from 'rxjs';
import type { CloudEvent } from '../../core/events.ts';
import { inOptionNames } from '../runs/option-names.ts';
import { play } from '../runs/play.ts';
import { openInputs, openPolicy, playOptionsOf } from '../runs/run.ts';
import { runOf, type SimulateOptions } from '../runs/simulate.ts';
import { eventObserver } from './event-observer.ts';

/** Which simulation: as `simulate` takes it, without what concerns figures and files. */
export type EventOptions = Pick<
  SimulateOptions,
  | 'cluster'
  | 'workload'
  | 'policy'
  | 'seed'
  | 'from'
  | 'days'
  | 'load'
  | 'times'
  | 'skipInvalid'
  | 'cloud'
  | 'policyOptions'
  | 'engine'
  | 'onWarning'
>;

/** Nobody listens any more; unwinds the engine from inside an event. */
class Unsubscribed extends Error {}

/**
 * The events of a simulation, in order: arrivals, waits, bindings, refusals, ends, failures, SRM reports. Cold: each subscription runs
 * its own simulation, as fast as the subscriber takes the events, and unsubscribing ends it. Nothing is measured or kept. Between batches
 * of arrivals the event loop has its turn.
 *
 * Errors with an InputError that names the option, or the file with its line, that is wrong.
 */
export function events$(options: EventOptions = {}): Observable<CloudEvent> {
  return new Observable<CloudEvent>((subscriber) => {
    inOptionNames(playTo(subscriber, options)).then(
      () => subscriber.complete(),
      (error: unknown) => {
        if (!(error instanceof Unsubscribed)) subscriber.error(error);
      },
    );
  });
}

async function playTo(subscriber: Subscriber<CloudEvent>, options: EventOptions): Promise<void> {
  const checkListener = (): void => {
    if (subscriber.closed) throw new Unsubscribed();
  };
  const { plan, hooks } = await runOf(options);
  const { given = {} } = hooks;
  const { cluster, workload } = await openInputs(plan, given);
  const { factory, policyOptions } = await openPolicy(plan, given, workload);
  checkListener();
  const checkpoint = async (): Promise<void> => {
    await nextTurn();
    checkListener();
  };
  const tell = (event: CloudEvent): void => {
    subscriber.next(event);
    checkListener();
  };
  const playOptions = playOptionsOf(plan, workload, { checkpoint });
  const policy = factory.create(policyOptions);
  await play(cluster.hosts, workload.arrivals, policy, playOptions, true, (_, beginS) => [
    eventObserver(cluster.hosts, beginS, tell),
  ]);
}
