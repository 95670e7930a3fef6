import type { ReleaseConfig } from '../config/config.ts'
import type { Release } from '../release/release.ts'
import type { UnpackResult } from '../rpc/contracts.ts'
import type { HotReason, UpgradePlan } from '../rpc/hot-contracts.ts'
import type { ParentSettings } from './settings.ts'
import { summaryOf } from './summary.ts'
import { unappliedOptions } from './unapplied-options.ts'

/** What a process has from its start, and keeps. */
const OF_PROCESS = [
  'beforeCutover',
  'afterCutover',
  'shutdownTimeout',
  'hot',
] as const satisfies (keyof ReleaseConfig)[]

export interface ReleasesToCompare {
  /** What the parent was started with. */
  origin: Release | null
  /** What runs. */
  outgoing: Release
  target: Release
  /** The major version of Node.js that `target` was built on, where it says so. */
  builtOnNode: UnpackResult['builtOnNode']
}

/** A plan with what the parent knows of, beside the code: the Node.js, and the configuration. `allow` as in `HotRules`. */
export function planOfParent(
  { origin, outgoing, target, builtOnNode }: ReleasesToCompare,
  { nodeOf }: Pick<ParentSettings, 'nodeOf'>,
  allow: readonly string[],
): UpgradePlan {
  const running = nodeOf(outgoing).version
  const wanted = nodeOf(target).version
  const blueGreen: HotReason[] = []
  if (wanted !== running) blueGreen.push(otherNode(`it runs on Node.js ${wanted}`, running))
  else if (builtOnNode !== undefined && builtOnNode !== Number.parseInt(running, 10))
    blueGreen.push(otherNode(`it was built for Node.js ${builtOnNode}`, running))
  for (const key of OF_PROCESS) if (differs(key, outgoing, target)) blueGreen.push(otherProcess(key))
  const restart = unappliedOptions(origin, target)
    .filter(key => differs(key, outgoing, target))
    .map(otherParent)
    .filter(reason => !allow.includes(reason.allow))
  return {
    verdict: restart.length > 0 ? 'restart' : blueGreen.length > 0 ? 'blue-green' : 'hot',
    release: summaryOf(target),
    reasons: [...restart, ...blueGreen],
    modules: [],
    processes: [],
    skippedNativeModules: [],
    notes: [],
  }
}

const differs = (key: keyof ReleaseConfig, one: Release, other: Release) =>
  JSON.stringify(one.config?.[key]) !== JSON.stringify(other.config?.[key])

const otherNode = (what: string, running: string): HotReason => ({
  module: 'package.json',
  line: null,
  message: `${what}, and what runs is Node.js ${running}`,
  remedy: `Build it with Node.js ${Number.parseInt(running, 10)}, or use \`beam-deploy upgrade\``,
  allow: null,
})

const otherProcess = (key: string): HotReason => ({
  module: CONFIGURATION,
  line: null,
  message: `${key} is another, and a process has it from its start`,
  remedy: `Leave ${key} as it is, or use \`beam-deploy upgrade\``,
  allow: null,
})

const otherParent = (key: string): HotReason & { allow: string } => ({
  module: CONFIGURATION,
  line: null,
  message: `${key} is another, and the parent has it from its start`,
  remedy: `Start the parent anew for it (\`beam-deploy stop\` and \`start\`), or leave ${key} as it is.`,
  allow: `${CONFIGURATION}#${key}`,
})

/** Whichever file it stands in. */
const CONFIGURATION = 'beam-deploy.config'
