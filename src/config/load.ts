import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../errors.ts'
import type { ReleaseConfig } from './config.ts'
import { modulesOf } from './modules.ts'
import { invalid, parseConfig } from './parse.ts'

const FILE = /^beam-deploy\.config\.(json|[cm]?[jt]s)$/
const KEY = 'beamDeploy'

/** The name of the configuration file among the names in an application's folder. */
export const isConfigFile = (name: string): boolean => FILE.test(name)

/**
 * Reads the configuration of the application in `dir`: that of its one configuration file, or of its `package.json`. One that is
 * code is run, in a process of its own. `null` where there is none.
 *
 * @throws `invalid_option`, naming the file and what is wrong with it.
 */
export async function loadConfig(dir: string): Promise<ReleaseConfig | null> {
  const files = readdirSync(dir).filter(isConfigFile)
  const packageConfig = readPackageConfig(dir)
  const found = [...files, ...(packageConfig === undefined ? [] : [`package.json#${KEY}`])]
  if (found.length > 1)
    throw invalid(`${dir} has more than one configuration: ${found.join(', ')}. Keep one of them.`)
  const config = await read(dir, files[0], packageConfig)
  if (config) checkModules(dir, found[0] ?? '', config)
  return config
}

async function read(dir: string, name: string | undefined, packageConfig: unknown) {
  if (name === undefined)
    return packageConfig === undefined ? null : parseConfig(packageConfig, `package.json#${KEY}`)
  if (!name.endsWith('.json')) {
    const { runConfig } = await import('./run-config.ts')
    return runConfig(join(dir, name), name)
  }
  return parseConfig(readJson(join(dir, name), name), name)
}

/** What is named must be there now: at a cutover it would be too late. */
function checkModules(dir: string, file: string, config: ReleaseConfig): void {
  const missing = modulesOf(config).find(path => !existsSync(join(dir, path)))
  if (missing !== undefined)
    throw invalid(`${file} names the module ${missing}, and there is no such file in the application.`)
}

function readPackageConfig(dir: string): unknown {
  const path = join(dir, 'package.json')
  return existsSync(path) ? (readJson(path, 'package.json') as Record<string, unknown>)[KEY] : undefined
}

function readJson(path: string, name: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw invalid(`${name} cannot be read: ${messageOf(cause)}.`, cause)
  }
}
