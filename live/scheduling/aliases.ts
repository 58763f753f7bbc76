/** Nova names cards only by PCI alias: which model each alias stands for. */
import { catalogue } from '../../core/card-catalogue.ts';
import { aliasOfModel } from '../gpu-host/passthrough-files.ts';

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
