import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { copyExample, editApplication, VERSIONS } from './demo/application.ts'
import { COMMAND, type RunningParent, run, start } from './demo/beam-deploy.ts'
import { applyLoad } from './demo/load.ts'
import { failuresOf, formatTable } from './demo/table.ts'

const LOAD_BEFORE_MS = 2_000
const LOAD_AFTER_MS = 2_000

const once = process.argv.includes('--once')
const ending = endOnSignals()
const [before, after] = VERSIONS
const say = (text: string) => void process.stdout.write(`${text}\n`)

try {
  process.exitCode = await demo()
} catch (error) {
  if (ending.aborted) say('Interrupted.')
  else process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}

/**
 * `npm run demo`: builds two releases of `example/`, runs the first, and upgrades to the second under load. Leaves it
 * running until Ctrl-C, or ends after the table with `--once`. Resolves to the exit code: 1 when a request failed.
 */
async function demo(): Promise<number> {
  await using undo = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'beam-deploy-demo-'))
  undo.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))

  say(`Building releases ${before} and ${after} of example/`)
  const sources = join(folder, 'sources')
  await copyExample(sources)
  const old = await buildRelease(sources, join(folder, `dashboard-${before}.tgz`))
  await editApplication(sources)
  const next = await buildRelease(sources, join(folder, `dashboard-${after}.tgz`))

  const stateDir = join(folder, 'state')
  const parent = await start(old, stateDir, ending)
  undo.defer(() => parent.stop())
  say(`Release ${before} serves at ${parent.url}; applying load`)
  const load = applyLoad(parent.url)
  undo.defer(() => load.stop())
  await delay(LOAD_BEFORE_MS, undefined, { signal: ending })

  say(`Upgrading to ${after} under load`)
  const startedAt = performance.now()
  const answered = load.firstAnswerOf(after, ending).then(() => performance.now() - startedAt)
  const upgraded = run(['upgrade', next, '--state-dir', stateDir, '--json'], ending)
  const [firstAnswerMs] = await Promise.all([answered, upgraded])
  await delay(LOAD_AFTER_MS, undefined, { signal: ending })
  await load.stop()

  const failures = failuresOf(load.clients, VERSIONS)
  say(`\n${formatTable(load.clients, VERSIONS)}\n`)
  say(`  From the command to the first answer of ${after}: ${Math.round(firstAnswerMs)} ms`)
  say(failures === 0 ? '  No request failed.\n' : `  ${failures} requests failed.\n`)
  if (!once && failures === 0) await leaveRunning(parent, stateDir)
  return failures === 0 ? 0 : 1
}

async function buildRelease(dir: string, out: string): Promise<string> {
  await run(['release', dir, '--out', out], ending)
  return out
}

async function leaveRunning({ url, showOutput, ended }: RunningParent, stateDir: string): Promise<void> {
  say(`Release ${after} runs on at ${url} until Ctrl-C. Open it, and in another terminal try:`)
  for (const command of ['status', 'rollback']) say(`  ${COMMAND} ${command} --state-dir ${stateDir}`)
  showOutput()
  await Promise.race([aborted(ending), ended])
  say('\nDraining and ending everything')
}

/** Aborted by Ctrl-C, by a service manager, and when the terminal or the reader of our output is gone. */
function endOnSignals(): AbortSignal {
  const controller = new AbortController()
  // Stays in place: npm passes on a Ctrl-C that the terminal has sent us already.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => controller.abort(new Error(signal)))
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => controller.abort())
  return controller.signal
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
