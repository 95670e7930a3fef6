import type { RunningApp } from './beam.ts'

/** Tells the parent to stop, and resolves when its peer drains with nobody in its place: its connections can go nowhere. */
export async function untilDraining(app: RunningApp): Promise<void> {
  process.kill(app.pid, 'SIGTERM')
  while ((await app.status()).peers[0]?.state !== 'draining');
}
