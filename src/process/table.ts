import { BeamDeployError } from '../errors.ts'
import { type DescribedProcess, PROCESS_GLOBAL, type ProcessTable } from '../rpc/process-contracts.ts'
import { alreadyDefined } from './failures.ts'
import { DefinitionHandle } from './handle.ts'
import { type Definition, type Instance, isAtWork, isBehind } from './instance.ts'
import { functionsIn } from './keep-spec.ts'
import { createMoving } from './moving/moving.ts'
import { here } from './operations.ts'
import { readSpec } from './spec.ts'
import { type OpenStaging, openStaging } from './staging.ts'
import type { ProcessInfo, ProcessState } from './types.ts'

/** The table as this package uses it. Nothing is taken away from it: another copy may be of another version. */
export interface Table extends ProcessTable {
  define(given: object): object
  processes(): ProcessInfo[]
}

/** That of this Node.js process; made by whichever copy of the package comes first. */
export function table(): Table {
  const shared = globalThis as { [PROCESS_GLOBAL]?: Table }
  if (shared[PROCESS_GLOBAL] === undefined)
    Object.defineProperty(shared, PROCESS_GLOBAL, { value: createTable() })
  const found = shared[PROCESS_GLOBAL] as Table
  if (found.protocol === 1) return found
  throw new BeamDeployError(
    'incompatible_protocol',
    'two versions of beam-deploy that do not understand each other are loaded in this process. Have one installed only: npm ls beam-deploy',
    { phase: 'control' },
  )
}

function createTable(): Table {
  const definitions = new Map<string, Definition>()
  const handles = new WeakMap<object, Definition>()
  const handleOf = new Map<Definition, object>()
  const moving = createMoving(definitions)
  let open: OpenStaging | null = null

  return {
    protocol: 1,
    define: given => {
      const spec = readSpec(given)
      const living = definitions.get(spec.name)
      if (living) {
        if (!open) throw alreadyDefined(spec.name, living.spec.version)
        open.restage(living, spec)
        if (spec.handoff) moving?.prepare()
        return handleOf.get(living) as object
      }
      const definition: Definition = {
        name: spec.name,
        spec,
        instances: new Map(),
        operations: moving?.operations ?? here,
        gate: null,
      }
      const handle = new DefinitionHandle(definition)
      definitions.set(spec.name, definition)
      handles.set(handle, definition)
      handleOf.set(definition, handle)
      open?.created(definition)
      if (spec.handoff) moving?.prepare()
      return handle
    },
    processes: () =>
      [...definitions.values()].flatMap(({ instances }) => [...instances.values()].map(describeInstance)),
    describe: value => {
      const definition = typeof value === 'object' && value !== null ? handles.get(value) : undefined
      return definition ? describeDefinition(definition) : null
    },
    named: name => {
      const definition = definitions.get(name)
      return definition ? describeDefinition(definition) : null
    },
    functionsOf: name => {
      const definition = definitions.get(name)
      if (!definition) return []
      const specs = new Set([definition.spec, ...[...definition.instances.values()].map(({ spec }) => spec)])
      return [...specs].flatMap(functionsIn)
    },
    behind: () => [...definitions.values()].flatMap(behindIn),
    isAtWork,
    stage: () => {
      if (open) throw new Error('definitions of processes are being staged already')
      open = openStaging(definitions, () => {
        open = null
      })
      return open.staging
    },
  }
}

const describeDefinition = ({ name, spec, instances }: Definition): DescribedProcess => ({
  name,
  version: spec.version,
  instances: instances.size,
})

/** Grouped by the version that they run. */
function behindIn({ name, instances }: Definition): DescribedProcess[] {
  const versions = Map.groupBy([...instances.values()].filter(isBehind), ({ spec }) => spec.version)
  return [...versions].map(([version, those]) => ({ name, version, instances: those.length }))
}

function describeInstance(instance: Instance): ProcessInfo {
  const { definition, id, spec, task, queue } = instance
  return {
    name: definition.name,
    id,
    version: spec.version,
    state: stateOf(instance),
    handling: task && 'name' in task ? task.name : null,
    mailbox: queue.accepted,
    waiting: queue.waiting,
  }
}

function stateOf({ life, stopping, holds, task }: Instance): ProcessState {
  if (life.state !== 'running' && life.state !== 'ended') return life.state
  if (stopping) return 'stopping'
  return holds !== 0 && task === null ? 'suspended' : 'running'
}
