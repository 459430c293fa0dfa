import { SharedManyToOne } from "./sharedManyToOne.js";

/**
 * A ring of byte messages over a SharedArrayBuffer, for one writer and one reader in any threads. One
 * writer is a case of many, and pays nothing for those that are not there: it is a
 * {@link SharedManyToOne}, and the name tells how it is used.
 */
export class SharedOneToOne extends SharedManyToOne {}
