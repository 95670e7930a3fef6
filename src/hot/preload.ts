import { isMainThread } from 'node:worker_threads'
import { HOT_GLOBAL } from '../rpc/hot-contracts.ts'
import { startHotLoading } from './runtime/start.ts'

/** Loaded before the application's first line, once or twice. Nothing happens in worker threads, which inherit it. */
if (isMainThread && !(HOT_GLOBAL in globalThis)) startHotLoading()
