/**
 * Sets a property that a stranger named. By plain assignment, `__proto__` would change the
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
