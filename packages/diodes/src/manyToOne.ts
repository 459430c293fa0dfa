import { OneToOne } from "./oneToOne.js";

/**
 * A ring buffer for many writers and one reader. Writers in one thread cannot collide, so it is a
 * {@link OneToOne}; the name, as in go-diodes, states that `set` is called from several places. For
 * writers in other threads, use `SharedManyToOne`.
 */
export class ManyToOne<T> extends OneToOne<T> {}
