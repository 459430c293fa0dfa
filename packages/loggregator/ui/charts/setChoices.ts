import { escapeControls } from "../../src/text/escapeControls.js";
import { element } from "../dom.js";

/** An option of a selection field. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  /** The name of its group. */
  readonly group?: string | undefined;
}

/**
 * Replaces the options of a field and selects a value. The selected value remains an option even if
 * it is currently not a choice, such as a metric that has not arrived since the page was reloaded.
 */
export function setChoices(
  field: HTMLSelectElement,
  choices: readonly Choice[],
  selected: string,
): void {
  const missing = selected !== "" && !choices.some(({ value }) => value === selected);
  const all = missing ? [{ value: selected, label: selected }, ...choices] : choices;
  const groups = new Map<string | undefined, HTMLOptionElement[]>();
  for (const { value, label, group } of all) {
    const option = element("option", "", escapeControls(label));
    option.value = value;
    option.selected = value === selected;
    groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  field.replaceChildren(
    ...[...groups].flatMap(([name, options]) => {
      if (name === undefined) {
        return options;
      }
      const group = element("optgroup", "", ...options);
      group.label = name;
      return [group];
    }),
  );
}
