// A clock that can jump, loaded first in the processes of the tests' clients. It affects all
// JavaScript code. It does not affect OpenSSL, timers and `performance`: the latter two follow the
// monotonic clock, as they do when the clock of a machine is set.
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

/** Sets the clock ahead of the machine's by a number of milliseconds. */
globalThis.setClockAhead = (milliseconds) => {
  aheadMs = milliseconds;
};
