// Loaded into an application by `startHotProgram`: runs in it what the test sends, and answers.
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as beam from '../../dist/index.js'

const AsyncFunction = (async () => undefined).constructor
const entry = pathToFileURL(process.argv[1])

const inScope = {
  beam,
  /** A module of the application, by its path in the release. */
  load: path => import(new URL(path, entry)),
  require: path => createRequire(entry)(fileURLToPath(new URL(path, entry))),
}

process.on('message', async ({ id, code, given }) => {
  try {
    const run = new AsyncFunction(...Object.keys(inScope), 'given', code)
    process.send({ id, value: await run(...Object.values(inScope), given) })
  } catch (error) {
    const { name, message, stack, code: errorCode, reasons, phase } = error
    process.send({ id, error: { name, message, stack, code: errorCode, reasons, phase } })
  }
})
