import { join } from 'node:path'

/** The programs of this package that run in processes of their own; beside each other when built, in their folders as sources. */
const fromSource = import.meta.filename.endsWith('.ts')
const locate = (source: string, built: string) => join(import.meta.dirname, fromSource ? source : built)

/** Given to every peer with `--require`. */
export const PRELOAD = locate('./peer/preload.ts', './preload.cjs')

/** Given to every peer as a second `--require`, unless it is to run without hot loading. */
export const HOT = locate('./hot/preload.ts', './hot.cjs')

/** Loaded by a process with hot loading when it meets a module that it does not know, or is upgraded. */
export const HOT_ENGINE = locate('./hot/engine/main.ts', './hot-engine.cjs')

/** Loaded by a peer that waits for its release. */
export const WARM_MODULE = locate('./peer/warm-module.mts', './warm-module.mjs')

/** Loaded by a peer whose application speaks to other processes. */
export const EXCHANGE = locate('./peer/exchange.ts', './exchange.cjs')

/** Loaded by a peer that is asked whether it is well. */
export const HEALTH = locate('./peer/health/main.ts', './health.cjs')

/** Runs a parent child that is a module. */
export const PARENT_CHILD = locate('./child/child-process.ts', './parent-child.cjs')

/** Runs a configuration that is code. */
export const CONFIG = locate('./config/config-process.ts', './config.cjs')

/** The library itself. */
export const LIBRARY = locate('./index.ts', './index.js')

/** Unpacks one archive and ends. */
export const UNPACK = locate('./release/unpack-process.ts', './unpack.cjs')

/** What `beam-deploy start` becomes. */
export const PARENT = locate('./cli/parent-process.ts', './parent.cjs')

/** What the command line does. */
export const MAIN = locate('./cli/main.ts', './main.cjs')
