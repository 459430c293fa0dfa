/**
 * The facilities of RFC 5424 (section 6.2.1), shifted left by 3: combine one with a severity using
 * `|`. `Local0` to `Local7` are 16 to 23 as in the RFC; in go-loggregator they are 12 to 19.
 */
export const Facility = {
  Kern: 0 << 3,
  User: 1 << 3,
  Mail: 2 << 3,
  Daemon: 3 << 3,
  Auth: 4 << 3,
  Syslog: 5 << 3,
  Lpr: 6 << 3,
  News: 7 << 3,
  Uucp: 8 << 3,
  Cron: 9 << 3,
  Authpriv: 10 << 3,
  Ftp: 11 << 3,
  Ntp: 12 << 3,
  LogAudit: 13 << 3,
  LogAlert: 14 << 3,
  Clock: 15 << 3,
  Local0: 16 << 3,
  Local1: 17 << 3,
  Local2: 18 << 3,
  Local3: 19 << 3,
  Local4: 20 << 3,
  Local5: 21 << 3,
  Local6: 22 << 3,
  Local7: 23 << 3,
} as const;

/** The severities of RFC 5424 (section 6.2.1), the most severe first. */
export const Severity = {
  Emergency: 0,
  Alert: 1,
  Crit: 2,
  Error: 3,
  Warning: 4,
  Notice: 5,
  Info: 6,
  Debug: 7,
} as const;
