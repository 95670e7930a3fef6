import { resolve } from 'node:path'
import type { CAC } from 'cac'
import type { LogFormat } from '../../config/config.ts'
import { parsePort } from '../../parent/declare-endpoints.ts'
import { DEFAULTS, type GivenSettings } from '../../parent/resolve-settings.ts'
import { askNode } from '../../release/node-binary.ts'
import type { TrustedKey } from '../../release/public-key.ts'
import { parseCount } from '../count.ts'
import { type CutoverOptions, cutoverGiven, withCutoverOptions } from '../cutover-options.ts'
import { formatDuration, parseDuration, parseDurationOrInfinity } from '../duration.ts'
import { type HealthOptions, healthGiven, withHealthOptions } from '../health-options.ts'
import { invalidOption } from '../invalid-option.ts'
import { type CommonOptions, last, rootOf, withCommonOptions } from '../options.ts'
import type { StartRequest } from '../plan-parent.ts'
import { parseShare } from '../share.ts'

type StartOptions = CommonOptions &
  HealthOptions &
  CutoverOptions &
  Partial<
    Record<
      | 'port'
      | 'host'
      | 'path'
      | 'peers'
      | 'readyTimeout'
      | 'shutdownTimeout'
      | 'keepReleases'
      | 'maxDraining'
      | 'bake'
      | 'bakeErrorLimit'
      | 'envFile'
      | 'log'
      | 'node'
      | 'verify',
      string[]
    >
  > & { prefixOutput?: boolean; noHot?: boolean }

const HELP = {
  port: 'Endpoint to hold; repeatable (default: $PORT)',
  host: 'Address of the ports: one for all, or one for each port in order (default: $HOST, else every address)',
  peers: `Peers of a generation: a number, or max for one per core (default: ${DEFAULTS.peers})`,
  ready: `How long a new peer may take to listen (default: ${formatDuration(DEFAULTS.readyTimeout)})`,
  shutdown: `How long an old peer may drain before it is killed, or infinity (default: ${formatDuration(DEFAULTS.shutdownTimeout)})`,
  node: 'Node.js that runs every release (default: the one that a release brings, else this one)',
  verify:
    'Public key of which every release must be signed with one; repeatable (default: none has to be signed)',
  log: 'How the parent tells what it does: pretty, or json for one object a line, events too (default: pretty)',
  prefix: 'Begin each line that a peer prints with its generation and slot',
  noHot: 'Run without hot loading: no hot-upgrade, and a slightly faster boot',
  keep: `How many releases stay on disk (default: ${DEFAULTS.keepReleases})`,
  bake: 'How long a new release has to stand after an upgrade, with the old one ready to take over again; 0 for not at all (default: 0)',
  bakeErrorLimit: `Share of 5xx answers in that time that is too much, such as 5% or 0.05 (default: ${DEFAULTS.bakeErrorLimit})`,
  maxDraining: `How many generations may drain at once; when one more begins, the oldest is ended (default: ${DEFAULTS.maxDraining})`,
}

export function addStartCommand(cli: CAC): void {
  const command = withCutoverOptions(
    withHealthOptions(
      cli.command('start [archive]', 'Run an archive or a folder; without one, the release that ran last'),
    ),
  )
  withCommonOptions(command)
    .option('--port <port>', HELP.port)
    .option('--host <host>', HELP.host)
    .option('--path <file>', 'Unix socket to hold; repeatable')
    .option('--peers <n>', HELP.peers)
    .option('--ready-timeout <time>', HELP.ready)
    .option('--shutdown-timeout <time>', HELP.shutdown)
    .option('--keep-releases <n>', HELP.keep)
    .option('--max-draining <n>', HELP.maxDraining)
    .option('--bake <time>', HELP.bake)
    .option('--bake-error-limit <share>', HELP.bakeErrorLimit)
    // Node.js reads `--env-file` for itself wherever it stands (its NODE_OPTIONS then go for the parent too, and it must be
    // there at the start): hence the other name. https://github.com/nodejs/node/issues/54232
    .option('--env, --env-file <file>', 'Environment of the application; read again for each new peer')
    .option('--node <path>', HELP.node)
    .option('--verify <key>', HELP.verify)
    .option('--log <format>', HELP.log)
    .option('--prefix-output', HELP.prefix)
    .option('--no-hot', HELP.noHot, { default: false })
    .action(async (archive: string | undefined, options: StartOptions) => {
      const peers = last(options.peers)
      const ready = last(options.readyTimeout)
      const shutdown = last(options.shutdownTimeout)
      const keep = last(options.keepReleases)
      const maxDraining = last(options.maxDraining)
      const bake = last(options.bake)
      const bakeErrorLimit = last(options.bakeErrorLimit)
      const envFile = last(options.envFile)
      const log = last(options.log)
      const node = last(options.node)
      using undo = new DisposableStack()
      const given: GivenSettings = {
        endpoints: {
          ports: (options.port ?? []).map(readPort),
          hosts: options.host ?? [],
          paths: (options.path ?? []).map(path => resolve(path)),
        },
        ...(peers !== undefined && { peers: parsePeers(peers) }),
        ...(ready !== undefined && { readyTimeout: parseDuration('--ready-timeout', ready) }),
        ...(shutdown !== undefined && { shutdownTimeout: parseShutdown(shutdown) }),
        ...healthGiven(options),
        ...cutoverGiven(options),
        ...(keep !== undefined && { keepReleases: parseCount('--keep-releases', keep) }),
        ...(maxDraining !== undefined && { maxDraining: parseCount('--max-draining', maxDraining) }),
        ...(bake !== undefined && { bake: parseDuration('--bake', bake) }),
        ...(bakeErrorLimit !== undefined && {
          bakeErrorLimit: parseShare('--bake-error-limit', bakeErrorLimit),
        }),
        ...(envFile !== undefined && { envFile: resolve(envFile) }),
        ...(options.prefixOutput && { prefixOutput: true }),
        ...(options.noHot && { hot: false }),
        ...(log !== undefined && { log: parseLog(log) }),
        ...(options.verify && { verify: await publicKeys(options.verify) }),
        ...(node !== undefined && { node: await askNode(resolve(node), `--node names ${node}`) }),
      }
      const request: StartRequest = {
        source: archive === undefined ? null : resolve(archive),
        root: rootOf(options),
        app: last(options.app),
        given,
        json: options.json ?? false,
      }
      const { planParent } = await import('../plan-parent.ts')
      const { becomeParent } = await import('../become-parent.ts')
      await becomeParent(await planParent(request, undo))
    })
}

async function publicKeys(files: readonly string[]): Promise<TrustedKey[]> {
  const { readPublicKey } = await import('../../release/public-key.ts')
  return files.map(file => readPublicKey(file, `--verify ${file}`))
}

function readPort(value: string): number {
  const port = parsePort(value)
  if (port === null)
    throw invalidOption('--port', value, 'a port is a number from 0 to 65535; 0 takes a free one')
  return port
}

/** `null` means never. */
function parseShutdown(value: string): number | null {
  const ms = parseDurationOrInfinity('--shutdown-timeout', value)
  return Number.isFinite(ms) ? ms : null
}

const parsePeers = (value: string) => (value === 'max' ? 'max' : parseCount('--peers', value))

function parseLog(value: string): LogFormat {
  if (value !== 'pretty' && value !== 'json') throw invalidOption('--log', value, 'it must be pretty or json')
  return value
}
