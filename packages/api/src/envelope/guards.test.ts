import { expect, expectTypeOf, test } from "vitest";
import {
  type CounterEnvelope,
  counterEnvelope,
  type Envelope,
  type EventEnvelope,
  eventEnvelope,
  type GaugeEnvelope,
  gaugeEnvelope,
  isCounter,
  isEvent,
  isGauge,
  isLog,
  isTimer,
  type LogEnvelope,
  logEnvelope,
  type TimerEnvelope,
  timerEnvelope,
} from "../index.js";

const guards = [isLog, isCounter, isGauge, isTimer, isEvent];
const envelopes: Envelope[] = [
  logEnvelope(""),
  counterEnvelope(""),
  gaugeEnvelope({}),
  timerEnvelope("", 0n, 0n),
  eventEnvelope("", ""),
];

test("each guard is true only for its own type of envelope", () => {
  for (const [i, guard] of guards.entries()) {
    expect(envelopes.map(guard)).toEqual(envelopes.map((_, j) => i === j));
  }
});

test("every guard is false for an envelope without a message", () => {
  const envelope: Envelope = { ...logEnvelope(""), message: undefined };
  expect(guards.map((guard) => guard(envelope))).toEqual(guards.map(() => false));
});

test("a guard narrows the type", () => {
  for (const envelope of envelopes) {
    if (isLog(envelope)) {
      expectTypeOf(envelope).toEqualTypeOf<LogEnvelope>();
    }
    if (isCounter(envelope)) {
      expectTypeOf(envelope).toEqualTypeOf<CounterEnvelope>();
    }
    if (isGauge(envelope)) {
      expectTypeOf(envelope).toEqualTypeOf<GaugeEnvelope>();
    }
    if (isTimer(envelope)) {
      expectTypeOf(envelope).toEqualTypeOf<TimerEnvelope>();
    }
    if (isEvent(envelope)) {
      expectTypeOf(envelope).toEqualTypeOf<EventEnvelope>();
    }
  }
  expectTypeOf(envelopes.filter(isLog)).toEqualTypeOf<LogEnvelope[]>();
});
