import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import express from 'express'

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8'))
const accent = '#2563eb'
let requests = 0

const app = express()
app.disable('x-powered-by')

app.get('/api/status', (_request, response) => {
  requests += 1
  response.json({ version, accent, pid: process.pid, uptimeSeconds: Math.floor(process.uptime()), requests })
})

// To try what becomes of a request that is being answered when its release is replaced.
app.get('/api/slow', async (_request, response) => {
  await delay(10_000)
  response.json({ version, pid: process.pid })
})

app.use(express.static(join(import.meta.dirname, 'public')))

const server = app.listen(process.env.PORT ?? 3000, error => {
  if (error) throw error
  console.log(`dashboard ${version} listens on port ${server.address().port}`)
})

process.on('SIGTERM', () => {
  server.close(() => process.exit(0))
})
