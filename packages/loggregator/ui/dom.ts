import { escapeControlsInLines } from "../src/text/escapeControls.js";

/** The element of the page with this id, which must exist. */
export function byId<T extends Element>(id: string, type: abstract new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) {
    throw new Error(`the page has no ${type.name} "${id}"`);
  }
  return found;
}

/**
 * Creates an element with text or other elements. Text never becomes markup, and control characters
 * in it are escaped, except line ends and tabs, as text may be copied to terminals.
 */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...content: (string | Node)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (className !== "") {
    made.className = className;
  }
  made.append(
    ...content.map((part) => (typeof part === "string" ? escapeControlsInLines(part) : part)),
  );
  return made;
}

/** Sets the text of an element, if it differs: the browser would draw the same text again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
