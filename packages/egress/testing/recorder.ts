/** Keeps what happens, and wakes those who wait for it. */
export class Recorder<T> {
  readonly values: T[] = [];
  readonly #checks = new Set<() => void>();

  /** Bound, so that it can be given as a callback. */
  readonly add = (value: T): void => {
    this.values.push(value);
    for (const check of this.#checks) check();
  };

  /** Resolves when the values are as wanted. */
  until(predicate: (values: readonly T[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!predicate(this.values)) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
      check();
    });
  }

  /** Resolves when there are so many. */
  count(wanted: number): Promise<void> {
    return this.until(({ length }) => length >= wanted);
  }
}
