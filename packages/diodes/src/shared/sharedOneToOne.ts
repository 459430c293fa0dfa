import { SharedManyToOne } from "./sharedManyToOne.js";

/**
 * A ring buffer of byte messages over a SharedArrayBuffer, for one writer and one reader in any
 * threads. It is a {@link SharedManyToOne}, whose support for several writers costs a single one
 * nothing; the name states how it is used.
 */
export class SharedOneToOne extends SharedManyToOne {}
