import { runClusterWorker } from './cluster-workers.ts'
import { takeRole } from './identity.ts'
import { runPeer } from './lifecycle.ts'
import { takeRelease } from './take-release.ts'

/** Loaded with `--require` before the application's first line. Nothing happens outside a peer. */
const role = takeRole()
switch (role.role) {
  case 'peer':
    runPeer(role.identity, takeRelease(role.identity))
    break
  case 'cluster-worker':
    runClusterWorker()
    break
  case 'outside':
    break
  default: {
    const unreachable: never = role
    throw new Error(`unknown role ${JSON.stringify(unreachable)}`)
  }
}
