const colors = new Map<string, string>();
const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

const listeners = new Set<() => void>();

for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
  matchMedia(query).addEventListener("change", () => {
    colors.clear();
    for (const listener of listeners) {
      listener();
    }
  });
}

/** The colour of a custom property of the style sheet, such as `--accent`, for a canvas. */
export function cssColor(property: string): string {
  let color = colors.get(property);
  if (color === undefined) {
    probe.style.color = `var(${property})`;
    color = getComputedStyle(probe).color;
    colors.set(property, color);
  }
  return color;
}

/** Calls the listener when colours change. */
export function onColorChange(listener: () => void): void {
  listeners.add(listener);
}
