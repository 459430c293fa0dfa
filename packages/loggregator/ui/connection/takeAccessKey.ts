const storageName = "key";

/**
 * The key of the page's link. It is removed from the address bar and kept for reloads and for other
 * tabs of this server.
 */
export function takeAccessKey(): string | undefined {
  const params = new URLSearchParams(location.hash.slice(1));
  const given = params.get("key");
  if (given === null) {
    return localStorage.getItem(storageName) ?? undefined;
  }
  localStorage.setItem(storageName, given);
  params.delete("key");
  const rest = params.toString();
  history.replaceState(null, "", rest === "" ? location.pathname : `#${rest}`);
  return given;
}
