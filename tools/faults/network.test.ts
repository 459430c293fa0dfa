import { beforeAll, expect, test } from "vitest";
import { issueTls } from "./certificates.js";
import type { Weather } from "./proxy.js";
import { type Fault, goThrough } from "./scenario.js";

let tls: Awaited<ReturnType<typeof issueTls>>;

beforeAll(async () => {
  tls = await issueTls();
});

/** A kind of weather that passes by itself. */
const passing = (weather: Weather): Pick<Fault, "begin" | "end"> => ({
  begin: (scenario) => scenario.weather(weather),
  end: (scenario) => scenario.weather({ type: "clear" }),
});

/** Each connection breaks after so many bytes; it ends once some have. */
const cutting = (afterBytes: number, atRecord: boolean): Fault => ({
  begin: (scenario) => scenario.weather({ type: "cut", afterBytes, atRecord }),
  end: (scenario) => {
    expect(scenario.cuts).toBeGreaterThan(0);
    scenario.weather({ type: "clear" });
  },
  lineBytes: 1_000,
});

const faults: Record<string, Fault> = {
  "all connections are reset": {
    begin: (scenario) => scenario.reset(),
    lastsMs: 50,
    end: () => {},
  },
  "all connections are reset, and new ones too, for 400 ms": {
    begin: (scenario) => {
      scenario.weather({ type: "refuse" });
      scenario.reset();
    },
    end: (scenario) => scenario.weather({ type: "clear" }),
  },
  "nothing passes for 1 s, then the connections are reset": {
    begin: (scenario) => scenario.weather({ type: "black hole" }),
    lastsMs: 1_000,
    end: (scenario) => {
      scenario.reset();
      scenario.weather({ type: "clear" });
    },
  },
  "half of the bandwidth that is needed": {
    ...passing({ type: "slow", bytesPerSecond: 500_000 }),
    lineBytes: 500,
    mayLose: false,
  },
  "50 ms of delay each way": { ...passing({ type: "delay", ms: 50 }), mayLose: false },
  "connections break inside a TLS record": cutting(60_000, false),
  "connections break inside an HTTP/2 frame": cutting(60_000, true),
};

test.each(Object.entries(faults))("%s", (name, fault) => goThrough(name, tls, fault));
