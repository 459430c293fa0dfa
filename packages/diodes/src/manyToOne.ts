import { OneToOne } from "./oneToOne.js";

/**
 * A ring for many writers and one reader. Within one thread writers can't collide, so it is a
 * {@link OneToOne}; the name says that more than one place calls `set`, as in go-diodes.
 * For writers in other threads there is `SharedManyToOne`.
 */
export class ManyToOne<T> extends OneToOne<T> {}
