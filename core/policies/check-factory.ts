/** Makes sure that what a policy's file exports is a policy, and what it creates can decide, before anything relies on it. */
import { aBoolean, anArray, anObject, aPositive, aText, oneOf } from '../check.ts';
import { InputError } from '../input-error.ts';
import type { Policy, PolicyFactory } from '../policy.ts';
import { checkOption, type PolicyOption } from '../policy-options.ts';
import type { ShownScores } from '../shown-scores.ts';
import { policies } from './index.ts';

const factoryFields = ['name', 'summary', 'options', 'needsTypicalRequests', 'create', 'shown'];
const choiceFields = ['help', 'choices', 'default', 'isAlwaysRecorded', 'words'];
const numberFields = ['help', 'minimum', 'default', 'unit', 'isAlwaysRecorded', 'words'];
const shownFields = ['terms', 'combined', 'fullBar', 'sentence', 'isLot', 'countsBuilding', 'equation'];
/** What every policy is given, and options must not be called. */
const contextFields = ['seed', 'typicalRequests'];

/**
 * The factory, after checking what it declares.
 *
 * @param value a module's default export
 * @param where the module's file, for messages
 * @throws InputError saying what was expected
 */
export function checkPolicyFactory(value: unknown, where: string): PolicyFactory {
  if (value === undefined) {
    throw new InputError(
      where,
      'a default export with name, summary and create, as heps policy new writes it',
      undefined,
    );
  }
  const { name, summary, needsTypicalRequests, options, create, shown } = knownFields(
    value,
    `${where}, export default`,
    factoryFields,
  );
  checkName(name, `${where}, name`);
  if (/[\r\n]/.test(aText(summary, `${where}, summary`)))
    throw new InputError(`${where}, summary`, 'one line', summary);
  if (needsTypicalRequests !== undefined && needsTypicalRequests !== true) {
    throw new InputError(`${where}, needsTypicalRequests`, 'true, or nothing', needsTypicalRequests);
  }
  aFunction(create, `${where}, create`);
  if (shown !== undefined) aFunction(shown, `${where}, shown`);
  if (options !== undefined) checkOptions(options, `${where}, options`);
  return value as PolicyFactory;
}

function checkName(name: unknown, where: string): void {
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9._-]*$/i.test(name)) {
    throw new InputError(where, 'a name of letters, digits, dots and dashes', name);
  }
  if (policies.some((policy) => policy.name === name)) {
    throw new InputError(where, 'a name that no policy of heps has', name);
  }
}

function checkOptions(value: unknown, where: string): void {
  for (const [name, declared] of Object.entries(anObject(value, where))) {
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) throw new InputError(where, 'names in camelCase, such as idleWeight', name);
    if (contextFields.includes(name)) throw new InputError(where, `names other than ${contextFields.join(', ')}`, name);
    checkDeclaration(declared, `${where}.${name}`);
  }
}

function checkDeclaration(value: unknown, where: string): void {
  const isChoice = anObject(value, where).choices !== undefined;
  const option = knownFields(value, where, isChoice ? choiceFields : numberFields);
  if (/[\r\n]/.test(aText(option.help, `${where}.help`)))
    throw new InputError(`${where}.help`, 'one line', option.help);
  aFunction(option.words, `${where}.words`);
  if (isChoice) {
    const choices = anArray(option.choices, `${where}.choices`);
    if (choices.length === 0) throw new InputError(`${where}.choices`, 'at least one text', choices);
    for (const [index, choice] of choices.entries()) aText(choice, `${where}.choices[${index}]`);
  } else {
    if (typeof option.minimum !== 'number' || !Number.isFinite(option.minimum)) {
      throw new InputError(where, 'choices (texts) or minimum (a number)', option.minimum);
    }
    if (option.unit !== undefined) aText(option.unit, `${where}.unit`);
  }
  checkOption(value as PolicyOption, option.default, `${where}.default`);
}

/**
 * The policy that a factory created, after checking that it can decide.
 *
 * @param name the factory's
 * @throws InputError
 */
export function checkPolicy(value: unknown, name: string, where: string): Policy {
  const at = `${where}, what create() returns`;
  const policy = anObject(value, at);
  if (policy.name !== name) throw new InputError(`${at}, name`, `${name}, the name of the default export`, policy.name);
  anArray(policy.filters, `${at}, filters`).forEach((filter, index) => {
    const { name: filterName, reject } = anObject(filter, `${at}, filters[${index}]`);
    aText(filterName, `${at}, filters[${index}].name`);
    aFunction(reject, `${at}, filters[${index}].reject`);
  });
  aBoolean(policy.wholeCards, `${at}, wholeCards`);
  for (const part of ['score', 'terms', 'cards']) aFunction(policy[part], `${at}, ${part}`);
  for (const part of ['prepare', 'tier', 'index'])
    if (policy[part] !== undefined) aFunction(policy[part], `${at}, ${part}`);
  return value as Policy;
}

/** What a policy says of its scores, after checking what the page relies on. @throws InputError */
export function checkShown(value: unknown, where: string): ShownScores {
  const at = `${where}, what shown() returns`;
  const { terms = {}, combined, fullBar = {}, sentence = {} } = knownFields(value, at, shownFields);
  for (const [name, term] of Object.entries(anObject(terms, `${at}, terms`))) {
    aText(anObject(term, `${at}, terms.${name}`).title, `${at}, terms.${name}.title`);
  }
  if (combined !== undefined) oneOf(combined, `${at}, combined`, ['sum', 'product']);
  for (const [kind, full] of Object.entries(anObject(fullBar, `${at}, fullBar`)))
    aPositive(full, `${at}, fullBar.${kind}`);
  for (const [kind, said] of Object.entries(anObject(sentence, `${at}, sentence`)))
    aText(said, `${at}, sentence.${kind}`);
  return value as ShownScores;
}

function aFunction(value: unknown, where: string): void {
  if (typeof value !== 'function') throw new InputError(where, 'a function', value);
}

/** The object's fields, after refusing those that nothing would read, so that a misspelt one is noticed. */
function knownFields(value: unknown, where: string, known: readonly string[]): Record<string, unknown> {
  const object = anObject(value, where);
  const other = Object.keys(object).find((field) => !known.includes(field));
  if (other !== undefined) throw new InputError(where, `the fields ${known.join(', ')}`, other);
  return object;
}
