import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { DEFAULTS } from '../../parent/settings.ts'
import { parseDuration, parseDurationOrInfinity } from '../duration.ts'
import { type CommonOptions, rootOf, withCommonOptions } from '../options.ts'
import { printJson } from '../report.ts'

interface StartOptions extends CommonOptions {
  port: number[]
  host: string[]
  path: string[]
  peers: number | 'max'
  readyTimeout: number
  shutdownTimeout: number
  keepReleases: number
  envFile?: string
}

export function addStartCommand(program: Command): void {
  withCommonOptions(program.command('start [archive]'))
    .description('hold the endpoints and run a release archive (or a folder) in peers, in the foreground')
    .option('--port <port>', 'endpoint to hold; repeatable (default: $PORT)', collectPort, [])
    .option(
      '--host <host>',
      'address of the port before it; repeatable (default: $HOST, else every address)',
      collect,
      [],
    )
    .option('--path <file>', 'Unix socket to hold; repeatable', collect, [])
    .option(
      '--peers <n>',
      'peers of a generation: a number, or max for one per core',
      parsePeers,
      DEFAULTS.peers,
    )
    .option(
      '--ready-timeout <time>',
      'how long a new peer may take to listen',
      parseDuration,
      DEFAULTS.readyTimeout,
    )
    .option(
      '--shutdown-timeout <time>',
      'how long an old peer may drain before it is killed, or infinity',
      parseDurationOrInfinity,
      DEFAULTS.shutdownTimeout,
    )
    .option('--keep-releases <n>', 'how many releases stay on disk', parseCount, DEFAULTS.keepReleases)
    .option('--env-file <file>', 'environment of the application; read again for each new peer')
    .addHelpText('after', START_HELP)
    .action(async (archive: string | undefined, options: StartOptions) => {
      const { runParent } = await import('../run-parent.ts')
      const { parent, settings } = await runParent({
        source: archive === undefined ? null : resolve(archive),
        root: rootOf(options),
        ...options,
        envFile: options.envFile === undefined ? null : resolve(options.envFile),
      })
      if (options.json) printJson({ app: settings.app, pid: process.pid, stateDir: settings.stateDir })
      const end = await parent.ended
      process.exit(end.reason === 'stopped' ? 0 : 1)
    })
}

const START_HELP = `
Without an archive it starts the release that was last switched to. So it does when it is given the archive that
it was given before: a service manager may repeat its command after an upgrade, and the upgrade stays.`

const collect = (value: string, before: string[]) => [...before, value]

function collectPort(value: string, before: number[]): number[] {
  return [...before, parsePort(value)]
}

function parsePort(value: string): number {
  const port = Number(value)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('A port is a number from 0 to 65535; 0 takes a free one.')
  }
  return port
}

function parsePeers(value: string): number | 'max' {
  return value === 'max' ? 'max' : parseCount(value)
}

function parseCount(value: string): number {
  const count = Number(value)
  if (!Number.isInteger(count) || count < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.')
  return count
}
