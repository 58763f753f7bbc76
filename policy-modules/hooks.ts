/**
 * How modules are found and read once a policy comes from a file: `heps-vcd` is this very package, wherever it is installed and whatever
 * lies beside the policy, and types are stripped here, whatever Node does of that. Runs in the thread that `module.register` makes.
 */
import { readFile } from 'node:fs/promises';
import type { LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';

const loader = new URL('./load-policy.js', import.meta.url).href;

export const resolve: ResolveHook = async (specifier, context, next) => {
  // From any of its own files a package finds itself by its name.
  const isThisPackage = specifier === 'heps-vcd' || specifier.startsWith('heps-vcd/');
  const found = await next(specifier, isThisPackage ? { ...context, parentURL: import.meta.url } : context);
  // A policy is an ES module, also where no package.json beside it says so.
  return context.parentURL === loader && found.url.endsWith('.js') ? { ...found, format: 'module' } : found;
};

export const load: LoadHook = async (url, context, next) => {
  if (!/^file:.*\.m?ts$/.test(url)) return next(url, context);
  const { stripTypes } = await import('./strip-types.ts');
  const path = fileURLToPath(url);
  return { format: 'module', source: stripTypes(await readFile(path, 'utf8'), path), shortCircuit: true };
};
