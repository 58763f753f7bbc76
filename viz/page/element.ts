/** Makes DOM elements in one expression. Texts become text nodes, so nothing of a run file is ever read as HTML. */

type Attributes = Readonly<Record<string, string | number | boolean | EventListener>>;
type Child = Node | string | number | null | false;

/** An HTML element: `on…` attributes are listeners, `true` sets and `false` leaves out, other values become texts. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else if (value !== false) made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children.filter((child) => child !== null && child !== false).map(asNode));
  return made;
}

function asNode(child: Node | string | number): Node | string {
  return typeof child === 'number' ? String(child) : child;
}

/** A button that says what it does. */
export function button(label: string, title: string, onClick: () => void, content: Child = label): HTMLButtonElement {
  return element('button', { type: 'button', title, 'aria-label': label, onclick: onClick }, content);
}
