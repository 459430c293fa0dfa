/** One way of doing a benchmark's work: ours, or a peer's. */
export interface Subject {
  /** Works until the clock (`performance.now()`) says so, and returns how many items were done. */
  work(until: number): number | Promise<number>;
  /** The number of payload bytes of an item: the measurement then has `nanosPerByte`. */
  readonly bytesPerItem?: number;
  /** What else there is to tell of the work, asked for when it is done. */
  figures?(): Readonly<Record<string, number>>;
  /** Puts away what the work needed. */
  close?(): void | Promise<void>;
}

/** Where the far ends are and how to reach them; in the environment of each subject's process. */
export interface Surroundings {
  readonly caPath: string;
  readonly certPath: string;
  readonly keyPath: string;
  readonly ingress: string;
  readonly egress: string;
  readonly gateway: string;
  readonly v1: string;
  /** Servers that acknowledge batches, by how late they answer in milliseconds. */
  readonly acknowledging: Readonly<Record<string, string>>;
  /** TLS without HTTP/2: one reads, one writes messages continuously. */
  readonly tlsSink: string;
  readonly tlsSource: string;
  /** The process that the servers are in. */
  readonly farEndPid: number;
}

/** The files with certificates and key. */
export function tlsPaths({ caPath, certPath, keyPath }: Surroundings) {
  return { caPath, certPath, keyPath };
}

/** A benchmark's subjects by name. */
export type Subjects = Readonly<
  Record<string, (surroundings: Surroundings) => Subject | Promise<Subject>>
>;

/** Repeats a piece of work of so many items, looking at the clock between. */
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
