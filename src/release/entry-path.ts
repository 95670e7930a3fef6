/** `PATH_MAX` of Linux, and more than any path of an application. */
const MAX_LENGTH = 4096

/** Bytes of a name in a path, on every common file system (`NAME_MAX` of Linux). */
const MAX_NAME = 255
/** No name in a path of so few characters can be longer than that: UTF-8 has three bytes for each at most. */
const SHORT = MAX_NAME / 3

/** A path of an archive, made plain, or the reason why it may not be used. */
export type CheckedPath = { ok: true; path: string } | { ok: false; reason: string }

/**
 * Checks a path that an archive gives and takes `.`, doubled and trailing slashes out of it; the archive's own root is `''`.
 * A backslash is an ordinary character here (old packages have such names), but a path that would leave the
 * root where backslashes separate is refused everywhere.
 */
export function checkPath(raw: string): CheckedPath {
  if (raw.length > MAX_LENGTH) return { ok: false, reason: `has a path of ${raw.length} characters` }
  const longest = raw.length <= SHORT ? 0 : Math.max(...raw.split('/').map(name => Buffer.byteLength(name)))
  if (longest > MAX_NAME) return { ok: false, reason: `has a name of ${longest} bytes in its path` }
  if (raw.includes('\0')) return { ok: false, reason: 'has a NUL character in its path' }
  if (/^[/\\]|^[A-Za-z]:[/\\]/.test(raw)) return { ok: false, reason: 'has an absolute path' }
  if (/(^|[/\\])\.\.($|[/\\])/.test(raw)) return { ok: false, reason: 'has ".." in its path' }
  return { ok: true, path: NOT_PLAIN.test(raw) ? raw.split('/').filter(isName).join('/') : raw }
}

/** An empty segment or a `.` somewhere. */
const NOT_PLAIN = /(^|\/)\.?(\/|$)/

const isName = (segment: string) => segment !== '' && segment !== '.'

/** The folder that a path is in; `''` for the root. */
export const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')))
