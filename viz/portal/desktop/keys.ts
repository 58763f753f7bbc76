/** Keys that a browser or a touch screen cannot give: names, X keysyms (X11/keysymdef.h), and `KeyboardEvent.code`. */

export interface Key {
  readonly label: string;
  readonly keysym: number;
  readonly code: string;
}

/** Held until they are pressed again. */
export const heldKeys: readonly Key[] = [
  { label: 'Ctrl', keysym: 0xffe3, code: 'ControlLeft' },
  { label: 'Alt', keysym: 0xffe9, code: 'AltLeft' },
  { label: 'Shift', keysym: 0xffe1, code: 'ShiftLeft' },
  { label: 'Super', keysym: 0xffeb, code: 'MetaLeft' },
];

export const plainKeys: readonly Key[] = [
  { label: 'Esc', keysym: 0xff1b, code: 'Escape' },
  { label: 'Tab', keysym: 0xff09, code: 'Tab' },
  { label: 'Enter', keysym: 0xff0d, code: 'Enter' },
  { label: 'Del', keysym: 0xffff, code: 'Delete' },
  { label: '←', keysym: 0xff51, code: 'ArrowLeft' },
  { label: '↑', keysym: 0xff52, code: 'ArrowUp' },
  { label: '↓', keysym: 0xff54, code: 'ArrowDown' },
  { label: '→', keysym: 0xff53, code: 'ArrowRight' },
  ...Array.from({ length: 12 }, (_, index) => ({
    label: `F${index + 1}`,
    keysym: 0xffbe + index,
    code: `F${index + 1}`,
  })),
];

export const backspace = 0xff08;
export const enter = 0xff0d;

/** Of a character: Latin 1 is its own keysym, the rest of Unicode lies above 0x1000000. */
export function keysymOf(character: string): number {
  const point = character.codePointAt(0)!;
  if (point === 0x0a) return enter;
  return point < 0x100 ? point : 0x100_0000 + point;
}
