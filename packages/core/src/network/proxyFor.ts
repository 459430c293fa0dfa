import { OptionTypeError } from "../options/optionError.js";
import { withoutBrackets } from "./hostPort.js";

/** Environment variables, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Returns the HTTP proxy that the environment names for a URL, or undefined if there is none:
 * `https_proxy` or `http_proxy` by the URL's scheme, unless `no_proxy` lists its host. Lower case
 * takes precedence over upper case.
 *
 * @throws OptionTypeError, with the variable's name as the option, for a value that is not the URL of
 * an HTTP proxy. The value is not repeated, as it may contain a password.
 */
export function proxyFor(target: URL, env: Environment): URL | undefined {
  const scheme = target.protocol.slice(0, -1);
  const name = [`${scheme}_proxy`, `${scheme}_proxy`.toUpperCase()].find((key) => env[key]);
  if (name === undefined || isExempt(target, env["no_proxy"] || env["NO_PROXY"])) {
    return undefined;
  }
  const value = env[name] as string;
  const text = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy?.protocol === "http:" || proxy?.protocol === "https:") {
    return proxy;
  }
  throw new OptionTypeError(
    name,
    "the URL of an HTTP proxy, such as http://proxy.example.com:3128",
    "another value",
  );
}

/**
 * Returns true if `no_proxy` lists the host: its name or address, a domain that contains it
 * (`example.com`, `.example.com` and `*.example.com` are the same), or `*` for all hosts. An entry
 * may end with a port.
 */
function isExempt(target: URL, list = ""): boolean {
  const host = withoutBrackets(target.hostname).toLowerCase();
  const port = target.port || (target.protocol === "https:" ? "443" : "80");
  return list.split(/[\s,]+/).some((item) => {
    if (item === "*") {
      return true;
    }
    const [, name = item, itemPort = port] = /^([^:]+|\[.*\]):(\d+)$/.exec(item) ?? [];
    const domain = withoutBrackets(name)
      .replace(/^\*?\./, "")
      .toLowerCase();
    if (domain === "" || itemPort !== port) {
      return false;
    }
    return host === domain || host.endsWith(`.${domain}`);
  });
}
