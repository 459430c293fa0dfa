import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { onTestFinished, vi } from "vitest";

/** Whether names can be resolved in this process, until the end of the test. */
export interface DnsSwitch {
  works: boolean;
  /** How many names could not be resolved. */
  failures: number;
}

/** Lets lookups fail as they do for a name that there is not, and be real ones while DNS works. */
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
