/** What was done with a server, by whom and how it went: Nova's `os-instance-actions`. */
import { anObject, aText } from '../../core/check.ts';
import { anyText, aTime, listOf, orNull } from './answer-values.ts';
import type { Service } from './service.ts';

/** Something that was done to a server (`GET /servers/{id}/os-instance-actions`). */
export interface InstanceAction {
  /** `create`, `delete`, `stop`, and others. */
  readonly action: string;
  /** Of the request that asked for it. */
  readonly requestId: string;
  readonly startedAtS: number;
  /** `Error` when it failed, else null. */
  readonly message: string | null;
}

/** A step of an action. */
export interface ActionEvent {
  /** `conductor_schedule_and_build_instances`, `compute__do_build_and_run_instance`. */
  readonly event: string;
  readonly startedAtS: number;
  /** Null while it runs. */
  readonly finishedAtS: number | null;
  /** `Success` or `Error`; null while it runs. */
  readonly result: string | null;
}

/** The newest first; a deleted server's too. */
export function listInstanceActions(nova: Service, serverId: string): AsyncGenerator<InstanceAction, void, undefined> {
  return nova.items({ path: actionsPath(serverId), field: 'instanceActions' }, readAction);
}

/** @param requestId as the request that asked for it was answered */
export async function listActionEvents(nova: Service, serverId: string, requestId: string): Promise<ActionEvent[]> {
  const path = `${actionsPath(serverId)}/${encodeURIComponent(requestId)}`;
  const answer = await nova.request({ method: 'GET', path }, (body) => {
    const action = anObject(anObject(body, 'body').instanceAction, 'instanceAction');
    return listOf(action.events, 'instanceAction.events', readEvent);
  });
  return answer.value;
}

function actionsPath(serverId: string): string {
  return `/servers/${encodeURIComponent(serverId)}/os-instance-actions`;
}

function readAction(value: unknown, where: string): InstanceAction {
  const action = anObject(value, where);
  return {
    action: aText(action.action, `${where}.action`),
    requestId: aText(action.request_id, `${where}.request_id`),
    startedAtS: aTime(action.start_time, `${where}.start_time`),
    message: orNull(action.message, `${where}.message`, anyText),
  };
}

function readEvent(value: unknown, where: string): ActionEvent {
  const event = anObject(value, where);
  return {
    event: aText(event.event, `${where}.event`),
    startedAtS: aTime(event.start_time, `${where}.start_time`),
    finishedAtS: orNull(event.finish_time, `${where}.finish_time`, aTime),
    result: orNull(event.result, `${where}.result`, aText),
  };
}
