/** An implementation of a benchmark's work: ours or a peer's. */
export interface Subject {
  /** Works until `performance.now()` reaches `until`, and returns the number of items. */
  work(until: number): number | Promise<number>;
  /** The number of payload bytes of an item: the measurement then has `nanosPerByte`. */
  readonly bytesPerItem?: number;
  /** Returns further figures after the work. */
  figures?(): Readonly<Record<string, number>>;
  /** Releases the resources of the work. */
  close?(): void | Promise<void>;
}

/**
 * The addresses of the servers and the certificates; in the environment of each subject's process.
 */
export interface Surroundings {
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
  readonly ingress: string;
  readonly egress: string;
  readonly gateway: string;
  readonly v1: string;
  /** Servers that acknowledge batches, by the delay of their answers in milliseconds. */
  readonly acknowledging: Readonly<Record<string, string>>;
  /** TLS without HTTP/2: one server reads, one writes messages continuously. */
  readonly tlsSink: string;
  readonly tlsSource: string;
  /** The process of the servers. */
  readonly serverPid: number;
}

/** Returns the files of certificates and key. */
export function tlsPaths({ caPath, certPath, keyPath }: Surroundings) {
  return { caPath, certPath, keyPath };
}

/** A benchmark's subjects by name. */
export type Subjects = Readonly<
  Record<string, (surroundings: Surroundings) => Subject | Promise<Subject>>
>;

/** Repeats a unit of work of `itemsAtOnce` items until the time is over. */
export function repeat(itemsAtOnce: number, once: () => void): Subject {
  return {
    work(until) {
      let items = 0;
      do {
        once();
        items += itemsAtOnce;
      } while (performance.now() < until);
      return items;
    },
  };
}
