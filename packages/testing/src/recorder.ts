/** Records values and resolves the promises that wait for them. */
export class Recorder<T> {
  readonly values: T[] = [];
  readonly #checks = new Set<() => void>();
  #taken = 0;

  /** Bound to the recorder, so it can be passed as a callback. */
  readonly add = (value: T): void => {
    this.values.push(value);
    for (const check of this.#checks) {
      check();
    }
  };

  /** Resolves once the predicate holds for the recorded values. */
  until(predicate: (values: readonly T[]) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        try {
          if (!predicate(this.values)) {
            return;
          }
          resolve();
        } catch (error) {
          reject(error);
        }
        this.#checks.delete(check);
      };
      this.#checks.add(check);
      check();
    });
  }

  /** Resolves once at least `wanted` values have been recorded. */
  count(wanted: number): Promise<void> {
    return this.until(({ length }) => length >= wanted);
  }

  /** Resolves to the first value that no earlier `next` has returned. For one caller at a time. */
  async next(): Promise<T> {
    const index = this.#taken++;
    await this.count(index + 1);
    return this.values[index] as T;
  }
}
