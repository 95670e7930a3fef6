import { existsSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HotReason } from '../../rpc/hot-contracts.ts'
import { commonjsNames } from '../model/commonjs-names.ts'
import { exportsIn, originOfRequest, type WorldModule } from '../plan/world.ts'
import { startOf } from '../syntax/parse.ts'
import { waits } from '../syntax/statements.ts'
import type { BuiltWorld } from './built-world.ts'
import type { ReleaseFiles } from './files.ts'
import { type Link, linksIn } from './requests.ts'

/** Why the modules of the new release could not be linked, or not be loaded in one step with the change. */
export function linkReasons(built: BuiltWorld, files: ReleaseFiles): HotReason[] {
  const reasons: HotReason[] = []
  for (const module of modulesToLink(built)) {
    const { after } = module
    if (after === null) continue
    const seen = new Set<string>()
    for (const link of linksIn(after)) {
      const found = problemOf(link, module, built, files)
      if (found === null || seen.has(found.message)) continue
      seen.add(found.message)
      reasons.push({ module: module.key, line: after.line(link.offset), ...found, allow: null })
    }
    if (module.before === null) reasons.push(...waitingReasons(module))
  }
  return reasons
}

/** What changed, and what imports from a module that exports less than it did, be it through others. */
function modulesToLink({ changed, importersOf }: BuiltWorld): Set<WorldModule> {
  const modules = new Set(changed)
  const sources = changed.filter(exportsLess)
  for (const source of sources) {
    for (const importer of importersOf(source.key)) {
      modules.add(importer)
      if (!sources.includes(importer)) sources.push(importer)
    }
  }
  return modules
}

function exportsLess({ before, after }: WorldModule): boolean {
  if (before === null) return false
  if (after === null) return true
  if (before.format === 'commonjs') {
    const names = commonjsNames(after)
    return names !== null && [...(commonjsNames(before) ?? [])].some(name => !names.has(name))
  }
  const one = exportsIn(before)
  const other = exportsIn(after)
  return (
    [...one.named.keys()].some(name => !other.named.has(name)) ||
    one.stars.some(request => !other.stars.includes(request)) ||
    [...other.named].some(([name, { from }]) => from === 'there' && one.named.get(name)?.from !== 'there')
  )
}

type Problem = Pick<HotReason, 'message' | 'remedy'>

const CORRECT = 'Correct the import, and build the release again.'

function problemOf(
  { request, name }: Link,
  module: WorldModule,
  built: BuiltWorld,
  files: ReleaseFiles,
): Problem | null {
  const target = module.target(request)
  if (target === null) return outsideProblem(request, name, module, built, files)
  if (target.format !== 'json' && target.after === null && files.text(target.key) === null)
    return missingFile(request)
  const missing = {
    message: `it imports \`${name}\` from '${request}', which does not export that`,
    remedy: CORRECT,
  }
  if (name === null || name === '*') return null
  const origin = originOfRequest(module, request, name)
  if (origin.kind === 'missing') return missing
  if (origin.kind !== 'commonjs' || name === 'default' || name === 'module.exports') return null
  const { before, after } = origin.module
  const names = after && commonjsNames(after)
  const had = before === null || before === after || commonjsNames(before)?.has(origin.name)
  return names && had && before !== after && !names.has(origin.name) ? missing : null
}

const missingFile = (request: string): Problem => ({
  message: `it imports '${request}', which is not in the release`,
  remedy: CORRECT,
})

/** What is no module of the application: found where it can be found without running anything. */
function outsideProblem(
  request: string,
  name: string | null,
  module: WorldModule,
  built: BuiltWorld,
  files: ReleaseFiles,
): Problem | null {
  const { key, before } = module
  if (isBuiltin(request)) return builtinProblem(request, name)
  if (/^\.{0,2}\//.test(request))
    return files.resolve(key, request, 'module') === null && !request.includes('node_modules/')
      ? missingFile(request)
      : null
  if (request.startsWith('node:'))
    return { message: `it imports '${request}', which this Node.js does not have`, remedy: CORRECT }
  if (/^[a-z][a-z\d+.-]+:/i.test(request) || request.startsWith('#')) return null
  if (before !== null && linksIn(before).some(link => link.request === request)) return null
  const packageName = request.split('/', request.startsWith('@') ? 2 : 1).join('/')
  const url = built.stateOf(module)?.loaded.url
  const places = [files.path(key), ...(url ? [fileURLToPath(url)] : [])]
  const isThere = places.some(place =>
    (createRequire(place).resolve.paths(packageName) ?? []).some(folder =>
      existsSync(join(folder, packageName)),
    ),
  )
  if (isThere) return null
  return {
    message: `it imports '${request}', and there is no package \`${packageName}\` in the release`,
    remedy: 'Add it to `dependencies`, and build the release again.',
  }
}

function builtinProblem(request: string, name: string | null): Problem | null {
  if (name === null || name === '*' || name === 'default' || name === 'module.exports') return null
  const module: unknown = process.getBuiltinModule(request)
  if (typeof module !== 'object' && typeof module !== 'function') return null
  return module === null || name in module
    ? null
    : { message: `it imports \`${name}\` from '${request}', which does not export that`, remedy: CORRECT }
}

/** A new module is loaded in the one step in which everything changes: it cannot wait there. */
function waitingReasons({ key, after }: WorldModule): HotReason[] {
  const waiting = after?.format === 'module' ? after.parsed.program.body.find(waits) : undefined
  if (!after || !waiting) return []
  return [
    {
      module: key,
      line: after.line(startOf(waiting)),
      message: 'it is a new module, and waits with `await` while it is loaded',
      remedy: 'Wait inside a function that is called later, load it with `import()`, or use `upgrade()`.',
      allow: null,
    },
  ]
}
