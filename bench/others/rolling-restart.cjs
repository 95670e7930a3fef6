/**
 * The rolling restart of `node:cluster` as textbooks have it: a new worker for each, and when that listens, the old one is told to end,
 * and killed if it has not after a while. Runs the program that is its argument in two workers; restarts them when its parent says so.
 */
const cluster = require('node:cluster')
const { once } = require('node:events')

const WORKERS = 2
/** Of the application. */
const SERVERS = 2
/** As in the example in the documentation of Node.js. */
const PATIENCE_MS = 2_000

cluster.setupPrimary({ exec: process.argv[2] })

function start() {
  const worker = cluster.fork()
  let listening = 0
  return new Promise(resolve => {
    worker.on('listening', () => {
      listening += 1
      if (listening === SERVERS) resolve()
    })
  })
}

async function end(worker) {
  const ended = once(worker, 'exit')
  worker.send('shutdown')
  worker.disconnect()
  const timer = setTimeout(() => worker.kill(), PATIENCE_MS)
  await ended
  clearTimeout(timer)
}

process.on('message', async () => {
  for (const worker of Object.values(cluster.workers)) {
    await start()
    await end(worker)
  }
  process.send('restarted')
})
process.on('disconnect', () => process.exit(0))

void Promise.all(Array.from({ length: WORKERS }, start)).then(() => process.send('ready'))
