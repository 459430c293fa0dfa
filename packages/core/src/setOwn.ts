/**
 * Sets a property whose name comes from external input. Plain assignment to `__proto__` would
 * change the prototype and lose the entry.
 */
export function setOwn<T>(object: Record<string, T>, key: string, value: T): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    object[key] = value;
  }
}

/** Returns whether a map has no entries. Unlike `Object.keys`, it creates no list of them. */
export function isEmpty(map: object): boolean {
  for (const _ in map) {
    return false;
  }
  return true;
}

/** Returns a copy of a map with its values converted by `make`. Undefined results are left out. */
export function mapWith<V, T>(
  entries: Readonly<Record<string, V | undefined>> | undefined,
  make: (value: V) => T,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(entries ?? {}).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, make(value)]],
    ),
  );
}
