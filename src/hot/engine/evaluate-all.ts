import { pathToFileURL } from 'node:url'
import type { Compiled } from '../apply/compile.ts'
import { evaluate, evaluateStatic } from '../apply/install.ts'
import { orderExports } from '../apply/install-exports.ts'
import type { UnitPiece } from '../diff/match.ts'
import type { WorldModule } from '../plan/world.ts'
import { newRun, type UnitRun } from '../runtime/unit-run.ts'
import type { Context } from './context.ts'
import { evaluating, loading } from './failed-evaluation.ts'
import { releaseFiles } from './files.ts'
import { load } from './imports.ts'
import type { Prepared } from './prepared.ts'
import type { Progress } from './progress.ts'
import { relayering } from './relayer.ts'
import { linksIn } from './requests.ts'
import { sameObjects } from './same-objects.ts'

/** Functions are there before anything else is evaluated, wherever they are declared: modules may import each other. */
export function evaluateAll(
  prepared: Prepared,
  { startup, linked }: Context,
  { runs, done, journal }: Progress,
): void {
  const layers = relayering(prepared, journal)
  const evaluateUnits = (module: WorldModule, compiled: Compiled, which: (unit: UnitPiece) => boolean) => {
    for (const installation of compiled.values.keys()) {
      if ((installation.do !== 'evaluate' && installation.do !== 'static') || !which(installation.unit))
        continue
      const run = newRun(compiled.state.loaded.url)
      if (installation.do === 'static') {
        runs.set(installation.unit, along(run, compiled.state.runOf(installation.unit)))
        evaluating(module, installation.unit, () =>
          evaluateStatic(compiled, installation, run, startup, journal),
        )
        continue
      }
      runs.set(installation.unit, run)
      const check = sameObjects(module, installation.unit, compiled.state, prepared)
      layers.evaluating(module, installation.unit, () =>
        evaluating(module, installation.unit, () => evaluate(compiled, installation, run, startup, journal)),
      )
      check()
      done.push({ module, unit: installation.unit })
    }
  }
  for (const [module, compiled] of prepared.compiled) evaluateUnits(module, compiled, isHoisted)
  linked.update()
  for (const [index, { module, unit }] of prepared.steps.entries()) {
    const compiled = prepared.compiled.get(module)
    if (unit === null) loadNew(module, prepared)
    else if (compiled && !isHoisted(unit)) evaluateUnits(module, compiled, each => each === unit)
    if (prepared.steps[index + 1]?.module === module) continue
    if (compiled) orderExports(compiled)
    linked.update()
  }
  layers.arrange()
}

/** What is evaluated for a part of a unit counts beside what has been evaluated for all of it. */
function along(run: UnitRun, before: UnitRun | null): UnitRun {
  if (before)
    Object.assign(run, { ran: [...before.ran], opened: [...before.opened], ranLater: before.ranLater })
  return run
}

function loadNew(module: WorldModule, prepared: Prepared): void {
  if (!isLinkedNow(module, prepared)) return
  const path = releaseFiles(prepared.request.dir).path(module.key)
  loading(module, path, () => load(pathToFileURL(path).href))
}

/** Whether a living module imports a new one. What is asked for with `require` is loaded when that runs. */
function isLinkedNow(module: WorldModule, { compiled }: Prepared): boolean {
  return [...compiled].some(([importer, { model }]) =>
    linksIn(model).some(({ request }) => importer.target(request) === module),
  )
}

const isHoisted = ({ unit }: UnitPiece) => unit.node.type === 'FunctionDeclaration'
