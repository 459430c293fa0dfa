import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { onTestFinished, vi } from "vitest";

/** Switches name resolution in this process on and off, until the end of the test. */
export interface DnsSwitch {
  works: boolean;
  /** The number of failed lookups. */
  failures: number;
}

/** Makes lookups fail with ENOTFOUND while `works` is false. Otherwise they are real. */
export function switchDns(): DnsSwitch {
  const state: DnsSwitch = { works: true, failures: 0 };
  const failure = (name: string) => {
    state.failures++;
    return Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" });
  };
  const { lookup } = dns;
  const lookupPromise = dns.promises.lookup;
  const spies = [
    // The calls of Node.js itself, when it connects a socket.
    vi.spyOn(dns, "lookup").mockImplementation(((name: string, ...rest: unknown[]) => {
      if (state.works) {
        return (lookup as (...args: unknown[]) => void)(name, ...rest);
      }
      const callback = rest.at(-1) as (error: Error) => void;
      setImmediate(callback, failure(name));
    }) as never),
    vi
      .spyOn(dns.promises, "lookup")
      .mockImplementation(((name: string, options: object) =>
        state.works ? lookupPromise(name, options) : Promise.reject(failure(name))) as never),
  ];
  syncBuiltinESMExports();
  onTestFinished(() => {
    for (const spy of spies) {
      spy.mockRestore();
    }
    syncBuiltinESMExports();
  });
  return state;
}
