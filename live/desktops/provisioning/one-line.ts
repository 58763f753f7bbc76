/** Texts that stay on one line for every reader: shells, YAML 1.1 (which also breaks lines at U+0085, U+2028 and U+2029), PowerShell. */

const breaking = /[\p{Cc}\p{Cs}\u2028\u2029\ufffe\uffff]/gu;

/** Whether it has no control characters, line separators or halves of surrogate pairs. */
export function isOneLine(text: string): boolean {
  return text.search(breaking) < 0;
}

/** The same with spaces in their place, for texts that are only shown. */
export function oneLine(text: string): string {
  return text.replace(breaking, ' ').trim();
}
