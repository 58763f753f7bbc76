/** A policy from a file, so wrapped that whatever is wrong in it ends in one line that names the policy. */
import { anArray } from '../check.ts';
import type { HostView } from '../cluster.ts';
import { rejections } from '../filters.ts';
import { InputError } from '../input-error.ts';
import { type Policy, type PolicyFactory, withDefaults } from '../policy.ts';
import { optionValues } from '../policy-options.ts';
import type { VmRequest } from '../request.ts';
import type { TypicalRequest } from '../typical-request.ts';
import { checkPolicy, checkPolicyFactory, checkShown } from './check-factory.ts';

/** What a policy that needs typical requests is tried with. */
const someRequest: TypicalRequest = { share: 1, vcpus: 1, cards: 1, cardMemoryMib: 0, cardCores: 0, cardModels: [] };

/**
 * The policy that a module exports, checked, tried once with every option at its default, and so wrapped that whatever is wrong in it later
 * is an InputError.
 *
 * @param exported the module's default export
 * @param where the module's file, for messages
 * @param placeOf where in the file an error arose, such as `:12:5`; empty where that is not known
 * @throws InputError saying what was expected
 */
export function guardedFactory(
  exported: unknown,
  where: string,
  placeOf: (error: unknown) => string = () => '',
): PolicyFactory {
  const factory = checkPolicyFactory(exported, where);
  const guard = guardOf(factory.name, where, placeOf);
  const guarded: PolicyFactory = {
    ...factory,
    create: (options) => {
      const made = guard('create', '', () => factory.create(options));
      return guardedPolicy(checkPolicy(made, factory.name, where), where, guard);
    },
    ...(factory.shown === undefined
      ? {}
      : {
          shown: (options) =>
            checkShown(
              guard('shown', '', () => factory.shown!(options)),
              where,
            ),
        }),
  };
  const tried = optionValues(guarded, factory.needsTypicalRequests ? { typicalRequests: [someRequest] } : {});
  guarded.create(tried);
  guarded.shown?.(tried);
  return withDefaults(guarded);
}

/** Calls one of the policy's functions. @param about what it was called with @throws InputError when it throws anything */
type Guard = <Result>(part: string, about: string, call: () => Result) => Result;

function guardOf(name: string, where: string, placeOf: (error: unknown) => string): Guard {
  return (part, about, call) => {
    try {
      return call();
    } catch (error) {
      if (error instanceof InputError) throw error;
      const said = String(error).split('\n')[0];
      throw InputError.saying(`${where}${placeOf(error)}: policy ${name} failed in ${part}()${about}: ${said}`);
    }
  };
}

function guardedPolicy(policy: Policy, where: string, guard: Guard): Policy {
  const wrong = (part: string, host: HostView, request: VmRequest, expected: string, got: unknown): InputError =>
    new InputError(`${where}: policy ${policy.name}, ${part}()${about(host, request)}`, expected, got);
  const number = (part: string, host: HostView, request: VmRequest, call: () => unknown): number => {
    const value = guard(part, about(host, request), call);
    if (typeof value !== 'number' || Number.isNaN(value))
      throw wrong(part, host, request, 'a number', numberless(value));
    return value;
  };
  return {
    name: policy.name,
    wholeCards: policy.wholeCards,
    ...(policy.tierPoints === undefined ? {} : { tierPoints: policy.tierPoints }),
    ...(policy.learns === true ? { learns: true } : {}),
    filters: policy.filters.map((filter) => ({
      name: filter.name,
      ...(filter.dependsOn === undefined ? {} : { dependsOn: filter.dependsOn }),
      reject(host, request) {
        const reason = guard(`filter ${filter.name}`, about(host, request), () => filter.reject(host, request));
        if (reason === undefined || rejections.includes(reason)) return reason;
        throw wrong(`filter ${filter.name}`, host, request, `nothing, or one of ${rejections.join(', ')}`, reason);
      },
    })),
    ...(policy.prepare === undefined
      ? {}
      : {
          prepare: (request, candidates) =>
            guard('prepare', ` for VM ${request.id}`, () => policy.prepare!(request, candidates)),
        }),
    ...(policy.tier === undefined
      ? {}
      : { tier: (host, request) => number('tier', host, request, () => policy.tier!(host, request)) }),
    score: (host, request) => number('score', host, request, () => policy.score(host, request)),
    terms(host, request) {
      const terms: unknown = guard('terms', about(host, request), () => policy.terms(host, request));
      const isRecord = typeof terms === 'object' && terms !== null;
      if (isRecord && Object.values(terms).every((term) => typeof term === 'number'))
        return terms as Record<string, number>;
      throw wrong('terms', host, request, 'numbers by name', terms);
    },
    cards(host, request) {
      const cards = guard('cards', about(host, request), () => policy.cards(host, request));
      if (areCardsOf(host, request, cards)) return cards;
      throw wrong('cards', host, request, `the numbers of ${request.cards} of its cards, ascending`, cards);
    },
    ...(policy.index === undefined
      ? {}
      : {
          index: (cluster) => {
            const index = guard('index', '', () => policy.index!(cluster));
            return { decide: (request) => guard('index', ` for VM ${request.id}`, () => index.decide(request)) };
          },
        }),
  };
}

function about(host: HostView, request: VmRequest): string {
  return ` for VM ${request.id} on host ${host.name}`;
}

/** NaN as a text, which a message shows as it is. */
function numberless(value: unknown): unknown {
  return Number.isNaN(value) ? 'NaN' : value;
}

function areCardsOf({ specs }: HostView, request: VmRequest, value: unknown): boolean {
  const cards = Array.isArray(value) ? anArray(value, 'cards') : [];
  return (
    cards.length === request.cards &&
    cards.every((card, index) => {
      const isAfterLast = index === 0 || (card as number) > (cards[index - 1] as number);
      return Number.isInteger(card) && (card as number) >= 0 && (card as number) < specs.cards.length && isAfterLast;
    })
  );
}
