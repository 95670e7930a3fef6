import { exportsIn, modelAt, type Origin, originOf, type Side, type WorldModule } from './world.ts'

/** Everything that an ES module exports, before or after an upgrade. */
export interface ExportList {
  names: Map<string, Origin>
  /** `export * from` packages and Node.js: what that is, only they know. */
  outside: { module: WorldModule; request: string }[]
}

/** @param atRun names that a CommonJS module exports, which its text alone does not tell. */
export function exportListOf(
  module: WorldModule,
  side: Side,
  atRun: (module: WorldModule) => string[],
): ExportList {
  const outside: ExportList['outside'] = []
  const seen = new Set<WorldModule>()

  function namesOf(from: WorldModule): Map<string, Origin> {
    if (from.format !== 'module')
      return new Map(atRun(from).map(name => [name, { kind: 'commonjs', module: from, name }]))
    const names = new Map<string, Origin>()
    const model = modelAt(from, side)
    if (model === null || seen.has(from)) return names
    seen.add(from)
    const { named, stars } = exportsIn(model)
    for (const request of stars) {
      const target = from.target(request)
      if (target === null) outside.push({ module: from, request })
      else addStar(names, namesOf(target))
    }
    for (const [name, origin] of names) if (origin.kind === 'missing') names.delete(name)
    for (const name of named.keys()) names.set(name, originOf(from, name, side))
    seen.delete(from)
    return names
  }

  return { names: namesOf(module), outside }
}

/** A name that two of them export is exported by neither. */
function addStar(names: Map<string, Origin>, more: Map<string, Origin>): void {
  for (const [name, origin] of more) {
    const known = names.get(name)
    if (name === 'default') continue
    if (known === undefined) names.set(name, origin)
    else if (originText(known) !== originText(origin)) names.set(name, { kind: 'missing' })
  }
}

/** The same text for the same origin. */
export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'variable':
      return `variable ${origin.module.key}|${origin.local}`
    case 'namespace':
      return `namespace ${origin.module.key}`
    case 'commonjs':
      return `commonjs ${origin.module.key}|${origin.name}`
    case 'outside':
      return `outside ${origin.module.key}|${origin.request}|${origin.name}`
    case 'missing':
      return 'missing'
    default: {
      const unreachable: never = origin
      throw new Error(`unknown origin ${JSON.stringify(unreachable)}`)
    }
  }
}
