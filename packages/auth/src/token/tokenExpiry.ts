/**
 * Returns the expiry of a token in milliseconds since the UNIX epoch: the claim `exp` of a JSON Web
 * Token, whose signature is not checked. Returns 0 for any other token.
 */
export function tokenExpiry(token: string): number {
  try {
    const [, payload = ""] = token.split(".");
    const { exp } = Object(JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/"))));
    return typeof exp === "number" ? exp * 1000 : 0;
  } catch {
    return 0;
  }
}
