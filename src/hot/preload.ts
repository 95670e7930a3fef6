import { isMainThread } from 'node:worker_threads'
import { startHotLoading } from './runtime/start.ts'

/** Loaded before the application's first line. Nothing happens in worker threads, which inherit it. */
if (isMainThread) startHotLoading()
