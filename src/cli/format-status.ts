import type { HistoryEntry, ParentChildSummary, PeerSummary, Status } from '../rpc/contracts.ts'
import { describeHeld } from '../rpc/describe-load.ts'
import type { PeerHot } from '../rpc/hot-contracts.ts'
import type { PeerLoad } from '../rpc/load.ts'
import { formatDuration } from './duration.ts'
import { formatBytes } from './format-bytes.ts'
import { formatLease } from './format-lease.ts'

/** A status for people: what serves, which processes, what happened last. */
export function formatStatus(status: Status): string {
  const { app, release, previous, peers, parentChildren = [], leases = [], history } = status
  // A parent of an older version tells nothing of them.
  const { verifiedBy = null, trustedKeys = [] }: Partial<Status> = status
  const facts: [string, string][] = [
    ['release', release ? `${release.version} (${release.id}), generation ${status.generation}` : 'none yet'],
    ['before it', previous ? `${previous.version} (${previous.id})` : 'nothing to roll back to'],
    ...signedFacts(verifiedBy, trustedKeys),
    ['endpoints', status.endpoints.join(', ')],
    [
      'parent',
      `process ${status.pid}, up ${formatDuration(status.uptimeMs)}, ${formatBytes(status.parentMemory)}`,
    ],
    ['state', status.stateDir],
  ]
  return [
    `${app}: ${status.state}${status.step ? ` (${status.step.text})` : ''}`,
    ...facts.map(([name, value]) => `  ${name.padEnd(10)} ${value}`),
    '',
    'peers',
    ...peers.map(peer => `  ${formatPeer(peer, status.node)}`),
    ...(parentChildren.length > 0 ? ['', 'parent children', ...parentChildren.map(formatChild)] : []),
    ...(leases.length > 0 ? ['', 'leases', ...leases.map(lease => `  ${formatLease(lease)}`)] : []),
    '',
    'history',
    ...history.slice(-5).map(entry => `  ${formatEntry(entry)}`),
  ].join('\n')
}

/** Nothing where nothing has to be signed, nor was. */
function signedFacts(verifiedBy: string | null, trustedKeys: string[]): [string, string][] {
  const signed = verifiedBy === null ? 'not checked' : `with the key ${verifiedBy}`
  const trusted: [string, string][] = trustedKeys.length > 0 ? [['trusts', trustedKeys.join(', ')]] : []
  return verifiedBy === null && trusted.length === 0 ? [] : [['signed', signed], ...trusted]
}

/** A parent of an older version tells of none. */
function formatChild(child: ParentChildSummary): string {
  const where = child.state === 'running' ? `process ${child.pid}` : '-'
  return `  ${child.id.padEnd(15)} ${where.padEnd(15)} ${child.state}`
}

function formatPeer(peer: PeerSummary, ownNode: string): string {
  const who = `${peer.id.padEnd(6)} ${peer.pid === null ? '-' : `process ${peer.pid}`}`.padEnd(22)
  const node = peer.node === ownNode ? '' : `, on Node.js ${peer.node}`
  return `${who} ${peer.release.version.padEnd(10)} ${formatState(peer)}${node}`
}

function formatState(peer: PeerSummary): string {
  switch (peer.state) {
    case 'booting':
    case 'ready':
      return peer.state
    case 'serving':
      return `serving, ${formatLoad(peer.load)}${formatHot(peer.hot)}`
    case 'parked':
      return `parked for ${formatDuration(peer.ageMs)}, takes the traffic back if need be: ${describeHeld(peer.load)}${formatHot(peer.hot)}`
    case 'draining': {
      const since = peer.ageMs === undefined ? '' : ` for ${formatDuration(peer.ageMs)}`
      const left =
        peer.deadlineMs === null
          ? 'not killed, however long it takes'
          : `killed in ${formatDuration(Math.max(0, peer.deadlineMs))} at the latest`
      return `draining${since}: ${describeHeld(peer.load)}${formatHot(peer.hot)}; ${left}`
    }
    case 'restarting':
      return `restarting after a crash (${peer.restarts} in the last minute)`
    default: {
      const unreachable: never = peer
      return String(unreachable)
    }
  }
}

const formatLoad = (load: PeerLoad | null) =>
  load ? `${load.connections} connections, ${load.inFlight} requests in flight` : 'load unknown'

/** A parent of an older version tells nothing of it. */
function formatHot(hot: PeerHot | null | undefined): string {
  if (!hot || hot.upgrades === 0) return ''
  const count = hot.upgrades === 1 ? '1 hot upgrade' : `${hot.upgrades} hot upgrades`
  return `, ${count} (${formatBytes(hot.oldCodeBytes)} of old code)`
}

function formatEntry({ at, action, to, outcome, code, message, durationMs }: HistoryEntry): string {
  const why = message === undefined ? '' : `: ${message}`
  const result =
    outcome === 'succeeded'
      ? `in ${formatDuration(durationMs)}${why}`
      : `${outcome === 'failed' ? `failed: ${code}` : 'rolled back'}${why}`
  return `${at.slice(0, 19).replace('T', ' ')}Z ${action} to ${to ?? 'nothing'} ${result}`
}
