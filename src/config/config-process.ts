import { writeSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { messageOf } from '../errors.ts'
import { LIBRARY } from '../programs.ts'
import { encodeError } from '../rpc/errors.ts'
import { invalid, parseConfig } from './parse.ts'
import type { ConfigAnswer } from './run-config.ts'

/** A program of its own: runs a configuration that is code, answers with what it says as one line of JSON, and ends. */
const [, , path = '', name = ''] = process.argv
const ANSWER_FD = 3

// An application has this package only where it is developed, as a rule; its release is configured all the same.
registerHooks({
  resolve: (specifier, context, next) => {
    try {
      return next(specifier, context)
    } catch (error) {
      if (specifier !== 'beam-deploy') throw error
      return { url: pathToFileURL(LIBRARY).href, shortCircuit: true }
    }
  },
})

void answer().then(result => {
  writeSync(ANSWER_FD, `${JSON.stringify(result)}\n`)
  process.exit(0)
})

async function answer(): Promise<ConfigAnswer> {
  try {
    const { default: config } = await load()
    if (config === undefined)
      throw invalid(
        `${name} has no default export: export its options, such as \`export default { peers: 2 }\`.`,
      )
    return { ok: true, config: parseConfig(config, name) }
  } catch (error) {
    return { ok: false, error: encodeError(error) }
  }
}

async function load(): Promise<{ default?: unknown }> {
  try {
    return await import(pathToFileURL(path).href)
  } catch (cause) {
    throw invalid(`${name} cannot be run: ${messageOf(cause)}.`, cause)
  }
}
