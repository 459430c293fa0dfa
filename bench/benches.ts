import type { Subjects } from "./subject.js";
import { acknowledged } from "./subjects/acknowledged.js";
import { decode, encode, json } from "./subjects/codec.js";
import { drain } from "./subjects/drain.js";
import { emit, emitKinds } from "./subjects/emit.js";
import { emitCall } from "./subjects/emitCall.js";
import { conversion, diode, diodeManyToOne, diodeTwoThreads, rfc5424 } from "./subjects/memory.js";
import { egress, gateway } from "./subjects/read.js";
import { long, payload, scaling } from "./subjects/scaling.js";
import { v1 } from "./subjects/v1.js";

/** A benchmark and its subjects. */
export interface Bench {
  readonly subjects: Subjects;
  /** The name of the same work in the Go peer, where it has it. */
  readonly go?: string;
  /** The duration of a subject's warm-up, in seconds. Default: 1. */
  readonly warmUpSeconds?: number;
  /** Whether it runs only if it is named, because it takes long. */
  readonly onlyIfNamed?: boolean;
  /** The pairs of subjects to compare. Default: "ours" with every other. */
  readonly compared?: readonly (readonly [of: string, to: string])[];
}

/** Before that, V8 compiles and the heap grows: an envelope takes a fifth more CPU time. */
const warmUpSeconds = 3;

/** All benchmarks by name. */
export const benches: Readonly<Record<string, Bench>> = {
  emit: { subjects: emit, go: "emit", warmUpSeconds },
  egress: { subjects: egress, go: "egress", warmUpSeconds },
  gateway: { subjects: gateway, go: "gateway", warmUpSeconds },
  encode: { subjects: encode, go: "encode" },
  decode: { subjects: decode, go: "decode" },
  json: { subjects: json, go: "json" },
  diode: { subjects: diode, go: "diode" },
  "diode-many-to-one": { subjects: diodeManyToOne, go: "diode-many-to-one" },
  "diode-two-threads": { subjects: diodeTwoThreads },
  conversion: { subjects: conversion, go: "conversion" },
  rfc5424: { subjects: rfc5424, go: "rfc5424" },
  drain: { subjects: drain },
  v1: { subjects: v1, go: "v1" },
  "emit-kinds": { subjects: emitKinds },
  "emit-call": { subjects: emitCall },
  acknowledged: {
    subjects: acknowledged,
    warmUpSeconds,
    compared: Object.keys(acknowledged)
      .filter((subject) => subject !== "stream")
      .map((subject) => [subject, "stream"]),
  },
  payload: {
    subjects: payload,
    compared: ["10 KB", "100 KB"].map((size) => [`ours, ${size}`, `tls, ${size}`]),
  },
  scaling: { subjects: scaling },
  long: { subjects: long, onlyIfNamed: true },
};
