/**
 * Returns the command that loads the environment file into the shell that is usual on a platform:
 * PowerShell on Windows, otherwise one like sh.
 */
export function loadCommand(path: string, platform: string): string {
  if (platform === "win32") {
    const quoted = `'${path.replaceAll("'", "''")}'`;
    return `Get-Content ${quoted} | ForEach-Object { if ($_ -match "^(\\w+)='?(.*?)'?$") { Set-Item "env:$($Matches[1])" $Matches[2] } }`;
  }
  return `set -a; . ${/^[\w./-]+$/.test(path) ? path : `'${path}'`}; set +a`;
}
