import type { Envelope } from "@loggregator/api";
import { OneToOne } from "./oneToOne.js";

/** The diode between a stream of envelope batches and its reader: one writer, one reader. */
export class OneToOneEnvelopeBatch extends OneToOne<Envelope[]> {}
