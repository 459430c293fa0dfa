// Loaded before all else in the processes of the tests' clients: a clock that can jump. All
// JavaScript there sees it, whenever it was loaded. What does not is native: OpenSSL, and timers and
// `performance`, which follow the monotonic clock as they do when a machine's clock is set.
const RealDate = Date;
let aheadMs = 0;

function now() {
  return RealDate.now() + aheadMs;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
});

/** Sets the clock, so many milliseconds ahead of the machine's. */
globalThis.setClockAhead = (milliseconds) => {
  aheadMs = milliseconds;
};
