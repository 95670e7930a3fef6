import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

interface LockEntry {
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

/**
 * The folders below this project's root that hold `names` and everything they need, such as `node_modules/express`.
 * An application in a test is packed with them, so that no test installs anything.
 */
export function dependencyFolders(names: readonly string[]): string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockEntry>
  }
  const found = new Set<string>()
  const visit = (name: string, from: string, optional: boolean) => {
    const at = lookUp(packages, name, from)
    if (at === null) {
      if (optional) return
      throw new Error(`${name} is not installed for ${from || 'the project'}`)
    }
    if (found.has(at)) return
    found.add(at)
    const { dependencies, optionalDependencies, peerDependencies } = packages[at] ?? {}
    for (const dependency of Object.keys(dependencies ?? {})) visit(dependency, at, false)
    for (const dependency of Object.keys({ ...optionalDependencies, ...peerDependencies }))
      visit(dependency, at, true)
  }
  for (const name of names) visit(name, '', false)
  return [...found].sort()
}

/** The nearest `node_modules` upwards, as Node.js looks. */
function lookUp(packages: Record<string, LockEntry>, name: string, from: string): string | null {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    const candidate = base === '' ? `node_modules/${name}` : `${base}/node_modules/${name}`
    if (candidate in packages && existsSync(join(ROOT, candidate))) return candidate
    if (base === '') return null
  }
}
