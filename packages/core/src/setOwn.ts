/**
 * Sets a property whose name comes from outside. Plain assignment to `__proto__` would change the
 * object's prototype, and the entry would be lost.
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

/** Returns a map with the values of another converted by `make`. Undefined values are left out. */
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
