/** Nova names cards only by PCI alias: which model each alias stands for. */
import { closest } from 'fastest-levenshtein';
import { catalogue, modelNamed } from '../../core/card-catalogue.ts';
import { aText } from '../../core/check.ts';
import { InputError } from '../../core/input-error.ts';
import { aliasOfModel } from '../gpu-host/passthrough-files.ts';

/** The name of a model that cards may have: agents report no others. @throws InputError naming the nearest one */
export function aModel(value: unknown, where: string): string {
  const model = aText(value, where);
  if (modelNamed(model) !== undefined) return model;
  const nearest = closest(
    model,
    catalogue.map(({ name }) => name),
  );
  throw new InputError(where, `a model of the card catalogue, such as ${nearest}`, model);
}

export interface Aliases {
  /** Undefined for an alias that nobody told us of. */
  modelOf(alias: string): string | undefined;
  /** By which a flavor asks for cards of that model. */
  aliasOf(model: string): string;
}

/** @param configured model by alias, where they are not as `heps live host prepare` writes them */
export function aliasesOf(configured: Readonly<Record<string, string>>): Aliases {
  const models = new Map(catalogue.map((model) => [aliasOfModel(model.name), model.name]));
  for (const [alias, model] of Object.entries(configured)) models.set(alias, model);
  const aliases = new Map(Array.from(models, ([alias, model]) => [model, alias]));
  return {
    modelOf: (alias) => models.get(alias),
    aliasOf: (model) => aliases.get(model) ?? aliasOfModel(model),
  };
}
