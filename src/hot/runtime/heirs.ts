import type { ChildProcess } from 'node:child_process'
import diagnostics from 'node:diagnostics_channel'
import type { Worker } from 'node:worker_threads'

/** What the application has started that runs code of its own, and is running: no upgrade of this process reaches it. */
export interface Heirs {
  threads(): number
  /** Of Node.js. */
  processes(): number
}

/** Looked at when somebody asks: a listener on them is something that the application can see. */
export function watchHeirs(): Heirs {
  let threads: WeakRef<Worker>[] = []
  let processes: WeakRef<ChildProcess>[] = []
  const livingThreads = () => threads.filter(each => (each.deref()?.threadId ?? -1) !== -1)
  const livingProcesses = () => processes.filter(each => isRunning(each.deref()))
  diagnostics.subscribe('worker_threads', message => {
    threads = [...livingThreads(), new WeakRef((message as { worker: Worker }).worker)]
  })
  diagnostics.subscribe('child_process', message => {
    processes = [...livingProcesses(), new WeakRef((message as { process: ChildProcess }).process)]
  })
  return {
    threads: () => livingThreads().length,
    processes: () => livingProcesses().filter(each => each.deref()?.spawnfile === process.execPath).length,
  }
}

const isRunning = (child: ChildProcess | undefined): boolean =>
  child !== undefined && child.exitCode === null && child.signalCode === null
