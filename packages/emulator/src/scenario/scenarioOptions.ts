import { checkOptionNames, inRange, nanosecondsArgument, positiveInteger } from "@loggregator/core";

/** The traffic of a platform. */
export interface ScenarioOptions {
  /**
   * The average number of envelopes per second. Raise it to test a program under load.
   *
   * @default 50
   */
  readonly rate?: number | undefined;
  /**
   * An integer from 0 to 2^32 - 1. The same seed gives the same envelopes, except for their times.
   * Change it for other traffic.
   *
   * @default 1
   */
  readonly seed?: number | undefined;
  /**
   * The number of apps. Each has 1 to 4 instances. Raise it to test a program with more sources.
   *
   * @default 8
   */
  readonly apps?: number | undefined;
  /**
   * The time of the first envelope: UNIX nanoseconds, or a Date.
   *
   * @default now
   */
  readonly startTime?: bigint | Date | undefined;
}

/** The options with their defaults. */
export interface ScenarioSettings {
  readonly rate: number;
  readonly seed: number;
  readonly apps: number;
  readonly startTime: bigint;
}

const maxApps = 1000;
const maxRate = 1_000_000;
const maxSeed = 2 ** 32 - 1;

/** @throws OptionTypeError, OptionRangeError for invalid options. */
export function readScenarioOptions(options: ScenarioOptions, name = "options"): ScenarioSettings {
  checkOptionNames<ScenarioOptions>(name, options, {
    rate: true,
    seed: true,
    apps: true,
    startTime: true,
  });
  const path = (option: string) => (name === "options" ? option : `${name}.${option}`);
  const apps = positiveInteger(path("apps"), options.apps ?? 8);
  const startTime = options.startTime ?? BigInt(Date.now()) * 1_000_000n;
  return {
    rate: inRange(
      path("rate"),
      options.rate ?? 50,
      `a number of envelopes per second from 0.001 to ${maxRate}`,
      (rate) => rate >= 0.001 && rate <= maxRate,
    ),
    seed: inRange(
      path("seed"),
      options.seed ?? 1,
      `an integer from 0 to ${maxSeed}`,
      (seed) => Number.isInteger(seed) && seed >= 0 && seed <= maxSeed,
    ),
    apps: inRange(path("apps"), apps, `an integer up to ${maxApps}`, (count) => count <= maxApps),
    startTime: nanosecondsArgument(path("startTime"), startTime),
  };
}
