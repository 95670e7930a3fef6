/** Linux's own limit for links on one path. */
const MAX_LINKS = 40
/** Bytes of what a link leads to: `PATH_MAX` of Linux, which counts the final NUL. */
const MAX_TARGET = 4095

/**
 * Tells whether the symbolic link at `path` stays inside the release, following other links on its way as the kernel
 * would: `a/b -> ../..` is inside or outside depending on what `a` is. `links` has every symbolic link of
 * the release by its path; the path and the keys are relative to the root.
 */
export function linkProblem(links: ReadonlyMap<string, string>, path: string): string | null {
  const todo = path.split('/').reverse()
  const here: string[] = []
  let followed = 0
  for (let segment = todo.pop(); segment !== undefined; segment = todo.pop()) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') {
      if (here.pop() === undefined) return 'leaves the release'
      continue
    }
    here.push(segment)
    const target = links.get(here.join('/'))
    if (target === undefined) continue
    if (target === '') return 'leads nowhere'
    if (Buffer.byteLength(target) > MAX_TARGET) return 'is longer than any path'
    if (++followed > MAX_LINKS) return 'leads in a circle'
    if (/^[/\\]/.test(target)) return 'leaves the release'
    if (target.includes('\0')) return 'has a NUL character in it'
    here.pop()
    todo.push(...target.split('/').reverse())
  }
  return null
}
