import type { NetworkCondition } from "@loggregator/testing";
import { beforeAll, test } from "vitest";
import { type Fault, runFault } from "./runFault.js";
import { issueTls } from "./servers/issueTls.js";

let tls: Awaited<ReturnType<typeof issueTls>>;

beforeAll(async () => {
  tls = await issueTls();
});

/** A fault that consists of a network condition. */
const passing = (condition: NetworkCondition): Pick<Fault, "begin" | "end"> => ({
  begin: (scenario) => scenario.condition(condition),
  end: (scenario) => scenario.condition({ type: "clear" }),
});

/** Each connection breaks after a number of bytes that depends on the seed. */
const cutting = (atRecord: boolean): Fault => ({
  begin: (scenario) => {
    const afterBytes = 30_000 + scenario.random.next() * 60_000;
    scenario.condition({ type: "cut", afterBytes, atRecord });
  },
  end: (scenario) => scenario.condition({ type: "clear" }),
  lineBytes: 1_000,
  breaksAll: true,
  // With HTTP/2, the end of a TLS record is in the middle of a frame.
  gatewayHttp2: atRecord,
});

const faults: Record<string, Fault> = {
  "all connections are reset": {
    begin: (scenario) => scenario.reset(),
    lastsMs: 50,
    end: () => {},
    breaksAll: true,
  },
  "all connections are reset, and new ones too, for 400 ms": {
    begin: (scenario) => {
      scenario.condition({ type: "refuse" });
      scenario.reset();
    },
    end: (scenario) => scenario.condition({ type: "clear" }),
    breaksAll: true,
  },
  "all packets are dropped for 1.5 s, then the connections are reset": {
    begin: (scenario) => scenario.condition({ type: "black hole" }),
    lastsMs: 1_500,
    end: (scenario) => {
      scenario.reset();
      scenario.condition({ type: "clear" });
    },
    breaksAll: true,
  },
  "half of the required bandwidth": {
    ...passing({ type: "slow", bytesPerSecond: 500_000 }),
    lineBytes: 500,
    mayLose: false,
  },
  "50 ms of delay each way": { ...passing({ type: "delay", ms: 50 }), mayLose: false },
  "connections break inside a TLS record": cutting(false),
  "connections break inside an HTTP/2 frame": cutting(true),
};

test.each(Object.entries(faults))("%s", (name, fault) => runFault(name, tls, fault));
