import { SharedManyToOne } from "./sharedManyToOne.js";

/**
 * A ring buffer of byte messages over a SharedArrayBuffer, for one writer and one reader in any
 * threads. It is a {@link SharedManyToOne}, which costs a single writer nothing; the name states how
 * it is used.
 */
export class SharedOneToOne extends SharedManyToOne {}
