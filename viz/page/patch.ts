/**
 * Makes an element that is on the page look like another by touching only what differs, so that focus, scrolling and a click that has
 * begun survive. Listeners of what stays are the old ones: elements whose listeners differ must differ in an attribute.
 */
export function patch(shown: Element, wanted: Element): void {
  if (shown.isEqualNode(wanted)) return;
  if (!hasSameFrame(shown, wanted)) {
    shown.replaceWith(wanted);
    return;
  }
  const [before, after] = [[...shown.childNodes], [...wanted.childNodes]];
  for (let index = 0; index < Math.max(before.length, after.length); index++) {
    const [old, fresh] = [before[index], after[index]];
    if (fresh === undefined) old!.remove();
    else if (old === undefined) shown.append(fresh);
    else if (old instanceof Element && fresh instanceof Element) patch(old, fresh);
    else if (!old.isEqualNode(fresh)) old.replaceWith(fresh);
  }
}

/** Same tag and attributes. */
function hasSameFrame(one: Element, other: Element): boolean {
  return one.cloneNode().isEqualNode(other.cloneNode());
}
