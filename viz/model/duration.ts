/** A span of time in words, coarser the longer it is: `34 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return twoParts(whole, 60, 'min', 1, 's');
  if (whole < 86_400) return twoParts(whole, 3600, 'h', 60, 'min');
  return twoParts(whole, 86_400, 'd', 3600, 'h');
}

function twoParts(whole: number, largeS: number, large: string, smallS: number, small: string): string {
  const rest = Math.floor((whole % largeS) / smallS);
  return `${Math.floor(whole / largeS)} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`;
}
