/** What is thrown while a request is answered, as a problem for the caller. */
import { InputError } from '../../../core/input-error.ts';
import { Problem } from '../../http/problem.ts';
import type { Exchange, Route } from '../../http/routes.ts';
import { DesktopChanged } from '../records/desktop-store.ts';

/** Told of what was wrong with database or cloud, which the sender is not told. */
export type Told = (error: unknown, requestId: string) => void;

/** The routes, whose answers throw nothing but problems. */
export function problemsTold(told: Told, routes: readonly Route[]): Route[] {
  return routes.map((route) => ({ ...route, answer: (exchange) => answered(told, route, exchange) }));
}

async function answered(told: Told, { answer }: Route, exchange: Exchange): Promise<void> {
  try {
    await answer(exchange);
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (error instanceof InputError) throw new Problem(400, error.message);
    const headers = { 'Retry-After': '1' };
    if (error instanceof DesktopChanged) throw new Problem(409, 'The desktop is changing. Try again.', { headers });
    told(error, exchange.requestId);
    throw new Problem(503, 'That did not work just now. Try again in a moment.', { headers });
  }
}
